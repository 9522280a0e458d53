//! Frame queue: the frame that is captured next, and the one after it.

use std::time::Instant;

use lanstream_core::Layout;

use crate::frame_reader::DecodedFrame;
use crate::pace::PlaybackClock;
use crate::stream::Pts;

/// The frames that are read and not captured yet.
#[derive(Default)]
pub(crate) struct FrameQueue {
    /// The frame to be captured next. It may not be due yet.
    ready: Option<DecodedFrame>,
    /// Whether `ready` was reported, which happens when it is due.
    is_reported: bool,
    /// A whole frame that came while `ready` waits for a viewer. It is not due yet, unless every frame is kept.
    after: Option<DecodedFrame>,
    /// Whether a frame waits until it is captured, although the next one is due.
    keeps_every: bool,
}

impl FrameQueue {
    /// Returns whether there is no frame.
    pub(crate) fn is_empty(&self) -> bool {
        self.ready.is_none() && self.after.is_none()
    }

    /// Returns whether there is room for a frame, where the previous one may be skipped if `reads_on`.
    pub(crate) fn has_room(&self, reads_on: bool) -> bool {
        self.after.is_none() && (self.ready.is_none() || reads_on)
    }

    /// Sets whether a frame waits until it is captured, although the next one is due.
    pub(crate) fn keep_every(&mut self, keeps_every: bool) {
        self.keeps_every = keeps_every;
    }

    /// Returns whether a frame waits until it is captured, although the next one is due.
    pub(crate) fn keeps_every(&self) -> bool {
        self.keeps_every
    }

    /// Appends a frame.
    pub(crate) fn push(&mut self, frame: DecodedFrame) {
        self.after = Some(frame);
    }

    /// Lets the second frame take the place of the first, where that was captured or the second is due. Returns the
    /// frame that was skipped, if one was.
    pub(crate) fn promote(&mut self, clock: &PlaybackClock, now: Instant) -> Option<DecodedFrame> {
        let pts = self.after.as_ref()?.pts;
        let takes_over = !self.keeps_every && clock.is_going() && clock.is_due(pts, now);
        if self.ready.is_some() && !takes_over {
            return None;
        }
        self.is_reported = false;
        std::mem::replace(&mut self.ready, self.after.take())
    }

    /// Reports the first frame, once, when it is due. Returns its layout.
    pub(crate) fn report(&mut self, clock: &PlaybackClock, now: Instant) -> Option<Layout> {
        let frame = self.ready.as_ref().filter(|_| !self.is_reported)?;
        if !clock.is_due(frame.pts, now) {
            return None;
        }
        self.is_reported = true;
        Some(frame.layout)
    }

    /// Returns when the next frame is due.
    pub(crate) fn due(&self, clock: &PlaybackClock) -> Option<Instant> {
        let ready = self.ready.as_ref().filter(|_| !self.is_reported).and_then(|frame| clock.due(frame.pts));
        let is_blocked = self.keeps_every && self.ready.is_some();
        let after = self.after.as_ref().filter(|_| !is_blocked).and_then(|frame| clock.due(frame.pts));
        [ready, after].into_iter().flatten().min()
    }

    /// Returns whether a frame was reported and not captured since.
    pub(crate) fn is_reported(&self) -> bool {
        self.is_reported
    }

    /// Returns the timestamp of the frame that was reported and not captured since: the stream waits for a viewer
    /// there.
    pub(crate) fn waiting(&self) -> Option<Pts> {
        self.ready.as_ref().filter(|_| self.is_reported).and_then(|frame| frame.pts)
    }

    /// Removes the frame that was reported.
    pub(crate) fn take_reported(&mut self) -> Option<DecodedFrame> {
        let frame = self.ready.take_if(|_| self.is_reported)?;
        self.is_reported = false;
        Some(frame)
    }

    /// Removes all frames.
    pub(crate) fn clear(&mut self) {
        *self = Self { keeps_every: self.keeps_every, ..Self::default() };
    }
}
