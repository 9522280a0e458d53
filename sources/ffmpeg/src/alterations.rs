//! In what pictures and sound differ from what their source has, in words for people. docs/fidelity.md has the rules.

use lanstream_core::planar::{Chroma, Matrix};

use crate::contents::{Contents, Video};
use crate::frame_info::FrameInfo;
use crate::pixel::Pixels;

/// Bits of a colour that a page can show.
const SHOWN_BITS: u32 = 8;
/// FFmpeg's filters that make of HDR what screens of today show.
pub(crate) const TONE_MAPPING: &str =
    "zscale=t=linear:npl=100,tonemap=hable,zscale=p=bt709:t=bt709:m=bt709:r=tv,format=yuv420p";
/// Formats, by how their names begin, whose samples FFmpeg has to make others of.
const RESAMPLED: [&str; 6] = ["yuv410p", "yuv440p", "yuvj440p", "xyz", "bayer", "yuvj410p"];
/// FFmpeg's names for matrices that viewers know, and for none.
const KNOWN_MATRICES: [&str; 9] =
    ["", "unknown", "reserved", "gbr", "rgb", "bt709", "bt470bg", "smpte170m", "bt2020nc"];

/// All that was found so far, each once: what a film has had it may have again.
#[derive(Debug)]
pub(crate) struct Alterations {
    said: Vec<String>,
    /// How a user gives FFmpeg a filter.
    option: &'static str,
    /// How fine its samples are was said of what FFmpeg was given.
    has_depth: bool,
    /// What was told of the last picture.
    last: Option<FrameInfo>,
}

impl Alterations {
    /// Of pictures that filters are given to by this option.
    pub(crate) fn new(option: &'static str) -> Self {
        Self { said: Vec::new(), option, has_depth: false, last: None }
    }

    /// All of them, each a phrase.
    pub(crate) fn said(&self) -> &[String] {
        &self.said
    }

    /// Adds one. Returns whether it is new.
    pub(crate) fn add(&mut self, phrase: String) -> bool {
        let is_new = !self.said.contains(&phrase);
        self.said.extend(is_new.then_some(phrase));
        is_new
    }

    /// What FFmpeg was given, where its filters are ours.
    pub(crate) fn note_contents(&mut self, contents: &Contents) {
        let Some(video) = contents.video() else { return };
        let phrases = [
            depth(bits(&video.format)),
            RESAMPLED
                .iter()
                .any(|begin| video.format.starts_with(begin))
                .then(|| format!("{} is resampled by FFmpeg", video.format)),
            shape(video),
        ];
        self.has_depth = true;
        self.said.extend(phrases.into_iter().flatten());
    }

    /// What is told of a picture that is shown as `pixels`. Returns whether it says something new.
    pub(crate) fn note_picture(&mut self, info: &FrameInfo, pixels: Pixels) -> bool {
        if self.last.as_ref() == Some(info) {
            return false;
        }
        self.last = Some(info.clone());
        let phrases = [
            pixels
                .planar()
                .filter(|_| !self.has_depth)
                .and_then(|planar| depth(u32::from(planar.depth.bits()))),
            matrix(info.matrix(), pixels),
            self.light(info),
            info.is_interlaced.then(|| format!("interlaced: {} yadif", self.option)),
        ];
        let before = self.said.len();
        for phrase in phrases.into_iter().flatten() {
            self.add(phrase);
        }
        self.said.len() > before
    }

    /// Brighter or more colourful than what is shown of it.
    fn light(&self, info: &FrameInfo) -> Option<String> {
        let hdr = match info.transfer() {
            "smpte2084" => Some("PQ"),
            "arib-std-b67" => Some("HLG"),
            _ => None,
        };
        let gamut = match info.primaries() {
            "bt2020" => Some("BT.2020"),
            "smpte431" | "smpte432" => Some("P3"),
            _ => None,
        };
        match (hdr, gamut) {
            (Some(hdr), _) => {
                Some(format!("HDR ({hdr}), shown without tone mapping: {} {TONE_MAPPING}", self.option))
            }
            (None, Some(gamut)) => Some(format!("colours of {gamut}, shown as if of BT.709")),
            (None, None) => None,
        }
    }
}

fn depth(bits: u32) -> Option<String> {
    (bits > SHOWN_BITS).then(|| format!("{bits} bit shown as {SHOWN_BITS} bit"))
}

fn shape(video: &Video) -> Option<String> {
    let (width, height) = video.aspect.split_once(':')?;
    (width != height && width != "0").then(|| format!("pixels of {} made square by enlarging", video.aspect))
}

fn matrix(matrix: &str, pixels: Pixels) -> Option<String> {
    let planar = pixels.planar().filter(|planar| planar.chroma != Chroma::Mono)?;
    if KNOWN_MATRICES.contains(&matrix) {
        return None;
    }
    Some(format!("colours by {matrix}, which is not known here: taken for {}", name(planar.matrix)))
}

fn name(matrix: Matrix) -> &'static str {
    match matrix {
        Matrix::Identity => "red, green and blue",
        Matrix::Bt709 => "BT.709",
        Matrix::Bt601 => "BT.601",
        Matrix::Bt2020 => "BT.2020",
    }
}

/// Bits of a sample of a format, by FFmpeg's name for it.
fn bits(format: &str) -> u32 {
    let name = format.trim_end_matches("le").trim_end_matches("be");
    // A number of bits of all samples of a pixel, or of one.
    for (begin, bits) in [
        ("rgb48", 16),
        ("bgr48", 16),
        ("rgba64", 16),
        ("bgra64", 16),
        ("ayuv64", 16),
        ("xyz12", 12),
        ("ya16", 16),
        ("x2rgb10", 10),
        ("x2bgr10", 10),
        ("xv30", 10),
        ("xv36", 12),
        ("y210", 10),
        ("y212", 12),
        ("bayer_", 8),
        ("v210", 10),
        ("v410", 10),
        ("v30x", 10),
        ("rgb565", 6),
        ("bgr565", 6),
    ] {
        if name.starts_with(begin) {
            return if begin == "bayer_" && name.ends_with("16") { 16 } else { bits };
        }
    }
    if name.contains("f32") || name.contains("f16") {
        return 16;
    }
    let digits = name.len() - name.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
    let (head, tail) = name.split_at(name.len() - digits);
    let is_depth = head.ends_with('p') || head.ends_with("gray");
    match tail.parse() {
        Ok(bits @ 9..=32) if is_depth => bits,
        // `p010`, `p416`: three digits of which the last two are bits.
        Ok(number @ 10..=416) if head == "p" && tail.len() == 3 => number % 100,
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use lanstream_core::Size;

    use super::*;
    use crate::frame_info::Colours;

    #[test]
    fn bits_by_names_of_formats() {
        for (name, wanted) in [
            ("yuv420p", 8),
            ("yuv420p10le", 10),
            ("yuva444p16be", 16),
            ("gray", 8),
            ("gray12le", 12),
            ("gray16be", 16),
            ("gbrp14le", 14),
            ("gbrpf32le", 16),
            ("gbrapf32be", 16),
            ("rgb24", 8),
            ("rgb48be", 16),
            ("rgba64le", 16),
            ("p010le", 10),
            ("p416le", 16),
            ("p212le", 12),
            ("nv12", 8),
            ("nv16", 8),
            ("yuv411p", 8),
            ("nv20le", 8),
            ("ya8", 8),
            ("ya16le", 16),
            ("x2rgb10le", 10),
            ("pal8", 8),
            ("xyz12le", 12),
            ("bgr0", 8),
            ("rgb555le", 8),
            ("bayer_bggr16le", 16),
            ("y210le", 10),
            ("yuyv422", 8),
            ("gbrap10le", 10),
            ("", 8),
        ] {
            assert_eq!(bits(name), wanted, "{name}");
        }
    }

    /// A frame whose colours are these: range, matrix, primaries and transfer.
    fn frame(format: &str, colours: [&str; 4]) -> (FrameInfo, Pixels) {
        let [range, matrix, primaries, transfer] = colours.map(str::to_owned);
        let colours = Some(Colours { range, matrix, primaries, transfer });
        let info = FrameInfo { format: format.to_owned(), colours, ..FrameInfo::default() };
        let pixels = info.shape(Size { width: 2, height: 2 }).unwrap().pixels;
        (info, pixels)
    }

    #[test]
    fn each_is_said_once() {
        let mut alterations = Alterations::new("--filter");
        let (info, pixels) = frame("yuv420p10le", ["tv", "bt2020nc", "bt2020", "smpte2084"]);
        assert!(alterations.note_picture(&info, pixels) && !alterations.note_picture(&info, pixels));
        let (other, pixels) = frame("yuv420p10le", ["tv", "ycgco", "bt2020", "bt709"]);
        assert!(alterations.note_picture(&other, pixels));
        let wanted = [
            "10 bit shown as 8 bit",
            &format!("HDR (PQ), shown without tone mapping: --filter {TONE_MAPPING}"),
            "colours by ycgco, which is not known here: taken for BT.601",
            "colours of BT.2020, shown as if of BT.709",
        ];
        assert_eq!(alterations.said(), wanted);
    }

    #[test]
    fn what_is_as_it_was_is_not_spoken_of() {
        let mut alterations = Alterations::new("-vf");
        for (format, space) in
            [("yuv420p", "bt709"), ("rgb0", "gbr"), ("nv12", "unknown"), ("gray", "bt470bg")]
        {
            let (info, pixels) = frame(format, ["tv", space, "bt709", "bt709"]);
            assert!(!alterations.note_picture(&info, pixels), "{:?}", alterations.said());
        }
    }
}
