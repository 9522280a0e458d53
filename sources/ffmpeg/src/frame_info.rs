//! What FFmpeg says of a picture, in its words: of each where a showinfo filter is inserted, of all where its output is told of.

use lanstream_core::geometry::Size;

use crate::pixel::Pixels;
use crate::stream::Shape;

/// What FFmpeg says of a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FrameInfo {
    format: String,
    /// `None` means nothing is said of them yet.
    colours: Option<Colours>,
    /// Where it was said.
    size: Option<Size>,
    /// Its rows are of two moments.
    pub(crate) is_interlaced: bool,
}

/// What its colours mean. A word that is empty or `unknown` says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Colours {
    range: String,
    matrix: String,
    primaries: String,
    transfer: String,
}

impl FrameInfo {
    /// The shape of it, of a stream of `size`.
    ///
    /// # Errors
    /// The name of a format that is not known here.
    pub(crate) fn shape(&self, size: Size) -> Result<Shape, &str> {
        let size = self.size.unwrap_or(size);
        let range = self.colours.as_ref().map_or("", |colours| &colours.range);
        let pixels =
            Pixels::reported(&self.format, range, self.matrix(), size).ok_or(self.format.as_str())?;
        Ok(Shape { size, pixels })
    }

    /// Whether its colours were told.
    pub(crate) fn is_whole(&self) -> bool {
        self.colours.is_some()
    }

    /// FFmpeg's name of its matrix.
    pub(crate) fn matrix(&self) -> &str {
        self.colours.as_ref().map_or("", |colours| &colours.matrix)
    }

    /// FFmpeg's name of what its red, green and blue are.
    pub(crate) fn primaries(&self) -> &str {
        self.colours.as_ref().map_or("", |colours| &colours.primaries)
    }

    /// FFmpeg's name of how light becomes numbers.
    pub(crate) fn transfer(&self) -> &str {
        self.colours.as_ref().map_or("", |colours| &colours.transfer)
    }

    /// The `fmt:rgb0`, `s:320x240` and `i:P` of a line that tells of a picture.
    pub(crate) fn of_picture(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        // Other lines of the filter tell of side data, and of itself.
        words.find(|word| word.starts_with("n:"))?;
        let format = words.find_map(|word| word.strip_prefix("fmt:"))?.to_owned();
        let (width, height) = words.find_map(|word| word.strip_prefix("s:"))?.split_once('x')?;
        let size = Some(Size::new(width.parse().ok()?, height.parse().ok()?)?);
        let is_interlaced = words.any(|word| matches!(word, "i:T" | "i:B"));
        Some(Self { format, size, is_interlaced, ..Self::default() })
    }

    /// The `color_range:tv color_space:bt709` of the line that comes after it.
    pub(crate) fn note_colours(&mut self, line: &str) {
        let word = |key: &str| {
            line.split_ascii_whitespace().find_map(|word| word.strip_prefix(key)).map(str::to_owned)
        };
        if let Some(range) = word("color_range:") {
            self.colours = Some(Colours {
                range,
                matrix: word("color_space:").unwrap_or_default(),
                primaries: word("color_primaries:").unwrap_or_default(),
                transfer: word("color_trc:").unwrap_or_default(),
            });
        }
    }

    /// `Stream #0:0: Video: rawvideo (I420 / 0x30323449), yuv420p(tv, bt709, progressive), 1920x1080, …`; in place of the matrix
    /// there may be `bt2020nc/bt2020/smpte2084`, with the primaries and the transfer.
    pub(crate) fn of_output(text: &str) -> Option<Self> {
        let (_, after) = text.split_once("Video: rawvideo (")?;
        let (_, after) = after.split_once("), ")?;
        let end = after.find(['(', ',']).unwrap_or(after.len());
        let (format, after) = after.split_at(end);
        // A field order may have parentheses of its own.
        let said =
            after.strip_prefix('(').and_then(|after| after.split_once("), ")).map_or("", |(said, _)| said);
        let mut colours = Colours::default();
        let mut is_interlaced = false;
        for word in said.split(", ") {
            match word {
                "tv" | "pc" => colours.range = word.to_owned(),
                "progressive" => {}
                _ if word.contains(" first") => is_interlaced = true,
                _ if colours.matrix.is_empty() => colours.note_triple(word),
                _ => {}
            }
        }
        Some(Self { format: format.to_owned(), colours: Some(colours), size: None, is_interlaced })
    }
}

impl Colours {
    /// One word where all three are called the same.
    fn note_triple(&mut self, word: &str) {
        let mut parts = word.split('/');
        let mut next = || parts.next().unwrap_or(word).to_owned();
        (self.matrix, self.primaries, self.transfer) = (next(), next(), next());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_two_moments() {
        let picture = |way: &str| {
            FrameInfo::of_picture(&format!(
                "n:   0 pts: 0 pos:  564 fmt:yuv420p sar:1/1 s:64x48 i:{way} iskey:1"
            ))
            .unwrap()
        };
        assert_eq!(["P", "T", "B"].map(|way| picture(way).is_interlaced), [false, true, true]);
        for (said, is_interlaced) in [
            ("progressive", false),
            ("tv, bt709, top first", true),
            ("top coded first (swapped)", true),
            ("tv, progressive", false),
        ] {
            let line = format!("Stream #0:0: Video: rawvideo (I420 / 0x1), yuv420p({said}), 64x48, q=2-31");
            let info = FrameInfo::of_output(&line).unwrap();
            assert_eq!(info.is_interlaced, is_interlaced, "{said}");
            assert!(!info.matrix().contains("first"), "{said}");
        }
    }

    #[test]
    fn what_colours_mean_beside_their_matrix() {
        let mut info = FrameInfo::of_picture("n: 0 fmt:yuv420p10le s:2x2 i:P").unwrap();
        assert!(!info.is_whole());
        info.note_colours("color_range:tv color_space:bt2020nc color_primaries:bt2020 color_trc:smpte2084");
        let line = "Stream #0:0: Video: rawvideo (Y3[11][10] / 0xA0B3359), yuv420p10le(tv, bt2020nc/bt2020/smpte2084, progressive), 64x48";
        for info in [info, FrameInfo::of_output(line).unwrap()] {
            assert_eq!(
                (info.matrix(), info.primaries(), info.transfer()),
                ("bt2020nc", "bt2020", "smpte2084")
            );
        }
        let one = FrameInfo::of_output("Video: rawvideo (I420 / 0x1), yuv420p(tv, bt709, progressive), 2x2")
            .unwrap();
        assert_eq!((one.matrix(), one.transfer()), ("bt709", "bt709"));
    }
}
