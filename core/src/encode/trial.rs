//! When an update goes another way than what seems best, because only that tells how good the other is.

use crate::time::Micros;

/// What an update is to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Trial {
    /// As is best for each group.
    #[default]
    None,
    /// So many of its pixels raw: how fast a pipe is shows only when it is full.
    Raw {
        /// Those that are left.
        left_px: u64,
    },
    /// Coded as a whole: what that costs all in all shows only where it is done.
    Coded,
}

/// Trials of one viewer.
#[derive(Debug)]
pub(super) struct Trials {
    due: Micros,
    /// Time until the next.
    interval_us: u64,
}

/// Time to the first trial.
const INTERVAL_US: u64 = 250_000;
/// Longest time between two: each takes twice as long to come as the one before.
const INTERVAL_US_MAX: u64 = 8_000_000;
/// Pixels without which an update tells nothing.
const PX_MIN: u64 = 256 << 10;
/// By how much the other way may seem to take longer: a frame of a display, which now and then nobody notices.
const EXTRA_NS_MAX: f32 = 16e6;

impl Trials {
    pub(super) fn new(now: Micros) -> Self {
        Self { due: Micros(now.0 + INTERVAL_US), interval_us: INTERVAL_US }
    }

    /// What an update of so many pixels is to be that is expected to take so long raw, and so long coded.
    pub(super) fn next(&mut self, pixels: u64, raw_ns: f32, coded_ns: f32, now: Micros) -> Trial {
        let is_coding_dear = coded_ns - raw_ns > EXTRA_NS_MAX;
        if now < self.due || pixels < PX_MIN || is_coding_dear {
            return Trial::None;
        }
        self.interval_us = (self.interval_us * 2).min(INTERVAL_US_MAX);
        self.due = Micros(now.0 + self.interval_us);
        let share = EXTRA_NS_MAX / (raw_ns - coded_ns).max(EXTRA_NS_MAX);
        if raw_ns < coded_ns { Trial::Coded } else { Trial::Raw { left_px: (pixels as f32 * share) as u64 } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_seems_worse_is_tried_ever_more_rarely() {
        let mut trials = Trials::new(Micros(0));
        let at: Vec<_> = (0..1000_u64)
            .map(|turn| Micros(turn * 40_000))
            .filter(|now| trials.next(PX_MIN, 1e6, 2e6, *now) == Trial::Coded)
            .map(|now| now.0 / 1000)
            .collect();
        assert_eq!(at, [280, 800, 1800, 3800, 7800, 15800, 23800, 31800, 39800]);
    }

    #[test]
    fn what_would_be_noticed_or_tells_nothing_is_not_tried() {
        let mut trials = Trials::new(Micros(0));
        assert_eq!(trials.next(PX_MIN, 1e6, 50e6, Micros(9_000_000)), Trial::None);
        assert_eq!(trials.next(PX_MIN - 1, 2e6, 1e6, Micros(9_000_000)), Trial::None);
        assert_eq!(trials.next(PX_MIN, 2e6, 1e6, Micros(9_000_000)), Trial::Raw { left_px: PX_MIN });
    }

    #[test]
    fn where_all_would_be_noticed_a_part_is_tried() {
        let trial = Trials::new(Micros(0)).next(PX_MIN, 10e6 + 10.0 * EXTRA_NS_MAX, 10e6, Micros(9_000_000));
        let Trial::Raw { left_px } = trial else { panic!("{trial:?}") };
        assert!(left_px.abs_diff(PX_MIN / 10) < 10, "{left_px}");
    }
}
