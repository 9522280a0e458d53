//! When a change is told: not more often than is wanted, and all of the picture is looked at now and then, in case the
//! desktop is wrong about what has changed.

use std::time::{Duration, Instant};

/// Time after a capture of a part until all of the picture is looked at: as long as on Wayland.
const LOOK_AFTER: Duration = Duration::from_secs(1);

/// The times that matter.
#[derive(Debug)]
pub(crate) struct Pacing {
    /// Least time between two captures.
    interval: Duration,
    taken: Option<Instant>,
    /// When the first capture was of a part only since all of the picture was captured.
    partial_since: Option<Instant>,
}

impl Pacing {
    /// For at most so many captures a second.
    pub(crate) fn new(fps_max: Option<u32>) -> Self {
        let interval = fps_max.map_or(Duration::ZERO, |fps| Duration::from_secs(1) / fps.max(1));
        Self { interval, taken: None, partial_since: None }
    }

    /// Notes a capture of all of the picture, or of a part.
    pub(crate) fn took(&mut self, now: Instant, was_all: bool) {
        self.taken = Some(now);
        self.partial_since = if was_all { None } else { self.partial_since.or(Some(now)) };
    }

    /// Returns when the next change may be told; at once if `None`.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.taken.map(|taken| taken + self.interval)
    }

    /// Returns when all of the picture is to be looked at.
    pub(crate) fn look_due(&self) -> Option<Instant> {
        self.partial_since.map(|since| since + LOOK_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_keep_their_distance() {
        let now = Instant::now();
        let mut pacing = Pacing::new(Some(10));
        assert_eq!(pacing.due(), None);
        pacing.took(now, true);
        assert_eq!(pacing.due(), Some(now + Duration::from_millis(100)));
    }

    #[test]
    fn all_is_looked_at_a_second_after_the_first_part() {
        let now = Instant::now();
        let mut pacing = Pacing::new(None);
        pacing.took(now, true);
        assert_eq!(pacing.look_due(), None);
        pacing.took(now, false);
        pacing.took(now + LOOK_AFTER / 2, false);
        assert_eq!(pacing.look_due(), Some(now + LOOK_AFTER));
        pacing.took(now + LOOK_AFTER, true);
        assert_eq!(pacing.look_due(), None);
    }
}
