//! Probing: now and then an update uses another method than the best one, so that the measured cost of the other stays
//! current.

use super::estimate::Count;
use crate::time::Micros;

/// Kind of an update.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Probe {
    /// No probe: the best method for each group.
    #[default]
    None,
    /// Sends a number of pixels raw: the speed of a link shows only when it is full.
    Raw {
        /// Pixels left to send raw.
        left_px: usize,
    },
    /// Encodes the whole update: the total cost shows only where it is done.
    Coded,
}

/// Schedule of the probes of one viewer.
#[derive(Debug)]
pub(super) struct Probes {
    due: Micros,
    /// Time until the next.
    interval_us: u64,
}

/// Time to the first probe.
const INTERVAL_US: u64 = 250_000;
/// Longest time between two probes: each interval is twice the previous one.
const INTERVAL_US_MAX: u64 = 8_000_000;
/// Pixels of an update that is large enough to be measured.
const PX_MIN: usize = 256 << 10;
/// Extra time that a probe may be expected to take: a frame of a display, which now and then nobody notices.
const EXTRA_NS_MAX: f32 = 16e6;

impl Probes {
    pub(super) fn new(now: Micros) -> Self {
        Self { due: Micros(now.0 + INTERVAL_US), interval_us: INTERVAL_US }
    }

    /// Returns the probe, if any, for an update of `pixels` pixels with these expected durations.
    pub(super) fn next(&mut self, pixels: usize, raw_ns: f32, coded_ns: f32, now: Micros) -> Probe {
        let is_coding_dear = coded_ns - raw_ns > EXTRA_NS_MAX;
        if now < self.due || pixels < PX_MIN || is_coding_dear {
            return Probe::None;
        }
        self.interval_us = (self.interval_us * 2).min(INTERVAL_US_MAX);
        self.due = Micros(now.0 + self.interval_us);
        let share = EXTRA_NS_MAX / (raw_ns - coded_ns).max(EXTRA_NS_MAX);
        if raw_ns < coded_ns {
            Probe::Coded
        } else {
            Probe::Raw { left_px: usize::whole(pixels.estimate() * share) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_seems_worse_is_tried_ever_more_rarely() {
        let mut probes = Probes::new(Micros(0));
        let at: Vec<_> = (0..1000_u64)
            .map(|round| Micros(round * 40_000))
            .filter(|now| probes.next(PX_MIN, 1e6, 2e6, *now) == Probe::Coded)
            .map(|now| now.0 / 1000)
            .collect();
        assert_eq!(at, [280, 800, 1800, 3800, 7800, 15800, 23800, 31800, 39800]);
    }

    #[test]
    fn what_would_be_noticed_or_tells_nothing_is_not_tried() {
        let mut probes = Probes::new(Micros(0));
        assert_eq!(probes.next(PX_MIN, 1e6, 50e6, Micros(9_000_000)), Probe::None);
        assert_eq!(probes.next(PX_MIN - 1, 2e6, 1e6, Micros(9_000_000)), Probe::None);
        assert_eq!(probes.next(PX_MIN, 2e6, 1e6, Micros(9_000_000)), Probe::Raw { left_px: PX_MIN });
    }

    #[test]
    fn where_all_would_be_noticed_a_part_is_tried() {
        let probe = Probes::new(Micros(0)).next(PX_MIN, 10e6 + 10.0 * EXTRA_NS_MAX, 10e6, Micros(9_000_000));
        let Probe::Raw { left_px } = probe else { panic!("{probe:?}") };
        assert!(left_px.abs_diff(PX_MIN / 10) < 10, "{left_px}");
    }
}
