//! Notices that a path is dead: something was sent that a peer acknowledges at once, and since then nothing has come.

use std::time::{Duration, Instant};

/// Time without an answer after which a path is taken for dead. Browsers acknowledge within 25 ms; what is more is for
/// one that gets no processor time. A picture that goes on elsewhere must do so within 300 ms.
pub(crate) const SILENCE_MAX: Duration = Duration::from_millis(150);
/// Time between two looks while something is on its way.
pub(crate) const CHECK_INTERVAL: Duration = Duration::from_millis(25);

/// What was asked and heard at the last look. An acknowledgement of ours asks nothing: it stays without an answer on a
/// good path, too.
#[derive(Debug, Default)]
pub(crate) struct PathWatchdog {
    asked: u64,
    heard: u64,
    since: Option<Instant>,
}

impl PathWatchdog {
    /// Looks at the frames sent so far that must be acknowledged, and at the packets heard. Returns whether the path is
    /// dead.
    pub(crate) fn check(&mut self, asked: u64, heard: u64, now: Instant) -> bool {
        if heard != self.heard {
            *self = Self { asked, heard, since: None };
        } else if asked != self.asked {
            self.asked = asked;
            self.since.get_or_insert(now);
        }
        self.since.is_some_and(|since| now.duration_since(since) >= SILENCE_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_sent_and_not_answered_is_a_dead_path() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut watchdog = PathWatchdog::default();
        assert!(!watchdog.check(10, 5, at(0)));
        assert!(!watchdog.check(10, 5, at(1000)), "nothing was sent");
        assert!(!watchdog.check(12, 5, at(1020)));
        assert!(!watchdog.check(13, 6, at(1100)), "it was answered");
        assert!(!watchdog.check(20, 6, at(1110)));
        assert!(!watchdog.check(21, 6, at(1259)));
        assert!(watchdog.check(22, 6, at(1260)));
    }
}
