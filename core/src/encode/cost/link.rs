//! Estimator of a viewer's link from the durations of its updates: a Kalman filter of two numbers.
//!
//! The duration of an update is a constant plus a time per byte. The time that both ends spend on coding is subtracted,
//! as if nothing travelled meanwhile: on a machine whose cores are busy that is nearly so.

use super::estimate::{megabytes, single};

/// Numbers that are estimated.
const NUMBERS: usize = 2;
/// Milliseconds for any update come first; then those for a megabyte, as many as nanoseconds for a byte.
const MEGABYTE: usize = 1;

/// Estimated constant and time per byte of one link.
#[derive(Clone, Copy, Debug)]
pub(super) struct LinkEstimator {
    means: [f64; NUMBERS],
    /// Covariance of the estimates.
    covariance: [[f64; NUMBERS]; NUMBERS],
    /// Consecutive updates outside of the gate.
    outliers: u32,
}

/// Assumed until measured: wake-ups at both ends, and 4 Gbit/s.
const AT_FIRST: [f64; NUMBERS] = [1.0, 2.0];
/// Possible values: from the speed of memory down to 10 Mbit/s.
const RANGES: [(f64, f64); NUMBERS] = [(0.0, 50.0), (0.1, 800.0)];
/// Maximum standard deviation of each: a share of it plus a constant.
const UNCERTAINTY: [(f64, f64); NUMBERS] = [(0.3, 0.3), (0.6, 0.0)];
/// Standard deviation of each after the link has changed, as when a tunnel or a throttle was inserted.
const UNCERTAINTY_OF_ANOTHER: [f64; NUMBERS] = [1.0, 100.0];
/// Gate: the innovation of an update is limited to this many standard deviations; one beyond is an outlier, as a pause
/// of the browser. `OUTLIERS_MAX` consecutive ones mean that the link has changed.
const GATE_DEVIATIONS: f64 = 3.0;
const OUTLIERS_MAX: u32 = 3;
/// A smaller update within the gate tells nothing about the time per byte.
const MEGABYTES_MIN: f64 = 0.005;
/// Rounding never makes a number certain.
const VARIANCE_MIN: f64 = 1e-6;
/// Process noise per update, as a share of the maximum standard deviation: after some hundred updates without
/// information the uncertainty is at its maximum.
const DRIFT: [f64; NUMBERS] = [0.1, 0.05];
/// Measurement noise of a duration: every program on the path adds a wake-up.
const CHANCE_MS: f64 = 1.2;

impl Default for LinkEstimator {
    fn default() -> Self {
        let mut link = Self { means: AT_FIRST, covariance: [[0.0; NUMBERS]; NUMBERS], outliers: 0 };
        (0..NUMBERS).for_each(|i| link.covariance[i][i] = link.variance_max(i));
        link
    }
}

impl LinkEstimator {
    /// Returns an estimator for a link with a known time per byte.
    pub(super) fn of(byte_ns: f32) -> Self {
        let mut link = Self::default();
        let (least, most) = RANGES[MEGABYTE];
        link.means[MEGABYTE] = f64::from(byte_ns).clamp(least, most);
        link.covariance[MEGABYTE][MEGABYTE] = link.variance_max(MEGABYTE);
        link
    }

    /// Returns nanoseconds per byte.
    pub(super) fn byte_ns(&self) -> f32 {
        single(self.means[MEGABYTE])
    }

    /// Updates the estimate with an update of `bytes` bytes that took `took_ns` from its first byte to its
    /// acknowledgement, without coding.
    pub(super) fn took(&mut self, bytes: usize, took_ns: f32) {
        let parts = [1.0, megabytes(bytes)];
        self.predict();
        let innovation_ms = f64::from(took_ns) / 1e6
            - self.means.iter().zip(parts).map(|(mean, part)| mean * part).sum::<f64>();
        self.count_outliers(innovation_ms, parts);
        let most = GATE_DEVIATIONS * self.variance(parts).sqrt();
        self.update(parts, innovation_ms.clamp(-most, most));
    }

    /// Variance of the duration of an update with these parts.
    fn variance(&self, parts: [f64; NUMBERS]) -> f64 {
        let shares = self.shares(parts);
        shares.iter().zip(parts).map(|(share, part)| share * part).sum::<f64>() + CHANCE_MS.powi(2)
    }

    /// Contribution of each number to that variance, per unit.
    fn shares(&self, parts: [f64; NUMBERS]) -> [f64; NUMBERS] {
        self.covariance.map(|row| row.iter().zip(parts).map(|(with, part)| with * part).sum())
    }

    fn count_outliers(&mut self, innovation_ms: f64, parts: [f64; NUMBERS]) {
        if innovation_ms.powi(2) > GATE_DEVIATIONS.powi(2) * self.variance(parts) {
            self.outliers += 1;
        } else if parts[MEGABYTE] > MEGABYTES_MIN {
            self.outliers = 0;
        }
        if self.outliers == OUTLIERS_MAX {
            self.outliers = 0;
            self.covariance = [[0.0; NUMBERS]; NUMBERS];
            (0..NUMBERS).for_each(|i| self.covariance[i][i] = UNCERTAINTY_OF_ANOTHER[i].powi(2));
        }
    }

    fn update(&mut self, parts: [f64; NUMBERS], innovation_ms: f64) {
        let (shares, variance) = (self.shares(parts), self.variance(parts));
        for i in 0..NUMBERS {
            let mean = self.means[i] + shares[i] / variance * innovation_ms;
            self.means[i] = mean.clamp(RANGES[i].0, RANGES[i].1);
            for (with, share) in self.covariance[i].iter_mut().zip(shares) {
                *with -= shares[i] * share / variance;
            }
            self.covariance[i][i] = self.covariance[i][i].max(VARIANCE_MIN);
        }
    }

    /// Adds the process noise since the previous update.
    fn predict(&mut self) {
        for (i, drift) in DRIFT.into_iter().enumerate() {
            let most = self.variance_max(i);
            let grown = self.covariance[i][i] + most * drift.powi(2);
            // A bounded number's ties to the others shrink with it, so that all still belong together.
            let shrink = (most / grown).min(1.0).sqrt();
            self.covariance[i][i] = grown;
            for j in 0..NUMBERS {
                self.covariance[i][j] *= shrink;
                self.covariance[j][i] *= shrink;
            }
        }
    }

    fn variance_max(&self, i: usize) -> f64 {
        let (share, more) = UNCERTAINTY[i];
        (share * self.means[i] + more).powi(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::cost::Count;

    /// Estimator after repeated updates of these sizes on a link with this time per byte.
    fn settled(byte_ns: f32, sizes: &[usize]) -> LinkEstimator {
        let mut link = LinkEstimator::default();
        for bytes in sizes.iter().cycle().take(300) {
            link.took(*bytes, 400_000.0 + bytes.estimate() * byte_ns);
        }
        link
    }

    /// Late as browsers are, in milliseconds: the same in each run.
    fn late_ms(round: usize) -> f32 {
        [0.1, 0.2, 3.0, 0.4, 0.3, 1.5, 0.2, 0.9, 2.1, 0.0, 0.5][round % 11]
    }

    #[test]
    fn it_finds_fast_and_slow_pipes() {
        for byte_ns in [0.7, 2.5, 8.0, 80.0] {
            let found = settled(byte_ns, &[500, 200_000, 8_000_000]).byte_ns();
            assert!((found / byte_ns - 1.0).abs() < 0.1, "{found} for {byte_ns}");
        }
    }

    #[test]
    fn a_pipe_that_became_slow_is_noticed_within_a_second_of_typing() {
        let mut link = LinkEstimator::default();
        (0..50).for_each(|_| link.took(8_000_000, 6e6));
        for round in 0..25 {
            let bytes = 20_000 + round * 7919 % 130_000;
            link.took(bytes, 5e5 + bytes.estimate() * 80.0);
        }
        assert!(link.byte_ns() > 30.0, "{}", link.byte_ns());
    }

    #[test]
    fn one_pause_changes_little() {
        let mut link = LinkEstimator::default();
        (0..50).for_each(|_| link.took(8_000_000, 6e6));
        let before = link.byte_ns();
        link.took(40_000, 3e9);
        assert!(link.byte_ns() < before * 2.0);
    }

    #[test]
    fn updates_that_are_late_by_chance_do_not_make_the_pipe_slow() {
        let mut link = LinkEstimator::default();
        (0..50).for_each(|round| link.took(4_000_000, (1.0 + late_ms(round) + 4.0 * 0.7) * 1e6));
        for round in 0..200 {
            link.took(100_000, (1.0 + late_ms(round) + 0.1 * 0.7) * 1e6);
            assert!((0.3..1.6).contains(&link.byte_ns()), "{} after {round}", link.byte_ns());
        }
    }

    #[test]
    fn now_and_then_a_large_update_is_enough() {
        let mut link = LinkEstimator::default();
        for round in 0..3000 {
            let bytes = if round % 200 == 50 { 4_000_000 } else { 100_000 };
            link.took(bytes, (1.0 + late_ms(round)) * 1e6 + bytes.estimate() * 0.7);
            assert!(round < 100 || (0.3..1.6).contains(&link.byte_ns()), "{} after {round}", link.byte_ns());
        }
    }

    #[test]
    fn it_stays_a_filter_whatever_comes() {
        let mut link = LinkEstimator::default();
        let mut state = 1_u32;
        for _ in 0..100_000 {
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8).estimate() / (1_u32 << 24).estimate()
            };
            let (size, took) = (next().powi(8) * 60e6, next().powi(6) * 4e9);
            link.took(Count::whole(size), took);
            for (i, (least, most)) in RANGES.into_iter().enumerate() {
                assert!((least..=most).contains(&link.means[i]) && link.covariance[i][i] >= 0.0, "{link:?}");
            }
        }
    }
}
