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
    /// Whether there were pixels at the last look.
    had_pixels: bool,
    /// Whether the system refused pictures since the last look.
    is_refused: bool,
}

impl Looks {
    /// The first look was at `now`, and found pixels or not.
    pub(crate) fn new(now: Instant, has_pixels: bool) -> Self {
        Self { last: now, asked: None, is_behind: false, had_pixels: has_pixels, is_refused: false }
    }

    /// Somebody asked for a picture.
    pub(crate) fn asked(&mut self, now: Instant) {
        self.asked = Some(now);
        self.is_behind = true;
    }

    /// The system refuses pictures, as while the session is locked: the next look is one of those now and then.
    pub(crate) fn refused(&mut self) {
        self.is_refused = true;
    }

    /// Returns whether it refuses them, and nobody has looked since.
    pub(crate) fn is_refused(&self) -> bool {
        self.is_refused
    }

    /// When to look next.
    pub(crate) fn due(&self) -> Instant {
        let is_asked = self.asked.is_some_and(|asked| self.last < asked + WATCHED_FOR);
        let is_watched = is_asked && !self.is_refused;
        self.last + if is_watched { INTERVAL } else { IDLE_INTERVAL }
    }

    /// Notes a look, which found pixels or not. Returns whether there may be a newer picture now: one was asked for
    /// since the look before, or there was none then.
    pub(crate) fn look(&mut self, now: Instant, has_pixels: bool) -> bool {
        self.last = now;
        self.is_refused = false;
        let had_pixels = std::mem::replace(&mut self.had_pixels, has_pixels);
        has_pixels && (std::mem::take(&mut self.is_behind) || !had_pixels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_looked_at_often_while_pictures_are_taken() {
        let now = Instant::now();
        let mut looks = Looks::new(now, true);
        assert_eq!(looks.due(), now + IDLE_INTERVAL);
        looks.asked(now);
        assert_eq!(looks.due(), now + INTERVAL);
        assert!(looks.look(now + INTERVAL, true));
        assert!(!looks.look(now + INTERVAL * 2, true), "nobody took what there was");
        assert_eq!(looks.due(), now + INTERVAL * 3, "somebody may still watch");
        looks.look(now + WATCHED_FOR, true);
        assert_eq!(looks.due(), now + WATCHED_FOR + IDLE_INTERVAL);
    }

    #[test]
    fn a_system_that_refuses_pictures_is_asked_now_and_then() {
        let now = Instant::now();
        let mut looks = Looks::new(now, true);
        for at in [now, now + IDLE_INTERVAL] {
            looks.asked(at);
            looks.refused();
            assert_eq!((looks.is_refused(), looks.due()), (true, at + IDLE_INTERVAL));
            assert!(looks.look(at + IDLE_INTERVAL, true), "it is asked once more");
            assert!(!looks.is_refused());
        }
        assert_eq!(
            looks.due(),
            now + IDLE_INTERVAL * 2 + INTERVAL,
            "and as often as before if it hands one out"
        );
    }

    #[test]
    fn pixels_that_come_back_are_a_newer_picture() {
        let now = Instant::now();
        let mut looks = Looks::new(now, true);
        looks.asked(now);
        assert!(!looks.look(now + INTERVAL, false), "there is none");
        assert!(!looks.look(now + INTERVAL * 2, false));
        assert!(looks.look(now + INTERVAL * 3, true), "nobody asked meanwhile");
        assert!(!looks.look(now + INTERVAL * 4, true), "nobody took what there was");
        let mut hidden = Looks::new(now, false);
        assert!(hidden.look(now + INTERVAL, true));
    }
}
