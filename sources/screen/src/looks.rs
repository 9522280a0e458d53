//! When a screen is looked at of which nobody tells changes: as often as a monitor shows another picture while viewers
//! take pictures, and now and then while they do not.

use std::time::{Duration, Instant};

/// Time between two looks while pictures are taken: a sixtieth of a second.
const INTERVAL: Duration = Duration::from_micros(16_667);
/// The same while nobody takes any: what is captured may be closed, or have another size.
const IDLE_INTERVAL: Duration = Duration::from_millis(500);
/// How long after a picture was taken the next one is expected: viewers that want few pictures a second want their
/// pointer more often.
const WATCHED_FOR: Duration = Duration::from_secs(2);

/// The times that matter.
pub(crate) struct Looks {
    last: Instant,
    /// When somebody asked for a picture last.
    asked: Option<Instant>,
    /// Whether a picture was asked for since the last look.
    is_behind: bool,
}

impl Looks {
    /// The first look was at `now`.
    pub(crate) fn new(now: Instant) -> Self {
        Self { last: now, asked: None, is_behind: false }
    }

    /// Somebody asked for a picture.
    pub(crate) fn asked(&mut self, now: Instant) {
        self.asked = Some(now);
        self.is_behind = true;
    }

    /// When to look next.
    pub(crate) fn due(&self) -> Instant {
        let is_watched = self.asked.is_some_and(|asked| self.last < asked + WATCHED_FOR);
        self.last + if is_watched { INTERVAL } else { IDLE_INTERVAL }
    }

    /// Notes a look. Returns whether a picture was asked for since the look before, so that there may be a newer one
    /// now.
    pub(crate) fn look(&mut self, now: Instant) -> bool {
        self.last = now;
        std::mem::take(&mut self.is_behind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_looked_at_often_while_pictures_are_taken() {
        let now = Instant::now();
        let mut looks = Looks::new(now);
        assert_eq!(looks.due(), now + IDLE_INTERVAL);
        looks.asked(now);
        assert_eq!(looks.due(), now + INTERVAL);
        assert!(looks.look(now + INTERVAL));
        assert!(!looks.look(now + INTERVAL * 2), "nobody took what there was");
        assert_eq!(looks.due(), now + INTERVAL * 3, "somebody may still watch");
        looks.look(now + WATCHED_FOR);
        assert_eq!(looks.due(), now + WATCHED_FOR + IDLE_INTERVAL);
    }
}
