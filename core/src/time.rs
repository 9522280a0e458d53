//! Time as core sees it: microseconds on one monotonic clock that its caller reads.

use std::time::Duration;

/// A moment, in microseconds since the pipeline's clock started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Micros(pub u64);

impl Micros {
    /// When the clock started.
    pub const ZERO: Self = Self(0);

    /// How long after `earlier` this is; zero where it is not after.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl std::ops::Add<Duration> for Micros {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0 + duration.as_micros() as u64)
    }
}

/// Reads the pipeline's clock. Whoever owns the threads passes it in; core itself only ever compares what it returns.
pub type Clock = fn() -> Micros;
