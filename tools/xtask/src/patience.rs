//! Waiting that ends: at a limit, or at Ctrl-C, which comes back as an error so that everything started is ended on the
//! way out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use signal_hook::consts::{SIGINT, SIGTERM};

/// Between two attempts at something that can't tell when it is ready.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Waits for things, until interrupted.
pub(crate) struct Patience {
    interrupted: Arc<AtomicBool>,
}

impl Patience {
    /// Catches the signals that would end the process from now on.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let interrupted = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // The second signal ends the process at once, in case the way out hangs.
            signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&interrupted))?;
            signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
        }
        Ok(Self { interrupted })
    }

    /// # Errors
    /// After Ctrl-C.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        ensure!(!self.interrupted.load(Ordering::Relaxed), "interrupted");
        Ok(())
    }

    /// Lets time pass.
    ///
    /// # Errors
    /// After Ctrl-C.
    pub(crate) fn pass(&self, duration: Duration) -> anyhow::Result<()> {
        let end = Instant::now() + duration;
        while Instant::now() < end {
            self.check()?;
            std::thread::sleep(POLL_INTERVAL);
        }
        Ok(())
    }

    /// Waits for the first line that `pick` takes.
    ///
    /// # Errors
    /// Those of `until`, or that there are no more lines.
    pub(crate) fn line<T>(
        &self,
        what: &str,
        limit: Duration,
        lines: &Receiver<String>,
        pick: impl Fn(&str) -> Option<T>,
    ) -> anyhow::Result<T> {
        self.until(what, limit, || match lines.try_recv() {
            Ok(line) => Ok(pick(&line)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => bail!("it ended without a {what}"),
        })
    }

    /// Tries until there is a value.
    ///
    /// # Errors
    /// The attempt's, after Ctrl-C, or that `what` did not come within `limit`.
    pub(crate) fn until<T>(
        &self,
        what: &str,
        limit: Duration,
        mut attempt: impl FnMut() -> anyhow::Result<Option<T>>,
    ) -> anyhow::Result<T> {
        let end = Instant::now() + limit;
        loop {
            if let Some(value) = attempt()? {
                return Ok(value);
            }
            if Instant::now() >= end {
                bail!("no {what} within {limit:?}");
            }
            self.check()?;
            std::thread::sleep(POLL_INTERVAL);
        }
    }
}
