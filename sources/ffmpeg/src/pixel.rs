//! What the bytes of a picture mean as they come, by FFmpeg's names, and how they become a frame.

use std::fmt;
use std::str::FromStr;

use lanstream_core::planar::{Chroma, Depth, Matrix, Planar, Range};
use lanstream_core::{Layout, PIXEL_BYTES, PixelFormat, Size};

mod veiled;

use veiled::Colours;
pub use veiled::Veiled;

/// How pixels come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pixels {
    /// Red, green and blue of a pixel side by side.
    Packed(Packed),
    /// In planes, one after the other.
    Planar(Planar),
    /// Either, with alpha: they are shown over black. No name stands for it, only what FFmpeg says of its pictures:
    /// what another program writes has anything in its fourth byte.
    Veiled(Veiled),
}

/// Where red, green and blue stand among the bytes of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed {
    name: &'static str,
    bytes: usize,
    red: usize,
    green: usize,
    blue: usize,
}

const fn packed(name: &'static str, bytes: usize, [red, green, blue]: [usize; 3]) -> Packed {
    Packed { name, bytes, red, green, blue }
}

const PACKED: [Packed; 10] = [
    packed("rgb0", 4, [0, 1, 2]),
    packed("bgr0", 4, [2, 1, 0]),
    packed("rgba", 4, [0, 1, 2]),
    packed("bgra", 4, [2, 1, 0]),
    packed("rgb24", 3, [0, 1, 2]),
    packed("bgr24", 3, [2, 1, 0]),
    packed("0rgb", 4, [1, 2, 3]),
    packed("argb", 4, [1, 2, 3]),
    packed("0bgr", 4, [3, 2, 1]),
    packed("abgr", 4, [3, 2, 1]),
];

/// Formats in planes, and the range of those that say nothing of it.
const PLANAR: [(&str, Chroma, Depth, Range); 21] = [
    ("yuv420p", Chroma::C420, Depth::Eight, Range::Limited),
    ("yuv422p", Chroma::C422, Depth::Eight, Range::Limited),
    ("yuv444p", Chroma::C444, Depth::Eight, Range::Limited),
    ("yuv411p", Chroma::C411, Depth::Eight, Range::Limited),
    ("nv12", Chroma::Nv12, Depth::Eight, Range::Limited),
    ("yuvj420p", Chroma::C420, Depth::Eight, Range::Full),
    ("yuvj422p", Chroma::C422, Depth::Eight, Range::Full),
    ("yuvj444p", Chroma::C444, Depth::Eight, Range::Full),
    ("yuvj411p", Chroma::C411, Depth::Eight, Range::Full),
    ("yuv420p10le", Chroma::C420, Depth::Ten, Range::Limited),
    ("yuv422p10le", Chroma::C422, Depth::Ten, Range::Limited),
    ("yuv444p10le", Chroma::C444, Depth::Ten, Range::Limited),
    ("yuv420p12le", Chroma::C420, Depth::Twelve, Range::Limited),
    ("yuv422p12le", Chroma::C422, Depth::Twelve, Range::Limited),
    ("yuv444p12le", Chroma::C444, Depth::Twelve, Range::Limited),
    ("gbrp", Chroma::C444, Depth::Eight, Range::Full),
    ("gbrp10le", Chroma::C444, Depth::Ten, Range::Full),
    ("gbrp12le", Chroma::C444, Depth::Twelve, Range::Full),
    ("gray", Chroma::Mono, Depth::Eight, Range::Full),
    ("gray10le", Chroma::Mono, Depth::Ten, Range::Full),
    ("gray12le", Chroma::Mono, Depth::Twelve, Range::Full),
];

/// What FFmpeg is asked for instead of formats whose names begin so, and which can't be shown as they are; the first
/// counts.
const NEAREST: [(&str, &str); 27] = [
    ("yuyv422", "yuv422p"),
    ("uyvy422", "yuv422p"),
    ("yvyu422", "yuv422p"),
    ("uyyvyy411", "yuv411p"),
    ("nv21", "nv12"),
    ("nv16", "yuv422p"),
    ("nv", "yuv444p"),
    ("p010", "yuv420p10le"),
    ("p210", "yuv422p10le"),
    ("p410", "yuv444p10le"),
    ("p0", "yuv420p12le"),
    ("p2", "yuv422p12le"),
    ("p4", "yuv444p12le"),
    ("y210", "yuv422p10le"),
    ("y212", "yuv422p12le"),
    ("yuva422p", "yuva422p12le"),
    ("yuva", "yuva444p12le"),
    ("rgba64", "gbrap12le"),
    ("bgra64", "gbrap12le"),
    ("yuv410p", "yuv420p"),
    ("yuv420p", "yuv420p12le"),
    ("yuv422p", "yuv422p12le"),
    ("yuv", "yuv444p12le"),
    ("gbrap", "gbrap12le"),
    ("gbrp", "gbrp12le"),
    ("gray", "gray12le"),
    ("ya", "gbrap12le"),
];

impl Pixels {
    /// What stands for a stream's pictures until it says what they are.
    pub(crate) const RGB0: Self = Self::Packed(PACKED[0]);

    /// The names of those that are a frame as they come, with a bar between each two: what FFmpeg's filter `format`
    /// takes.
    pub(crate) fn names_of_frames() -> String {
        let packed = PACKED.iter().take(2).map(|packed| packed.name);
        let planar = PLANAR.iter().map(|(name, ..)| *name);
        planar.chain(packed).chain(Veiled::names()).collect::<Vec<_>>().join("|")
    }

    /// The name of what FFmpeg can make of pictures in a format that is not known here.
    pub(crate) fn nearest(name: &str) -> &'static str {
        let begins = |(begin, _): &&(&str, &str)| name.starts_with(begin);
        NEAREST.iter().find(begins).map_or("rgb0", |(_, nearest)| nearest)
    }

    /// By FFmpeg's words for a format, a range and a matrix, each of which but the first may say nothing.
    pub(crate) fn reported(name: &str, range: &str, matrix: &str, size: Size) -> Option<Self> {
        let matrix = match matrix {
            "bt709" => Some(Matrix::Bt709),
            "bt470bg" | "smpte170m" => Some(Matrix::Bt601),
            // Of the second, with constant luminance, the first is the nearest that there is.
            "bt2020nc" | "bt2020c" => Some(Matrix::Bt2020),
            _ => None,
        };
        let range = match range {
            "tv" => Some(Range::Limited),
            "pc" => Some(Range::Full),
            _ => None,
        };
        let pixels = Veiled::of(name).map(Self::Veiled).or_else(|| name.parse().ok())?;
        let ranged = |planar: Planar| Planar { range: range.unwrap_or(planar.range), ..planar };
        Some(pixels.with_matrix(matrix, size).with_planar(ranged))
    }

    /// The same with its planes meaning something else, where it has any.
    fn with_planar(self, change: impl Fn(Planar) -> Planar) -> Self {
        match self {
            Self::Planar(planar) => Self::Planar(change(planar)),
            Self::Veiled(Veiled { name, colours: Colours::Planar(planar) }) => {
                Self::Veiled(Veiled { name, colours: Colours::Planar(change(planar)) })
            }
            Self::Packed(_) | Self::Veiled(_) => self,
        }
    }

    /// What its planes mean, where it has any.
    pub(crate) fn planar(self) -> Option<Planar> {
        match self {
            Self::Planar(planar) | Self::Veiled(Veiled { colours: Colours::Planar(planar), .. }) => {
                Some(planar)
            }
            Self::Packed(_) | Self::Veiled(_) => None,
        }
    }

    /// Bytes of one picture.
    pub fn bytes(self, size: Size) -> usize {
        match self {
            Self::Packed(packed) => size.area() * packed.bytes,
            Self::Planar(planar) => planar.bytes(size.width as usize, size.height as usize),
            Self::Veiled(veiled) => veiled.bytes(size),
        }
    }

    /// The same with the chosen matrix, or else with the one that its size suggests.
    #[must_use]
    pub fn with_matrix(self, matrix: Option<Matrix>, size: Size) -> Self {
        let matrix = matrix.unwrap_or_else(|| guessed(size));
        self.with_planar(|planar| match planar.matrix {
            Matrix::Identity => planar,
            _ => Planar { matrix, ..planar },
        })
    }

    /// How a frame of them lies. Returns `None` if there are more than can be told.
    pub(crate) fn layout(self, size: Size) -> Option<Layout> {
        if let Some(planar) = self.planar() {
            return Layout::planar(size, planar);
        }
        let packed = match self {
            Self::Packed(packed) | Self::Veiled(Veiled { colours: Colours::Packed(packed, _), .. }) => packed,
            Self::Planar(_) | Self::Veiled(_) => return None,
        };
        let is_bgr = matches!(packed, Packed { bytes: PIXEL_BYTES, red: 2, green: 1, blue: 0, .. });
        Some(Layout::packed(size, if is_bgr { PixelFormat::Bgrx8 } else { PixelFormat::Rgbx8 }))
    }

    /// Whether they are a frame's as they come.
    pub(crate) fn is_frame(self) -> bool {
        match self {
            Self::Packed(packed) => packed.bytes == PIXEL_BYTES && packed.green == 1,
            Self::Planar(_) => true,
            Self::Veiled(veiled) => veiled.is_frame(),
        }
    }

    /// Hides what is hidden of those that are a frame's. Returns whether anything is.
    pub(crate) fn hide(self, frame: &mut [u8]) -> bool {
        if let Self::Veiled(veiled) = self { veiled.hide(frame) } else { false }
    }

    /// Makes a frame of those that are none. Returns whether anything of it is hidden.
    pub(crate) fn convert(self, size: Size, bytes: &[u8], frame: &mut [u8]) -> bool {
        match self {
            Self::Packed(packed) => packed.convert(bytes, frame),
            Self::Planar(_) => {}
            Self::Veiled(veiled) => return veiled.convert(size, bytes, frame),
        }
        false
    }
}

/// What a stream of this size most likely has that says nothing: by common practice BT.709 from 1280 pixels in a row or
/// 577 rows on.
pub(crate) fn guessed(size: Size) -> Matrix {
    if size.width >= 1280 || size.height > 576 { Matrix::Bt709 } else { Matrix::Bt601 }
}

impl Packed {
    /// Writes what a picture's bytes show, as red, green, blue, 255 each.
    fn convert(self, bytes: &[u8], frame: &mut [u8]) {
        let Self { red, green, blue, .. } = self;
        let pixels = frame.as_chunks_mut::<PIXEL_BYTES>().0.iter_mut();
        for (pixel, from) in pixels.zip(bytes.chunks_exact(self.bytes)) {
            *pixel = [from[red], from[green], from[blue], 255];
        }
    }
}

impl fmt::Display for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Packed(packed) => f.write_str(packed.name),
            Self::Planar(planar) => f.write_str(name_of(planar)),
            Self::Veiled(veiled) => f.write_str(veiled.name),
        }
    }
}

/// The one with its range, if it has one.
fn name_of(planar: &Planar) -> &'static str {
    let is_colours = planar.matrix == Matrix::Identity;
    let alike = |(name, chroma, depth, _): &&(&str, Chroma, Depth, Range)| {
        (planar.chroma, planar.depth, is_colours) == (*chroma, *depth, name.starts_with("gbr"))
    };
    let exact = PLANAR.iter().filter(alike).find(|(.., range)| *range == planar.range);
    exact.or_else(|| PLANAR.iter().find(alike)).map_or("YUV", |(name, ..)| name)
}

impl FromStr for Pixels {
    type Err = UnknownPixelsError;

    /// What says nothing of its matrix has that of BT.601.
    fn from_str(name: &str) -> Result<Self, UnknownPixelsError> {
        if let Some(packed) = PACKED.iter().find(|packed| packed.name == name) {
            return Ok(Self::Packed(*packed));
        }
        let planar = PLANAR.iter().find(|(known, ..)| *known == name);
        let (name, chroma, depth, range) = *planar.ok_or(UnknownPixelsError)?;
        let matrix = if name.starts_with("gbr") { Matrix::Identity } else { Matrix::Bt601 };
        Ok(Self::Planar(Planar { chroma, depth, matrix, range }))
    }
}

/// A name that stands for no format that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownPixelsError;

impl fmt::Display for UnknownPixelsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = PACKED.iter().map(|packed| packed.name).chain(PLANAR.iter().map(|(name, ..)| *name));
        write!(f, "formats are {}", names.collect::<Vec<_>>().join(", "))
    }
}

impl std::error::Error for UnknownPixelsError {}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 3, height: 1 };

    #[test]
    fn every_packed_format_has_its_colours_where_its_name_says() {
        for packed in PACKED {
            let bytes: Vec<u8> = (10..).take(packed.bytes * 3).collect();
            let pixels = packed.name.parse::<Pixels>().unwrap();
            assert_eq!(pixels.to_string(), packed.name);
            let mut frame = [0; 12];
            if pixels.is_frame() {
                frame.copy_from_slice(&bytes);
            } else {
                pixels.convert(SIZE, &bytes, &mut frame);
            }
            for (index, pixel) in frame.as_chunks::<4>().0.iter().enumerate() {
                let at = |offset| bytes[index * packed.bytes + offset];
                let [first, second, third, _] = *pixel;
                let wanted = [at(packed.red), at(packed.green), at(packed.blue)];
                match pixels.layout(SIZE).unwrap().format {
                    PixelFormat::Rgbx8 => assert_eq!([first, second, third], wanted, "{pixels}"),
                    _ => assert_eq!([third, second, first], wanted, "{pixels}"),
                }
            }
        }
    }

    #[test]
    fn names_are_their_own() {
        for (name, ..) in PLANAR {
            assert_eq!(name.parse::<Pixels>().unwrap().to_string(), name);
        }
        assert!("yuv999p".parse::<Pixels>().is_err());
    }

    #[test]
    fn what_ffmpeg_says_of_colours() {
        let planar = |name, range, matrix, size| match Pixels::reported(name, range, matrix, size) {
            Some(Pixels::Planar(planar)) => (planar.matrix, planar.range),
            other => panic!("{other:?}"),
        };
        let large = Size { width: 1920, height: 1080 };
        assert_eq!(planar("yuv420p", "tv", "bt709", SIZE), (Matrix::Bt709, Range::Limited));
        assert_eq!(planar("yuv420p10le", "pc", "bt2020nc", SIZE), (Matrix::Bt2020, Range::Full));
        assert_eq!(planar("yuvj420p", "unknown", "smpte170m", large), (Matrix::Bt601, Range::Full));
        assert_eq!(planar("nv12", "", "", SIZE), (Matrix::Bt601, Range::Limited));
        assert_eq!(planar("nv12", "unknown", "unknown", large), (Matrix::Bt709, Range::Limited));
        assert_eq!(planar("gbrp", "pc", "gbr", large), (Matrix::Identity, Range::Full));
        assert_eq!(planar("gray", "tv", "unknown", SIZE).1, Range::Limited);
        assert_eq!(Pixels::reported("pal8", "pc", "", SIZE), None);
        let veiled = Pixels::reported("yuva420p", "pc", "bt709", SIZE).unwrap();
        let colours = veiled.planar().map(|planar| (planar.matrix, planar.range));
        assert_eq!((colours, veiled.bytes(SIZE)), (Some((Matrix::Bt709, Range::Full)), 3 + 2 + 2 + 3));
        assert!(matches!(Pixels::reported("rgba", "", "", SIZE), Some(Pixels::Veiled(_))));
        assert!(matches!("rgba".parse(), Ok(Pixels::Packed(_))));
    }

    #[test]
    fn what_is_asked_for_instead_can_be_shown() {
        let all = [
            "yuyv422",
            "p010le",
            "yuva444p16be",
            "yuv420p14le",
            "yuv440p",
            "rgb48le",
            "pal8",
            "gray16le",
            "monow",
            "nv24",
        ];
        for name in all.into_iter().chain(NEAREST.map(|(begin, _)| begin)) {
            let nearest = Pixels::nearest(name);
            let pixels = Pixels::reported(nearest, "", "", SIZE).unwrap();
            assert!(pixels.is_frame() || matches!(pixels, Pixels::Veiled(_)), "{name} becomes {pixels}");
        }
    }
}
