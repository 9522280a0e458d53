//! Seek points: where FFmpeg begins to read a film, and how it gets there.

use std::time::Duration;

/// Where FFmpeg begins to read a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SeekPoint {
    /// The first frame at this time or after it.
    Accurate(Duration),
    /// The keyframe before this time, so that the film's last frame may be among what comes.
    Keyframe(Duration),
    /// The first frame at this time or after it, found by decoding all that comes before: for timestamps that repeat.
    DecodeTo(Duration),
}

impl SeekPoint {
    /// The beginning of a film.
    pub(crate) const START: Self = Self::Accurate(Duration::ZERO);

    /// Returns the time that timestamps from there on count from.
    pub(crate) fn origin(self) -> Duration {
        match self {
            Self::Accurate(time) | Self::DecodeTo(time) => time,
            // They are those of the film, since a container has none below zero.
            Self::Keyframe(_) => Duration::ZERO,
        }
    }

    /// Returns its time in the film.
    pub(crate) fn time(self) -> Duration {
        let (Self::Accurate(time) | Self::Keyframe(time) | Self::DecodeTo(time)) = self;
        time
    }
}
