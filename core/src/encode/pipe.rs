//! How fast a viewer's pipe is, from how long its updates took: a Kalman filter of two numbers.
//!
//! An update takes something however small it is, and something for each byte. What both ends spent on coding is counted
//! apart, as if it went on while nothing travels: on a machine whose cores are busy that is nearly so.

/// Numbers that are estimated.
const NUMBERS: usize = 2;
/// Milliseconds for any update come first; then those for a megabyte, as many as nanoseconds for a byte.
const MEGABYTE: usize = 1;

/// What one pipe takes for an update.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pipe {
    means: [f64; NUMBERS],
    /// How uncertain they are, and how they hang together.
    covariance: [[f64; NUMBERS]; NUMBERS],
    /// Updates in a row that were not as expected.
    surprises: u32,
}

/// Assumed until measured: wake-ups at both ends, and 4 Gbit/s.
const AT_FIRST: [f64; NUMBERS] = [1.0, 2.0];
/// Where they can be: from what memory takes down to 10 Mbit/s.
const RANGES: [(f64, f64); NUMBERS] = [(0.0, 50.0), (0.1, 800.0)];
/// How uncertain each comes to be at most: a share of it, and so much more.
const UNCERTAINTY: [(f64, f64); NUMBERS] = [(0.3, 0.3), (0.6, 0.0)];
/// How uncertain each is when the pipe is another than it was, as when a tunnel or a throttle came in between.
const UNCERTAINTY_OF_ANOTHER: [f64; NUMBERS] = [1.0, 100.0];
/// An update that is off by more standard deviations is a surprise: a pause of the browser, and counted as no more than that.
/// So many in a row mean that the pipe is another.
const SURPRISE: f64 = 3.0;
const SURPRISES_MAX: u32 = 3;
/// A smaller update that is as expected tells nothing of the pipe.
const MEGABYTES_MIN: f64 = 0.005;
/// Rounding never makes a number certain.
const VARIANCE_MIN: f64 = 1e-6;
/// How far each wanders from one update to the next, as a share of its uncertainty at most: after some hundred that tell
/// nothing of it, it is as uncertain as it comes to be.
const DRIFT: [f64; NUMBERS] = [0.1, 0.05];
/// What chance adds to the time of an update: there are as many wake-ups on its way as programs.
const CHANCE_MS: f64 = 1.2;

impl Default for Pipe {
    fn default() -> Self {
        let mut pipe = Self { means: AT_FIRST, covariance: [[0.0; NUMBERS]; NUMBERS], surprises: 0 };
        (0..NUMBERS).for_each(|i| pipe.covariance[i][i] = pipe.variance_max(i));
        pipe
    }
}

impl Pipe {
    /// One on which a byte is known to take so long.
    pub(super) fn of(byte_ns: f32) -> Self {
        let mut pipe = Self::default();
        let (least, most) = RANGES[MEGABYTE];
        pipe.means[MEGABYTE] = f64::from(byte_ns).clamp(least, most);
        pipe.covariance[MEGABYTE][MEGABYTE] = pipe.variance_max(MEGABYTE);
        pipe
    }

    /// Nanoseconds that one byte takes.
    pub(super) fn byte_ns(&self) -> f32 {
        self.means[MEGABYTE] as f32
    }

    /// An update of so many bytes took so long from its first byte to its acknowledgement, coding left out.
    pub(super) fn took(&mut self, bytes: usize, took_ns: f32) {
        let parts = [1.0, bytes as f64 / 1e6];
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

    /// Updates of these sizes, over and over, on a pipe of so much for a byte.
    fn settled(byte_ns: f32, sizes: &[usize]) -> Pipe {
        let mut pipe = Pipe::default();
        for bytes in sizes.iter().cycle().take(300) {
            pipe.took(*bytes, 400_000.0 + *bytes as f32 * byte_ns);
        }
        pipe
    }

    /// Late as browsers are, in milliseconds: the same in each run.
    fn late_ms(turn: usize) -> f32 {
        [0.1, 0.2, 3.0, 0.4, 0.3, 1.5, 0.2, 0.9, 2.1, 0.0, 0.5][turn % 11]
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
        let mut pipe = Pipe::default();
        (0..50).for_each(|_| pipe.took(8_000_000, 6e6));
        for turn in 0..25 {
            let bytes = 20_000 + turn * 7919 % 130_000;
            pipe.took(bytes, 5e5 + bytes as f32 * 80.0);
        }
        assert!(pipe.byte_ns() > 30.0, "{}", pipe.byte_ns());
    }

    #[test]
    fn one_pause_changes_little() {
        let mut pipe = Pipe::default();
        (0..50).for_each(|_| pipe.took(8_000_000, 6e6));
        let before = pipe.byte_ns();
        pipe.took(40_000, 3e9);
        assert!(pipe.byte_ns() < before * 2.0);
    }

    #[test]
    fn updates_that_are_late_by_chance_do_not_make_the_pipe_slow() {
        let mut pipe = Pipe::default();
        (0..50).for_each(|turn| pipe.took(4_000_000, (1.0 + late_ms(turn) + 4.0 * 0.7) * 1e6));
        for turn in 0..200 {
            pipe.took(100_000, (1.0 + late_ms(turn) + 0.1 * 0.7) * 1e6);
            assert!((0.3..1.6).contains(&pipe.byte_ns()), "{} after {turn}", pipe.byte_ns());
        }
    }

    #[test]
    fn now_and_then_a_large_update_is_enough() {
        let mut pipe = Pipe::default();
        for turn in 0..3000 {
            let bytes = if turn % 200 == 50 { 4_000_000 } else { 100_000 };
            pipe.took(bytes, (1.0 + late_ms(turn)) * 1e6 + bytes as f32 * 0.7);
            assert!(turn < 100 || (0.3..1.6).contains(&pipe.byte_ns()), "{} after {turn}", pipe.byte_ns());
        }
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
            let (size, took) = (next().powi(8) * 60e6, next().powi(6) * 4e9);
            pipe.took(size as usize, took);
            for (i, (least, most)) in RANGES.into_iter().enumerate() {
                assert!((least..=most).contains(&pipe.means[i]) && pipe.covariance[i][i] >= 0.0, "{pipe:?}");
            }
        }
    }
}
