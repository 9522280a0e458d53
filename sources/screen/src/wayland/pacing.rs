//! When the compositor is asked for the next picture: ahead of the viewers' wish for it where they take one after the
//! other, never where nobody takes any, and not more often than they want it.

use std::time::{Duration, Instant};

/// How long after a picture was taken the next is asked for although nobody waits for it yet: a viewer takes less time
/// for one, and is then given the newest.
const EAGER_FOR: Duration = Duration::from_millis(100);
/// How long before it is wanted a picture is asked for, which then is of the compositor's next refresh: a sixtieth of a
/// second.
const LEAD: Duration = Duration::from_micros(16_667);
/// How old a picture may be that nothing newer is known of: three refreshes. One that was asked for when it was wanted
/// is younger.
const FRESH_FOR: Duration = Duration::from_millis(50);
/// Time between two looks at an output of which no change is told, in case the compositor is wrong.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// The times that matter.
pub(super) struct Pacing {
    /// Least time between two pictures that are taken.
    interval: Duration,
    taken: Option<Instant>,
    /// When the compositor made the last picture.
    made: Option<Instant>,
}

impl Pacing {
    /// For at most so many pictures a second.
    pub(super) fn new(fps_max: Option<u32>) -> Self {
        let interval = fps_max.map_or(Duration::ZERO, |fps| Duration::from_secs(1) / fps.max(1));
        Self { interval, taken: None, made: None }
    }

    /// A picture was taken.
    pub(super) fn took(&mut self, now: Instant) {
        self.taken = Some(now);
    }

    /// The compositor has made a picture.
    pub(super) fn made(&mut self, now: Instant) {
        self.made = Some(now);
    }

    /// The pictures until now are of no use.
    pub(super) fn restart(&mut self) {
        self.made = None;
    }

    /// Whether the compositor has made a picture that is of use.
    pub(super) fn has_made(&self) -> bool {
        self.made.is_some()
    }

    /// Whether the next picture is likely to be wanted soon.
    pub(super) fn is_eager(&self, now: Instant) -> bool {
        self.taken.is_some_and(|taken| now < taken + EAGER_FOR)
    }

    /// When to ask for the next change; at once if `None`.
    pub(super) fn due(&self) -> Option<Instant> {
        self.taken.map(|taken| taken + self.interval.saturating_sub(LEAD))
    }

    /// Whether the last picture is so young that it counts as the newest.
    pub(super) fn is_fresh(&self, now: Instant) -> bool {
        self.made.is_some_and(|made| now < made + FRESH_FOR)
    }

    /// When to look at the output although no change was told; at once if `None`.
    pub(super) fn look_due(&self) -> Option<Instant> {
        self.made.map(|made| made + LOOK_INTERVAL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_asked_for_a_refresh_before_they_are_wanted() {
        let now = Instant::now();
        let mut pacing = Pacing::new(Some(10));
        assert_eq!((pacing.due(), pacing.is_eager(now)), (None, false));
        pacing.took(now);
        assert_eq!(pacing.due(), Some(now + Duration::from_millis(100) - LEAD));
        let mut unpaced = Pacing::new(None);
        unpaced.took(now);
        assert_eq!(unpaced.due(), Some(now));
        assert!(unpaced.is_eager(now) && !unpaced.is_eager(now + EAGER_FOR));
    }

    #[test]
    fn a_picture_is_fresh_for_a_while_and_looked_after_for_ever() {
        let now = Instant::now();
        let mut pacing = Pacing::new(None);
        assert!(!pacing.is_fresh(now));
        assert_eq!(pacing.look_due(), None);
        pacing.made(now);
        assert!(pacing.is_fresh(now) && !pacing.is_fresh(now + FRESH_FOR));
        assert_eq!(pacing.look_due(), Some(now + LOOK_INTERVAL));
        pacing.restart();
        assert!(!pacing.is_fresh(now));
    }
}
