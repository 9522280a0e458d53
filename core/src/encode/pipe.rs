//! How fast a viewer's pipe is, from how long its updates took: a Kalman filter of three numbers.
//!
//! An update takes something however small it is, something for each byte, and something for each moment that coding took at
//! both ends: less than that moment where coding goes on while bytes travel, more where it keeps other things waiting.

/// Numbers that are estimated.
const NUMBERS: usize = 3;
/// Milliseconds for any update come first; then those for a megabyte, as many as nanoseconds for a byte; then those for one
/// of coding.
const MEGABYTE: usize = 1;
const CODING: usize = 2;

/// What one pipe takes for an update.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pipe {
    means: [f64; NUMBERS],
    /// How uncertain they are, and how they hang together.
    covariance: [[f64; NUMBERS]; NUMBERS],
    /// Updates in a row that were not as expected.
    surprises: u32,
}

/// Assumed until measured: wake-ups at both ends, 4 Gbit/s, coding at its own price.
const AT_FIRST: [f64; NUMBERS] = [0.5, 2.0, 1.0];
/// Where they can be: from what memory takes down to 10 Mbit/s.
const RANGES: [(f64, f64); NUMBERS] = [(0.0, 50.0), (0.05, 800.0), (0.3, 3.0)];
/// How uncertain each comes to be at most: a share of it, and so much more.
const UNCERTAINTY: [(f64, f64); NUMBERS] = [(0.25, 0.2), (0.6, 0.0), (0.0, 0.5)];
/// How uncertain each is when the pipe is another than it was, as when a tunnel or a throttle came in between.
const UNCERTAINTY_OF_ANOTHER: [f64; NUMBERS] = [1.0, 100.0, 0.3];
/// An update that is off by more standard deviations is a surprise: a pause of the browser, and counted as no more than that.
/// So many in a row mean that the pipe is another.
const SURPRISE: f64 = 3.0;
const SURPRISES_MAX: u32 = 3;
/// A smaller update that is as expected tells nothing of the pipe.
const MEGABYTES_MIN: f64 = 0.005;
/// Rounding never makes a number certain.
const VARIANCE_MIN: f64 = 1e-6;
/// How far each wanders from one update to the next, as a share of its uncertainty at most.
const DRIFT: [f64; NUMBERS] = [0.1, 0.17, 0.05];
/// What chance adds to the time of an update.
const CHANCE_MS: f64 = 0.7;

impl Default for Pipe {
    fn default() -> Self {
        let mut pipe = Self { means: AT_FIRST, covariance: [[0.0; NUMBERS]; NUMBERS], surprises: 0 };
        (0..NUMBERS).for_each(|i| pipe.covariance[i][i] = pipe.variance_max(i));
        pipe
    }
}

impl Pipe {
    /// Nanoseconds that one byte takes.
    pub(super) fn byte_ns(&self) -> f32 {
        self.means[MEGABYTE] as f32
    }

    /// By how much an update takes longer for each moment of coding.
    pub(super) fn coding(&self) -> f32 {
        self.means[CODING] as f32
    }

    /// An update of so many bytes took so long from its first byte to its acknowledgement, of which both ends spent some on
    /// coding, perhaps at the same time.
    pub(super) fn took(&mut self, bytes: usize, coding_ns: f32, took_ns: f32) {
        let parts = [1.0, bytes as f64 / 1e6, f64::from(coding_ns) / 1e6];
        self.wander();
        let off_ms = f64::from(took_ns) / 1e6
            - self.means.iter().zip(parts).map(|(mean, part)| mean * part).sum::<f64>();
        self.count_surprise(off_ms, parts);
        let most = SURPRISE * self.variance(parts).sqrt();
        self.learn(parts, off_ms.clamp(-most, most));
    }

    /// How uncertain the time of an update of these parts is.
    fn variance(&self, parts: [f64; NUMBERS]) -> f64 {
        let shares = self.shares(parts);
        shares.iter().zip(parts).map(|(share, part)| share * part).sum::<f64>() + CHANCE_MS.powi(2)
    }

    /// What each number adds to that, for each of its units.
    fn shares(&self, parts: [f64; NUMBERS]) -> [f64; NUMBERS] {
        self.covariance.map(|row| row.iter().zip(parts).map(|(with, part)| with * part).sum())
    }

    fn count_surprise(&mut self, off_ms: f64, parts: [f64; NUMBERS]) {
        if off_ms.powi(2) > SURPRISE.powi(2) * self.variance(parts) {
            self.surprises += 1;
        } else if parts[MEGABYTE] > MEGABYTES_MIN {
            self.surprises = 0;
        }
        if self.surprises == SURPRISES_MAX {
            self.surprises = 0;
            self.covariance = [[0.0; NUMBERS]; NUMBERS];
            (0..NUMBERS).for_each(|i| self.covariance[i][i] = UNCERTAINTY_OF_ANOTHER[i].powi(2));
        }
    }

    fn learn(&mut self, parts: [f64; NUMBERS], off_ms: f64) {
        let (shares, variance) = (self.shares(parts), self.variance(parts));
        for i in 0..NUMBERS {
            let mean = self.means[i] + shares[i] / variance * off_ms;
            self.means[i] = mean.clamp(RANGES[i].0, RANGES[i].1);
            for (with, share) in self.covariance[i].iter_mut().zip(shares) {
                *with -= shares[i] * share / variance;
            }
            self.covariance[i][i] = self.covariance[i][i].max(VARIANCE_MIN);
        }
    }

    /// All may have changed since the update before.
    fn wander(&mut self) {
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

    /// Updates of these sizes and times of coding, over and over, on a pipe of so much for a byte and so much for coding.
    fn settled(byte_ns: f32, coding: f32, updates: &[(usize, f32)]) -> Pipe {
        let mut pipe = Pipe::default();
        for (bytes, coding_ns) in updates.iter().cycle().take(300) {
            pipe.took(*bytes, *coding_ns, 400_000.0 + *bytes as f32 * byte_ns + coding_ns * coding);
        }
        pipe
    }

    fn assert_near(found: f32, expected: f32) {
        assert!((found / expected - 1.0).abs() < 0.1, "{found} for {expected}");
    }

    #[test]
    fn it_finds_fast_and_slow_pipes() {
        for byte_ns in [0.7, 2.5, 8.0, 80.0] {
            let pipe = settled(byte_ns, 1.0, &[(500, 0.0), (200_000, 0.0), (8_000_000, 0.0)]);
            assert_near(pipe.byte_ns(), byte_ns);
        }
    }

    #[test]
    fn it_finds_how_coding_adds_to_an_update() {
        for coding in [0.5, 1.5] {
            let pipe =
                settled(0.7, coding, &[(500, 0.0), (90_000, 2.5e6), (90_000, 2.4e6), (8_000_000, 0.0)]);
            assert_near(pipe.byte_ns(), 0.7);
            assert_near(pipe.coding(), coding);
        }
    }

    #[test]
    fn a_pipe_that_became_slow_is_noticed_within_a_second_of_typing() {
        let mut pipe = Pipe::default();
        (0..50).for_each(|_| pipe.took(8_000_000, 0.0, 6e6));
        for turn in 0..25 {
            let bytes = 20_000 + turn * 7919 % 130_000;
            pipe.took(bytes, 0.0, 5e5 + bytes as f32 * 80.0);
        }
        assert!(pipe.byte_ns() > 30.0, "{}", pipe.byte_ns());
    }

    #[test]
    fn one_pause_changes_little() {
        let mut pipe = Pipe::default();
        (0..50).for_each(|_| pipe.took(8_000_000, 0.0, 6e6));
        let before = pipe.byte_ns();
        pipe.took(40_000, 0.0, 3e9);
        assert!(pipe.byte_ns() < before * 2.0);
    }

    #[test]
    fn updates_that_are_late_by_chance_do_not_make_the_pipe_slow() {
        let mut pipe = Pipe::default();
        for turn in 0..1000_u32 {
            let late = [0.1, 0.2, 3.0, 0.4, 0.3, 1.5, 0.2][turn as usize % 7] * 1e6;
            pipe.took(15_000, 0.0, 1e6 + late + 15_000.0);
        }
        assert!(pipe.byte_ns() < 10.0, "{}", pipe.byte_ns());
    }

    #[test]
    fn it_stays_a_filter_whatever_comes() {
        let mut pipe = Pipe::default();
        let mut state = 1_u32;
        for _ in 0..100_000 {
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 24) as f32
            };
            let (size, coding, took) = (next().powi(8) * 60e6, next().powi(4) * 30e6, next().powi(6) * 4e9);
            pipe.took(size as usize, coding, took);
            for (i, (least, most)) in RANGES.into_iter().enumerate() {
                assert!((least..=most).contains(&pipe.means[i]) && pipe.covariance[i][i] >= 0.0, "{pipe:?}");
            }
        }
    }
}
