//! Requests to stop on Unix: signals.

use std::io::Result;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Signals that ask this process to stop. While it exists, none of them ends the process.
pub(super) struct Requests(Signals);

impl Requests {
    /// # Errors
    /// Where the system refuses handlers.
    pub(super) fn new() -> Result<Self> {
        Ok(Self(Signals::new([SIGINT, SIGTERM, SIGHUP])?))
    }

    /// Calls `request` for each signal, for as long as the process lives.
    pub(super) fn for_each(mut self, mut request: impl FnMut()) {
        self.0.forever().for_each(|_| request());
    }
}
