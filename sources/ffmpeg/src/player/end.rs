//! End of a stream: why nothing more comes, and when that is reported.

use std::time::{Duration, Instant};

use lanstream_core::source::{Error, ErrorKind};

/// How long the last frame stays, so that every viewer takes it, before the source reports that it is over.
pub(crate) const LAST_FRAME_STAYS: Duration = Duration::from_secs(1);

/// Why nothing more comes.
pub(crate) struct EndOfStream {
    error: Error,
    /// When it is reported, once all is shown.
    due: Option<Instant>,
    /// Whether it is a still image, which stays until nobody wants it.
    is_still: bool,
}

impl EndOfStream {
    pub(crate) fn new(error: Error, is_still: bool) -> Self {
        Self { error, due: None, is_still }
    }

    /// Returns whether it is a still image, which is never over.
    pub(crate) fn is_still(&self) -> bool {
        self.is_still
    }

    /// Returns when it is reported, if that is known.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Puts a good end off: what is paused is paused at its end as well, and the last frame stays again when it goes
    /// on. Returns `false` for an error, which is reported at once.
    pub(crate) fn postpone(&mut self) -> bool {
        let is_good = self.error.kind == ErrorKind::Finished;
        if is_good {
            self.due = None;
        }
        is_good
    }

    /// Reports the end when the last frame was shown for a while. The first call is when all is shown.
    ///
    /// # Errors
    /// The end, once it is due.
    pub(crate) fn report(&mut self, now: Instant) -> Result<(), Error> {
        let due = *self.due.get_or_insert(now + LAST_FRAME_STAYS);
        if now < due { Ok(()) } else { Err(self.error.clone()) }
    }
}
