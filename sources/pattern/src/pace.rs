//! Which frame is due when. Every deadline is counted from frame 0, so that nothing drifts.

use std::time::Duration;

use lanstream_core::source::{Error, ErrorKind};

/// Fewest frames a second.
pub const FPS_MIN: u32 = 1;
/// Most frames a second: the fastest displays that people have.
pub const FPS_MAX: u32 = 240;

const NANOS: u128 = Duration::from_secs(1).as_nanos();

/// A rate of whole frames a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameTimer {
    fps: u32,
}

impl FrameTimer {
    pub(crate) fn new(fps: u32) -> Result<Self, Error> {
        if (FPS_MIN..=FPS_MAX).contains(&fps) {
            return Ok(Self { fps });
        }
        let message = format!("{fps} frames a second is outside of {FPS_MIN} to {FPS_MAX}");
        Err(Error::new(ErrorKind::Unsupported, message))
    }

    /// The frame that is shown `elapsed` after frame 0.
    pub(crate) fn number_at(self, elapsed: Duration) -> u64 {
        u64::try_from(elapsed.as_nanos() * u128::from(self.fps) / NANOS).unwrap_or(u64::MAX)
    }

    /// The first moment at which frame `number` is shown, after frame 0.
    pub(crate) fn due(self, number: u64) -> Duration {
        let nanos = (u128::from(number) * NANOS).div_ceil(u128::from(self.fps));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_shown_from_its_deadline_on_and_not_a_nanosecond_earlier() {
        for fps in [1, 3, 7, 24, 60, 144, 240] {
            let pace = FrameTimer::new(fps).unwrap();
            for number in [1, 2, 59, 60, 61, 1_000_003, u64::from(u32::MAX) + 7] {
                assert_eq!(pace.number_at(pace.due(number)), number);
                assert_eq!(pace.number_at(pace.due(number) - Duration::from_nanos(1)), number - 1);
            }
        }
    }

    #[test]
    fn an_hour_has_an_hour_of_frames() {
        let pace = FrameTimer::new(60).unwrap();
        assert_eq!(pace.number_at(Duration::from_secs(3600)), 216_000);
    }

    #[test]
    fn a_rate_out_of_range_is_unsupported() {
        for fps in [0, FPS_MAX + 1, u32::MAX] {
            assert_eq!(FrameTimer::new(fps).unwrap_err().kind, ErrorKind::Unsupported);
        }
    }
}
