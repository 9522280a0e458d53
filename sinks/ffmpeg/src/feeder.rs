//! A running FFmpeg that is given a stream: waits while it takes nothing, and reads what it says meanwhile.

use std::ffi::{OsStr, OsString};
use std::process::ChildStdin;

use lanstream_core::frame_sink::{FrameSinkError, FrameSinkErrorKind};
use lanstream_core::source::{Error, ErrorKind, Listener};
use lanstream_ffmpeg::Hidden;
use lanstream_ffmpeg::program::{Outcome, Program};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, ioctl_fionbio, retry_on_intr, write};
use rustix::pipe::fcntl_setpipe_size;

use crate::interrupt::{Interrupt, Registration};

/// Bytes that the pipe to FFmpeg holds: the most that Linux gives to everyone. A picture goes through in few steps.
const PIPE_BYTES: usize = 1 << 20;

/// FFmpeg, and the pipe to it.
pub(crate) struct Feeder {
    /// `None` once all was written.
    stdin: Option<ChildStdin>,
    program: Program,
    interrupt: Interrupt,
    /// `None` once it is waited for.
    registration: Option<Registration>,
}

/// Whether FFmpeg still reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fed {
    /// All bytes were taken.
    Taken,
    /// It has closed its end.
    Closed,
}

impl Feeder {
    pub(crate) fn start(
        ffmpeg: &OsStr,
        arguments: &[OsString],
        listener: Listener,
        hidden: Hidden,
        interrupt: &Interrupt,
    ) -> Result<Self, FrameSinkError> {
        let started = Program::start_reader(ffmpeg, arguments, Some(listener), hidden);
        let (program, stdin) = started.map_err(from_source)?;
        ioctl_fionbio(&stdin, true).map_err(|error| broken(format!("the pipe to FFmpeg: {error}")))?;
        // A smaller one is slower and nothing else.
        let _smaller = fcntl_setpipe_size(&stdin, PIPE_BYTES);
        let registration = Some(interrupt.register(program.process()));
        Ok(Self { stdin: Some(stdin), program, interrupt: interrupt.clone(), registration })
    }

    /// Writes all bytes, as FFmpeg takes them.
    pub(crate) fn write(&mut self, mut bytes: &[u8]) -> Result<Fed, FrameSinkError> {
        while !bytes.is_empty() {
            let Some(stdin) = &self.stdin else { return Ok(Fed::Closed) };
            match write(stdin, bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => self.wait()?,
                Err(Errno::PIPE) => return Ok(Fed::Closed),
                Err(error) => return Err(broken(format!("FFmpeg can't be given any more: {error}"))),
            }
        }
        Ok(Fed::Taken)
    }

    /// Reads what FFmpeg has said, without waiting for any.
    pub(crate) fn read_log(&mut self) {
        self.program.read_log();
    }

    /// Waits until FFmpeg takes more, or says something, which is read.
    fn wait(&mut self) -> Result<(), FrameSinkError> {
        let stdin = self.stdin.as_ref().map(|stdin| PollFd::new(stdin, PollFlags::OUT));
        let log = self.program.log_pipe().map(|log| PollFd::from_borrowed_fd(log, PollFlags::IN));
        let waited = match (stdin, log) {
            (Some(stdin), Some(log)) => poll_any(&mut [stdin, log]),
            (Some(one), None) | (None, Some(one)) => poll_any(&mut [one]),
            (None, None) => Ok(()),
        };
        waited.map_err(|error| broken(format!("FFmpeg can't be waited for: {error}")))?;
        self.program.read_log();
        Ok(())
    }

    /// Closes the pipe, and waits until FFmpeg has finished its output, which takes as long as it takes.
    pub(crate) fn finish(mut self) -> Result<(), FrameSinkError> {
        self.stdin = None;
        while self.program.log_pipe().is_some() {
            self.wait()?;
        }
        self.registration = None;
        let outcome = self.program.finish();
        if outcome.is_success() {
            return Ok(());
        }
        if self.interrupt.is_interrupted() {
            let message = "FFmpeg was ended before it had finished: its output may be cut off";
            return Err(FrameSinkError::new(FrameSinkErrorKind::Interrupted, message));
        }
        Err(broken(complaint(&outcome)))
    }
}

/// Waits until one of the descriptors is ready.
fn poll_any(descriptors: &mut [PollFd<'_>]) -> rustix::io::Result<()> {
    retry_on_intr(|| poll(descriptors, None)).map(drop)
}

fn complaint(outcome: &Outcome) -> String {
    outcome.complaint().unwrap_or_else(|| "FFmpeg has ended".to_owned())
}

fn broken(message: impl Into<String>) -> FrameSinkError {
    FrameSinkError::new(FrameSinkErrorKind::Broken, message)
}

/// Returns the error of a sink for that of a source: FFmpeg is found and started in one way for both.
pub(crate) fn from_source(error: Error) -> FrameSinkError {
    let kind = match error.kind {
        ErrorKind::NotFound => FrameSinkErrorKind::NotFound,
        ErrorKind::Unsupported => FrameSinkErrorKind::Unsupported,
        _ => FrameSinkErrorKind::Broken,
    };
    FrameSinkError::new(kind, error.message)
}
