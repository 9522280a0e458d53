//! Frames from any program's stdout, or from a FIFO: YUV4MPEG2, or frames with nothing between them.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;
use std::path::PathBuf;
use std::time::Duration;

use lanstream_core::Size;
use lanstream_core::planar::Matrix;
use lanstream_core::source::{Error, ErrorKind, Source};
use rustix::fs::{Mode, OFlags};

use crate::builder::{Builder, START_TIMEOUT};
use crate::frame_reader::FrameReader;
use crate::pace::{Pacing, Speed};
use crate::pixel::Pixels;
use crate::player::Reopen;
use crate::redact::printable;
use crate::stream::raw::Raw;
use crate::stream::y4m::Y4m;
use crate::stream::{Parser, Rate, Shape};

/// What to read, and what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct FramePipe {
    /// A FIFO or a file; `None` means stdin.
    pub input: Option<PathBuf>,
    /// What comes.
    pub content: Content,
    /// The matrix of YUV pictures; `None` means the one that their size suggests.
    pub matrix: Option<Matrix>,
    /// When frames are shown; `None` means by their rate where there is one, else as they come.
    pub pace: Option<Pacing>,
    /// How long the first bytes may take to come.
    pub timeout: Duration,
    /// Whether another writer is waited for when one has left: of a FIFO.
    pub reopen: bool,
}

/// What comes through a pipe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Content {
    /// A stream that says what it is: `ffmpeg … -f yuv4mpegpipe -`.
    Y4m,
    /// Frames with nothing between them: `ffmpeg … -f rawvideo -`.
    Raw {
        /// Their size.
        size: Size,
        /// What their bytes mean.
        pixels: Pixels,
        /// So many in a second; `None` means as they come.
        fps: Option<f64>,
    },
}

impl FramePipe {
    /// Reads stdin, by the rate of what comes.
    pub fn new(content: Content) -> Self {
        Self { input: None, content, matrix: None, pace: None, timeout: START_TIMEOUT, reopen: false }
    }

    /// Waits until it is known what comes.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is no such file or no one writes, [`ErrorKind::Unsupported`] for what can't
    /// be read.
    pub fn open(&self) -> Result<Box<dyn Source>, Error> {
        let reopen = self.reopen.then(|| self.reopener()).transpose()?;
        let builder = Builder {
            name: self.name(),
            frame_reader: self.frame_reader()?,
            program: None,
            pace: self.pace(),
            has_showinfo: false,
            timeout: self.timeout,
            start: Duration::ZERO,
            film: None,
            reopen,
            repeat: false,
            sound: None,
        };
        Ok(builder.open()?)
    }

    fn frame_reader(&self) -> Result<FrameReader, Error> {
        Ok(FrameReader::new(self.pipe()?, self.parser()))
    }

    /// Returns how the next writer is read.
    fn reopener(&self) -> Result<Reopen, Error> {
        let metadata = self.input.as_ref().map(std::fs::metadata).and_then(Result::ok);
        if !metadata.is_some_and(|metadata| metadata.file_type().is_fifo()) {
            let message =
                format!("{} is no FIFO: nobody else can write to it, so leave --reopen out", self.name());
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        let pipe = self.clone();
        Ok(Box::new(move || pipe.frame_reader()))
    }

    fn name(&self) -> String {
        self.input.as_ref().map_or_else(|| "stdin".to_owned(), |path| printable(path.as_os_str()))
    }

    /// What has no rate can only be shown as it comes.
    fn pace(&self) -> Pacing {
        let has_rate = !matches!(self.content, Content::Raw { fps: None, .. });
        self.pace.unwrap_or(if has_rate { Pacing::Timestamps(Speed::REAL) } else { Pacing::Newest })
    }

    fn parser(&self) -> Box<dyn Parser> {
        match self.content {
            Content::Y4m => Box::new(Y4m::new(self.matrix, self.pace() != Pacing::Newest)),
            Content::Raw { size, pixels, fps } => {
                let pixels = pixels.with_matrix(self.matrix, size);
                Box::new(Raw::new(Shape { size, pixels }, fps.and_then(rate)))
            }
        }
    }

    fn pipe(&self) -> Result<OwnedFd, Error> {
        let Some(path) = &self.input else { return stdin() };
        let not_found = |error: io::Error| {
            Error::new(ErrorKind::NotFound, format!("{} can't be read: {error}", printable(path.as_os_str())))
        };
        // A FIFO that no one writes to yet would keep us here; it is waited for where time can run out.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let pipe = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| not_found(error.into()))?;
        let file = File::from(pipe);
        if file.metadata().map_err(not_found)?.is_dir() {
            return Err(not_found(io::ErrorKind::IsADirectory.into()));
        }
        rustix::io::ioctl_fionbio(&file, false).map_err(|error| not_found(error.into()))?;
        Ok(file.into())
    }
}

fn stdin() -> Result<OwnedFd, Error> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        let message = "stdin is a terminal: pipe frames into it, such as `ffmpeg -i film.mp4 -f yuv4mpegpipe - | lanstream pipe`";
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    stdin
        .as_fd()
        .try_clone_to_owned()
        .map_err(|error| Error::new(ErrorKind::Lost, format!("no stdin: {error}")))
}

/// A rate as people say it, exact to a thousandth of a frame in a second; NTSC's are what is meant by 29.97.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is only cast where it fits")]
fn rate(fps: f64) -> Option<Rate> {
    for whole in [24_u32, 30, 48, 60, 120] {
        if (fps * 1001.0 / 1000.0 - f64::from(whole)).abs() < 0.002 {
            return Some(Rate { frames: whole * 1000, seconds: 1001 });
        }
    }
    let frames = (fps * 1000.0).round();
    (1.0..=f64::from(u32::MAX)).contains(&frames).then_some(Rate { frames: frames as u32, seconds: 1000 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_as_people_say_them() {
        assert_eq!(rate(60.0), Some(Rate { frames: 60_000, seconds: 1000 }));
        assert_eq!(rate(29.97), Some(Rate { frames: 30_000, seconds: 1001 }));
        assert_eq!(rate(23.976), Some(Rate { frames: 24_000, seconds: 1001 }));
        assert_eq!(rate(12.5), Some(Rate { frames: 12_500, seconds: 1000 }));
        assert_eq!(rate(0.0), None);
        assert_eq!(rate(f64::NAN), None);
    }
}
