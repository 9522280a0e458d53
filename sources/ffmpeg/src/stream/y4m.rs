//! YUV4MPEG2, the plainest stream of YUV pictures: one line that says what comes, then `FRAME` lines with pixels after
//! each.
//!
//! It has no timestamps but a rate, and says nothing of the matrix: see [`guessed`].

use lanstream_core::planar::{Chroma, Depth, Matrix, Planar, Range};
use lanstream_core::{SIDE_MAX, Size};

use super::{PacketHeader, Parser, Rate, Shape, Step, StreamError, excerpt};
use crate::pixel::{Pixels, guessed};

/// Longest first line. FFmpeg's takes under a hundred bytes; comments may be in it.
const HEADER_BYTES_MAX: usize = 4096;
/// Longest line before a frame: `FRAME` and parameters that no one writes.
const FRAME_LINE_BYTES_MAX: usize = 256;
const MAGIC: &[u8] = b"YUV4MPEG2";
const FRAME: &[u8] = b"FRAME";

/// Reads a YUV4MPEG2 stream.
#[derive(Default)]
pub(crate) struct Y4m {
    header: Option<Header>,
    /// Said by the user: the stream has no word for it.
    matrix: Option<Matrix>,
    /// Whether frames have times by their number.
    timed: bool,
    frames: u64,
}

/// What the first line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    shape: Shape,
    rate: Option<Rate>,
}

impl Y4m {
    /// A stream that is shown by its own rate where `timed`, else as it comes.
    pub(crate) fn new(matrix: Option<Matrix>, timed: bool) -> Self {
        Self { header: None, matrix, timed, frames: 0 }
    }

    fn begin(&mut self, bytes: &[u8]) -> Result<Step, StreamError> {
        let known = bytes.len().min(MAGIC.len());
        if bytes[..known] != MAGIC[..known] {
            let message = format!("it isn't YUV4MPEG2: it begins with {}", excerpt(bytes));
            return Err(StreamError::Foreign(message));
        }
        let Some(line) = line(bytes, HEADER_BYTES_MAX, "first")? else { return Ok(Step::More) };
        let header = Header::parse(line, self.matrix)?;
        self.header = Some(header);
        Ok(Step::Began(line.len() + 1, header.shape))
    }

    fn next(&mut self, header: Header, bytes: &[u8]) -> Result<Step, StreamError> {
        let known = bytes.len().min(FRAME.len());
        if bytes[..known] != FRAME[..known] {
            let number = self.frames + 1;
            let message = format!("where frame {number} should begin there is {}", excerpt(bytes));
            return Err(StreamError::Wrong(message));
        }
        let Some(line) = line(bytes, FRAME_LINE_BYTES_MAX, "FRAME")? else { return Ok(Step::More) };
        let pts = header.rate.filter(|_| self.timed).map(|rate| rate.pts(self.frames));
        self.frames += 1;
        let len = header.shape.pixels.bytes(header.shape.size);
        Ok(Step::Picture(line.len() + 1, PacketHeader { pts, len, elided: Vec::new() }))
    }
}

impl Parser for Y4m {
    fn step(&mut self, bytes: &[u8]) -> Result<Step, StreamError> {
        match self.header {
            None => self.begin(bytes),
            Some(header) => self.next(header, bytes),
        }
    }

    fn expectation(&self) -> String {
        self.header.map_or_else(
            || "YUV4MPEG2".to_owned(),
            |header| format!("{} {}", header.shape.size, header.shape.pixels),
        )
    }
}

/// The bytes before the first line feed, or `None` if it is yet to come.
fn line<'a>(bytes: &'a [u8], max: usize, which: &str) -> Result<Option<&'a [u8]>, StreamError> {
    let shown = bytes.get(..max).unwrap_or(bytes);
    match shown.iter().position(|byte| *byte == b'\n') {
        Some(end) => Ok(Some(&bytes[..end])),
        None if bytes.len() < max => Ok(None),
        None => Err(StreamError::Wrong(format!("the {which} line of YUV4MPEG2 is longer than {max} bytes"))),
    }
}

impl Header {
    fn parse(line: &[u8], matrix: Option<Matrix>) -> Result<Self, StreamError> {
        let text = String::from_utf8_lossy(line);
        let mut words = Words::default();
        for word in text.split_ascii_whitespace().skip(1) {
            words.note(word)?;
        }
        let size = words.size()?;
        let matrix = matrix.unwrap_or_else(|| guessed(size));
        let (chroma, depth) = words.planes.unwrap_or((Chroma::C420, Depth::Eight));
        let planar = Planar { chroma, depth, matrix, range: words.range };
        Ok(Self { shape: Shape { size, pixels: Pixels::Planar(planar) }, rate: words.rate })
    }
}

/// The first line's words, as far as they were read.
#[derive(Default)]
struct Words {
    width: Option<u32>,
    height: Option<u32>,
    rate: Option<Rate>,
    planes: Option<(Chroma, Depth)>,
    range: Range,
}

impl Words {
    /// Interlacing, aspect and comments change no pixel: they are read over.
    fn note(&mut self, word: &str) -> Result<(), StreamError> {
        let mut letters = word.chars();
        let tag = letters.next();
        let value = letters.as_str();
        match tag {
            Some('W') => self.width = Some(side(word, value)?),
            Some('H') => self.height = Some(side(word, value)?),
            Some('F') => self.rate = rate(word, value)?,
            Some('C') => self.planes = Some(planes(value)?),
            Some('X') if value == "COLORRANGE=FULL" => self.range = Range::Full,
            _ => {}
        }
        Ok(())
    }

    fn size(&self) -> Result<Size, StreamError> {
        let (Some(width), Some(height)) = (self.width, self.height) else {
            return Err(StreamError::Wrong(
                "the first line of YUV4MPEG2 lacks its width or height".to_owned(),
            ));
        };
        Ok(Size { width, height })
    }
}

fn side(word: &str, value: &str) -> Result<u32, StreamError> {
    let side = value.parse().ok().filter(|side| (1..=SIDE_MAX).contains(side));
    side.ok_or_else(|| {
        StreamError::Wrong(format!("{} is no side from 1 to {SIDE_MAX}", excerpt(word.as_bytes())))
    })
}

/// `0:0` says that there is none.
fn rate(word: &str, value: &str) -> Result<Option<Rate>, StreamError> {
    let parts = value.split_once(':');
    let rate = parts.and_then(|(frames, seconds)| Some((frames.parse().ok()?, seconds.parse().ok()?)));
    match rate {
        Some((0, 0)) => Ok(None),
        Some((frames, seconds)) if frames > 0 && seconds > 0 => Ok(Some(Rate { frames, seconds })),
        _ => Err(StreamError::Wrong(format!("{} is no rate", excerpt(word.as_bytes())))),
    }
}

fn planes(value: &str) -> Result<(Chroma, Depth), StreamError> {
    // A number of bits comes after a `p`, which other words have too.
    let (name, depth) = match value.rsplit_once("p1") {
        Some((name, "0")) => (name, Depth::Ten),
        Some((name, "2")) => (name, Depth::Twelve),
        _ => match value.strip_prefix("mono1") {
            Some("0") => ("mono", Depth::Ten),
            Some("2") => ("mono", Depth::Twelve),
            _ => (value, Depth::Eight),
        },
    };
    let chroma = match name {
        // They differ in where a sample of chroma lies, by half a pixel: nothing here interpolates.
        "420" | "420jpeg" | "420mpeg2" | "420paldv" => Chroma::C420,
        "422" => Chroma::C422,
        "444" => Chroma::C444,
        "411" => Chroma::C411,
        "mono" => Chroma::Mono,
        _ => {
            return Err(StreamError::Unsupported(format!(
                "pictures in {} can't be shown: ask for others with `-pix_fmt yuv420p`",
                excerpt(format!("C{value}").as_bytes())
            )));
        }
    };
    Ok((chroma, depth))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What all of `bytes` come to when they are shown one more at a time.
    fn first_step(parser: &mut Y4m, bytes: &[u8]) -> Result<Step, StreamError> {
        for len in 0..bytes.len() {
            match parser.step(&bytes[..len]) {
                Ok(Step::More) => {}
                other => return other,
            }
        }
        parser.step(bytes)
    }

    fn shape_of(header: &str) -> Shape {
        match first_step(&mut Y4m::new(None, true), header.as_bytes()) {
            Ok(Step::Began(len, shape)) if len == header.len() => shape,
            other => panic!("{other:?} for {header:?}"),
        }
    }

    fn error_of(bytes: &[u8]) -> String {
        first_step(&mut Y4m::new(None, true), bytes).unwrap_err().to_string()
    }

    #[test]
    fn a_header_as_ffmpeg_writes_it() {
        let shape = shape_of(
            "YUV4MPEG2 W1920 H1081 F30000:1001 Ip A1:1 C420mpeg2 XYSCSS=420MPEG2 XCOLORRANGE=FULL\n",
        );
        assert_eq!(shape.size, Size { width: 1920, height: 1081 });
        let (chroma, depth) = (Chroma::C420, Depth::Eight);
        let planar = Planar { chroma, depth, matrix: Matrix::Bt709, range: Range::Full };
        assert_eq!(shape.pixels, Pixels::Planar(planar));
        assert_eq!(shape.pixels.bytes(shape.size), 1920 * 1081 + 2 * 960 * 541);
    }

    #[test]
    fn frames_have_times_by_their_number() {
        let mut y4m = Y4m::new(None, true);
        first_step(&mut y4m, b"YUV4MPEG2 W1 H1 F25:1 C444\n").unwrap();
        for number in 0..3 {
            let head =
                PacketHeader { pts: Some(super::super::Pts(number * 40_000)), len: 3, elided: Vec::new() };
            assert_eq!(first_step(&mut y4m, b"FRAME Ip\n"), Ok(Step::Picture(9, head)));
        }
    }

    #[test]
    fn no_rate_is_no_time() {
        for (header, timed) in [("YUV4MPEG2 W1 H1 F0:0\n", true), ("YUV4MPEG2 W1 H1 F25:1\n", false)] {
            let mut y4m = Y4m::new(None, timed);
            first_step(&mut y4m, header.as_bytes()).unwrap();
            let Ok(Step::Picture(6, head)) = first_step(&mut y4m, b"FRAME\n") else { panic!("no picture") };
            assert_eq!(head.pts, None);
        }
    }

    #[test]
    fn garbage_and_absurdities_are_told() {
        for (bytes, words) in [
            (&b"\x89PNG\r\n\x1a\n"[..], "it isn't YUV4MPEG2: it begins with \"\\x89\""),
            (b"YUV4MPEG2\n", "lacks its width or height"),
            (b"YUV4MPEG2 W0 H4\n", "\"W0\" is no side from 1 to 16384"),
            (b"YUV4MPEG2 W16385 H4\n", "is no side"),
            (b"YUV4MPEG2 W99999999999999 H4\n", "is no side"),
            (b"YUV4MPEG2 W-4 H4\n", "is no side"),
            (b"YUV4MPEG2 W4 H4 F30:0\n", "\"F30:0\" is no rate"),
            (b"YUV4MPEG2 W4 H4 F-1:1\n", "is no rate"),
            (b"YUV4MPEG2 W4 H4 C420p16\n", "-pix_fmt yuv420p"),
        ] {
            let error = error_of(bytes);
            assert!(error.contains(words), "{error:?} for {:?}", bytes.escape_ascii());
        }
        let endless = [b"YUV4MPEG2 ".to_vec(), vec![b'X'; HEADER_BYTES_MAX]].concat();
        assert!(error_of(&endless).contains("longer than 4096 bytes"));
    }

    #[test]
    fn a_frame_that_does_not_begin_where_it_should() {
        let mut y4m = Y4m::new(None, true);
        first_step(&mut y4m, b"YUV4MPEG2 W1 H1\n").unwrap();
        let error = first_step(&mut y4m, b"FRANE\n").unwrap_err().to_string();
        assert!(error.contains("where frame 1 should begin"), "{error}");
    }
}
