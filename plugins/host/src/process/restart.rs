//! Pauses between starts of a process that ends again and again.

use std::time::{Duration, Instant};

use lanstream_core::source::{Error, ErrorKind};

/// Time before the process of a plugin that ended unexpectedly is started again; it doubles with each end in a row.
const PAUSE_MIN: Duration = Duration::from_millis(500);
/// Longest such time.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Pauses between starts of a process that ends again and again.
#[derive(Debug, Default)]
pub(super) struct Restart {
    started: Option<Instant>,
    pause: Duration,
}

impl Restart {
    /// Notes a start at `now`, or returns an error if it is too early for one. A process that ran for longer than
    /// [`PAUSE_MAX`] is started again as soon as the first time.
    pub(super) fn begin(&mut self, now: Instant) -> Result<(), Error> {
        if let Some(started) = self.started {
            let ran = now.saturating_duration_since(started);
            if ran < self.pause {
                return Err(Error::new(
                    ErrorKind::Lost,
                    "the process of the plugin is started again in a moment",
                ));
            }
            self.pause =
                if ran > PAUSE_MAX { PAUSE_MIN } else { (self.pause * 2).clamp(PAUSE_MIN, PAUSE_MAX) };
        }
        self.started = Some(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_begin_anew_after_a_long_run() {
        let (mut restart, begin) = (Restart::default(), Instant::now());
        let mut starts_at = |ms| restart.begin(begin + Duration::from_millis(ms)).is_ok();
        assert!(starts_at(0));
        assert!(starts_at(10), "the first end may be an accident");
        assert!(!starts_at(500) && starts_at(511));
        assert!(!starts_at(1500) && starts_at(1512));
        assert!(starts_at(60_000), "it ran for long");
        assert!(!starts_at(60_499) && starts_at(60_501));
    }
}
