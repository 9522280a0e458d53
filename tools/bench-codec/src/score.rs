//! How a coder did on some pixels: bytes and times, and what follows from them.

use std::iter::Sum;
use std::ops::Add;
use std::time::Duration;

/// Bytes of a raw pixel.
const PIXEL_BYTES: f64 = 4.0;
/// Shorter than any clock here can tell: what took no time must not come out as infinitely fast.
const TIME_MIN: Duration = Duration::from_nanos(1);

/// What was coded, into how much, how quickly. Scores of two parts add up to that of both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Score {
    pub(crate) pixels: usize,
    pub(crate) bytes: usize,
    pub(crate) encode: Duration,
    pub(crate) decode: Duration,
    pub(crate) groups: usize,
    /// Of these, those that stayed raw.
    pub(crate) groups_raw: usize,
}

#[expect(clippy::cast_precision_loss, reason = "a table has a few digits")]
impl Score {
    /// Bytes for each byte of the raw pixels.
    pub(crate) fn ratio(&self) -> f64 {
        self.bytes as f64 / (self.pixels as f64 * PIXEL_BYTES)
    }

    /// Megapixels a second.
    pub(crate) fn encode_mps(&self) -> f64 {
        self.mps(self.encode)
    }

    /// Megapixels a second.
    pub(crate) fn decode_mps(&self) -> f64 {
        self.mps(self.decode)
    }

    fn mps(&self, took: Duration) -> f64 {
        self.pixels as f64 / 1e6 / took.max(TIME_MIN).as_secs_f64()
    }
}

impl Add for Score {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            pixels: self.pixels + other.pixels,
            bytes: self.bytes + other.bytes,
            encode: self.encode + other.encode,
            decode: self.decode + other.decode,
            groups: self.groups + other.groups,
            groups_raw: self.groups_raw + other.groups_raw,
        }
    }
}

impl Sum for Score {
    fn sum<I: Iterator<Item = Self>>(scores: I) -> Self {
        scores.fold(Self::default(), Add::add)
    }
}

/// The score of taking the smallest code of each group, by a choice that costs nothing. `coders` have the same groups
/// in the same order; where two are as small, the first is taken.
pub(crate) fn best(coders: &[Vec<Score>]) -> Score {
    let groups = coders.iter().map(Vec::len).min().unwrap_or(0);
    let smallest = |group: usize| coders.iter().map(|scores| scores[group]).min_by_key(|score| score.bytes);
    (0..groups).filter_map(smallest).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(bytes: usize, encode_us: u64) -> Score {
        let (encode, decode) = (Duration::from_micros(encode_us), Duration::from_micros(50));
        Score { pixels: 1000, bytes, encode, decode, groups: 1, groups_raw: 0 }
    }

    #[test]
    fn ratio_and_speeds() {
        let score = score(1000, 100);
        assert_eq!(score.ratio(), 0.25);
        assert!((score.encode_mps() - 10.0).abs() < 1e-9);
        assert!((score.decode_mps() - 20.0).abs() < 1e-9);
    }

    #[test]
    fn no_time_is_no_infinite_speed() {
        let score = Score { encode: Duration::ZERO, ..score(1000, 0) };
        assert!(score.encode_mps().is_finite());
    }

    #[test]
    fn a_sum_weighs_groups_by_their_pixels_and_times() {
        let sum: Score = [score(100, 100), score(300, 300)].into_iter().sum();
        assert_eq!(sum, Score { pixels: 2000, bytes: 400, groups: 2, decode: sum.decode, ..score(0, 400) });
        assert_eq!(sum.ratio(), 0.05);
        assert!((sum.encode_mps() - 5.0).abs() < 1e-9);
    }

    #[test]
    fn best_takes_the_smallest_of_each_group_and_its_times() {
        let one = vec![score(10, 1), score(90, 2), score(5, 3)];
        let two = vec![score(20, 4), score(30, 5), score(5, 6)];
        let best = best(&[one, two]);
        assert_eq!((best.bytes, best.encode, best.groups), (45, Duration::from_micros(1 + 5 + 3), 3));
    }

    #[test]
    fn best_of_no_groups() {
        assert_eq!(best(&[]), Score::default());
    }
}
