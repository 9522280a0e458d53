//! Search for a film's final frame: where no frame begins at a time or after it, the final one stays.

use std::time::Duration;

use crate::frame_reader::DecodedFrame;
use crate::seek::SeekPoint;
use crate::stream::Pts;

/// Where no frame begins at a time, one is searched for so much earlier, and ten times as much from then on.
const FIRST_STEP_BACK: Duration = Duration::from_secs(10);

/// Search for a film's final frame.
pub(crate) struct FinalFrameSearch {
    /// Time at which the film goes on.
    to: Duration,
    /// How much earlier the next try begins.
    step_back: Duration,
    /// The last frame that came so far.
    found: Option<DecodedFrame>,
}

impl FinalFrameSearch {
    pub(crate) fn new(to: Duration) -> Self {
        Self { to, step_back: Duration::ZERO, found: None }
    }

    /// Returns where the next try begins.
    pub(crate) fn next_try(&mut self) -> SeekPoint {
        let from = self.to.saturating_sub(self.step_back);
        self.step_back = (self.step_back * 10).max(FIRST_STEP_BACK);
        if from.is_zero() { SeekPoint::Accurate(from) } else { SeekPoint::Keyframe(from) }
    }

    /// Takes a frame. Returns the previous one.
    pub(crate) fn note(&mut self, frame: DecodedFrame) -> Option<DecodedFrame> {
        self.found.replace(frame)
    }

    /// Returns whether a frame was found so far.
    pub(crate) fn has_found(&self) -> bool {
        self.found.is_some()
    }

    /// Returns the frame that was found: it is shown at the time that was asked for.
    pub(crate) fn finish(self) -> Option<DecodedFrame> {
        let at = Pts::at(self.to);
        self.found.map(|found| DecodedFrame { pts: found.pts.map(|pts| pts.max(at)), ..found })
    }
}
