//! A stream of pictures in bytes, whatever its container: which bytes say what comes, and which are pixels.
//!
//! Parsers read no file. They are shown the bytes that come next, and say what to do with them, so that pixels can be
//! read from a pipe straight to where they are to stay.

pub(crate) use lanstream_core::Pts;
use lanstream_core::{Layout, Size};

use crate::pixel::Pixels;

pub(crate) mod nut;
pub(crate) mod raw;
pub(crate) mod y4m;

/// Cuts a stream into pictures.
pub(crate) trait Parser: Send {
    /// What to do next, by the bytes that come next; all of them are one piece of the stream.
    fn step(&mut self, bytes: &[u8]) -> Result<Step, StreamError>;

    /// What the stream is said to be, in words: "YUV4MPEG2", "1920x1080 rgba".
    fn expectation(&self) -> String;
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Bring more bytes: these don't say it.
    More,
    /// Leave out so many bytes, which may be more than were shown.
    Skip(usize),
    /// After so many bytes come pictures of this shape.
    Began(usize, Shape),
    /// After so many bytes come the pixels of a picture.
    Picture(usize, PacketHeader),
}

/// What pictures are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Width and height.
    pub(crate) size: Size,
    /// What their bytes mean.
    pub(crate) pixels: Pixels,
}

impl Shape {
    /// How a frame of it lies.
    pub(crate) fn layout(self) -> Result<Layout, StreamError> {
        let Self { size, pixels } = self;
        pixels.layout(size).ok_or_else(|| {
            StreamError::Unsupported(format!(
                "pictures of {size} in {pixels} are too large to be shown: scale them"
            ))
        })
    }
}

/// What a container says of one picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PacketHeader {
    /// When it must be shown, from any beginning; `None` means at once.
    pub(crate) pts: Option<Pts>,
    /// Bytes of pixels that follow.
    pub(crate) len: usize,
    /// Bytes of pixels that come before those, and which the container left out.
    pub(crate) elided: Vec<u8>,
}

/// Frames a second as a fraction, as video has it: 30000/1001.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) frames: u32,
    pub(crate) seconds: u32,
}

impl Rate {
    /// The timestamp of a frame by its number from 0. Each is counted from frame 0, so that nothing drifts.
    pub(crate) fn pts(self, number: u64) -> Pts {
        let us = u128::from(number) * u128::from(self.seconds) * 1_000_000 / u128::from(self.frames);
        Pts(i64::try_from(us).unwrap_or(i64::MAX))
    }
}

/// What is wrong with a stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StreamError {
    /// It is none of its kind.
    #[error("{0}")]
    Foreign(String),
    /// It is of its kind, but not as it must be.
    #[error("{0}")]
    Wrong(String),
    /// It is well, but nothing that can be shown here.
    #[error("{0}")]
    Unsupported(String),
}

/// The first bytes of something that isn't what it should be, to be shown to a person.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    const SHOWN: usize = 24;
    let shown = bytes.get(..SHOWN).unwrap_or(bytes).escape_ascii();
    if bytes.len() > SHOWN { format!("\"{shown}…\"") } else { format!("\"{shown}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_of_ntsc_has_drifted_by_nothing() {
        let rate = Rate { frames: 30_000, seconds: 1001 };
        assert_eq!(rate.pts(0), Pts(0));
        assert_eq!(rate.pts(1), Pts(33_366));
        assert_eq!(rate.pts(30_000 * 3), Pts(1001 * 3_000_000));
    }

    #[test]
    fn excerpts_show_no_control_characters() {
        assert_eq!(excerpt(b"\x1b[2J\n"), r#""\x1b[2J\n""#);
        assert_eq!(excerpt(&[b'a'; 30]), format!("\"{}…\"", "a".repeat(24)));
    }
}
