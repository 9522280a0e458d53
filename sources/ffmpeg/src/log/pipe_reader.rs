//! Non-blocking reader of a program's stderr.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::ChildStderr;

/// Bytes read at once.
const READ_BYTES: usize = 4096;

/// The read end of a program's stderr, until the program closes it.
#[derive(Debug)]
pub(super) struct PipeReader {
    pipe: Option<ChildStderr>,
}

impl PipeReader {
    pub(super) fn new(pipe: ChildStderr) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&pipe, true)?;
        Ok(Self { pipe: Some(pipe) })
    }

    /// Returns a reader that is at its end.
    #[cfg(any(test, fuzzing))]
    pub(super) fn closed() -> Self {
        Self { pipe: None }
    }

    /// Returns the descriptor to poll; `None` once it is at its end.
    pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Reads all that there is now, and calls `on_bytes` with each piece. Returns whether it is at its end.
    pub(super) fn read(&mut self, on_bytes: &mut dyn FnMut(&[u8])) -> bool {
        let mut bytes = [0; READ_BYTES];
        while let Some(pipe) = &mut self.pipe {
            match pipe.read(&mut bytes) {
                Ok(0) => self.pipe = None,
                Ok(read) => on_bytes(&bytes[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(_) => self.pipe = None,
            }
        }
        true
    }
}
