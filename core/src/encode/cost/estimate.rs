//! Counts and durations as the `f32` that costs are estimated with, and counts made of estimates.
//!
//! The 24 bits of an `f32` are more than is known: the server's clock counts microseconds, and a browser blurs its own
//! to tenths of a millisecond.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "an estimate needs no more bits, and a count made of one is the nearest that there is"
)]

use std::time::Duration;

/// Number of pixels, edges or bytes.
pub(crate) trait Count {
    /// Returns the number as estimates are calculated with it.
    fn estimate(self) -> f32;

    /// Returns the whole part of an estimate: 0 where that is negative, and the largest number where it is beyond.
    fn whole(estimate: f32) -> Self;
}

macro_rules! count {
    ($($number:ty),+) => {$(
        impl Count for $number {
            fn estimate(self) -> f32 {
                self as f32
            }

            fn whole(estimate: f32) -> Self {
                estimate as Self
            }
        }
    )+};
}

count!(u32, u64, usize);

/// Returns the nanoseconds of a duration.
pub(crate) fn nanoseconds(duration: Duration) -> f32 {
    duration.as_nanos() as f32
}

/// Returns the millions of bytes, in the numbers that a link is estimated with.
pub(super) fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

/// Returns the estimate of a link as other costs are.
pub(super) fn single(estimate: f64) -> f32 {
    estimate as f32
}
