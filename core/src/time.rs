//! Time as core sees it: microseconds on one monotonic clock that its caller reads.

use std::time::Duration;

/// A moment, in microseconds since the pipeline's clock started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Micros(pub u64);

impl Micros {
    /// When the clock started.
    pub const ZERO: Self = Self(0);

    /// Returns the moment at which the clock has run for `duration`; the last one where it would run for longer.
    pub fn at(duration: Duration) -> Self {
        Self(micros(duration))
    }

    /// How long after `earlier` this is; zero where it is not after.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// Returns the microseconds since `earlier`, at most those of 71 minutes; 0 where it is not after.
    pub fn us_since(self, earlier: Self) -> u32 {
        u32::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(u32::MAX)
    }
}

impl std::ops::Add<Duration> for Micros {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }
}

/// Returns the microseconds of a duration; the most that there can be where it is longer than half a million years.
pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// When a picture must be shown, in microseconds on its stream's own clock. It may begin below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pts(pub i64);

impl Pts {
    /// Returns the moment `duration` after the stream's clock was zero.
    pub fn at(duration: Duration) -> Self {
        Self(0).after(duration)
    }

    /// Returns the moment `duration` after this one; the last one where there is none so late.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add_unsigned(micros(duration)))
    }

    /// Returns the time since the stream's clock was zero; zero where it is before.
    pub fn time(self) -> Duration {
        Duration::from_micros(self.0.max(0).unsigned_abs())
    }

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
        assert_eq!(Micros(5).us_since(Micros(7)), 0);
    }

    #[test]
    fn what_is_too_late_is_the_last_moment() {
        assert_eq!(Micros::at(Duration::MAX), Micros(u64::MAX));
        assert_eq!(Micros(u64::MAX) + Duration::from_micros(1), Micros(u64::MAX));
        assert_eq!(Micros(u64::MAX).us_since(Micros(5)), u32::MAX);
        assert_eq!(Pts(-5).after(Duration::from_micros(7)), Pts(2));
        assert_eq!(Pts(-5).after(Duration::MAX), Pts(i64::MAX));
    }

    #[test]
    fn a_stream_has_no_time_before_its_beginning() {
        assert_eq!(Pts::at(Duration::from_millis(3)).time(), Duration::from_millis(3));
        assert_eq!(Pts(-1).time(), Duration::ZERO);
    }
}
