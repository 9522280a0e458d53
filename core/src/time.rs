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

/// When a picture must be shown, in microseconds on its stream's own clock. It may begin below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pts(pub i64);

impl Pts {
    /// How long after `earlier` it is. Returns `None` if it isn't.
    pub fn since(self, earlier: Self) -> Option<Duration> {
        self.0.checked_sub(earlier.0).and_then(|us| u64::try_from(us).ok()).map(Duration::from_micros)
    }
}

/// Reads the pipeline's clock. The owner of the threads passes it in; core itself only ever compares what it returns.
pub type Clock = fn() -> Micros;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_does_not_run_back() {
        assert_eq!(Pts(-3).since(Pts(-5)), Some(Duration::from_micros(2)));
        assert_eq!(Pts(-5).since(Pts(-3)), None);
        assert_eq!(Pts(i64::MAX).since(Pts(i64::MIN)), None);
    }
}
