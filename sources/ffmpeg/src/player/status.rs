//! Status of a stream for viewers, besides its frames: its name, how it differs from its source, and that nothing
//! comes.

use std::time::{Duration, Instant};

use lanstream_core::source::Description;

use crate::alterations::Alterations;
use crate::contents::Contents;
use crate::frame_info::FrameInfo;
use crate::frame_reader::DecodedFrame;
use crate::pixel::Pixels;

/// Time without a frame after which viewers learn that none comes.
pub(crate) const STALLED_AFTER: Duration = Duration::from_secs(5);

/// Status of a stream.
pub(crate) struct Status {
    /// Name, for people.
    name: String,
    alterations: Alterations,
    /// Whether the current status was reported.
    is_reported: bool,
    /// When the last frame came.
    frame_came_at: Instant,
    /// Whether no frame has come for too long.
    is_stalled: bool,
    /// Whether the last writer has left, and the next is awaited.
    has_no_writer: bool,
}

impl Status {
    /// Returns the status of a stream whose filters are given by the option `filter_option`.
    pub(crate) fn new(name: String, filter_option: &'static str) -> Self {
        Self {
            name,
            alterations: Alterations::new(filter_option),
            is_reported: true,
            frame_came_at: Instant::now(),
            is_stalled: false,
            has_no_writer: false,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the status as viewers see it.
    pub(crate) fn describe(&self) -> Description {
        let silent = self.is_stalled.then(|| format!("nothing has come for {} s", STALLED_AFTER.as_secs()));
        let stalled = self.has_no_writer.then(|| format!("nobody writes to {}", self.name)).or(silent);
        Description { name: self.name.clone(), stalled, alterations: self.alterations.said().to_vec() }
    }

    /// Returns whether it has changed since the last call.
    pub(crate) fn take_change(&mut self) -> bool {
        !std::mem::replace(&mut self.is_reported, true)
    }

    /// Adds a remark.
    pub(crate) fn remark(&mut self, phrase: String) {
        self.is_reported &= !self.alterations.add(phrase);
    }

    /// Adds what is known of all of a film.
    pub(crate) fn note_contents(&mut self, contents: &Contents) {
        self.alterations.note_contents(contents);
    }

    /// Adds what is known of a frame that is shown as `pixels`.
    pub(crate) fn note_info(&mut self, info: &FrameInfo, pixels: Pixels) {
        self.is_reported &= !self.alterations.note_picture(info, pixels);
    }

    /// Takes note of a frame that came.
    pub(crate) fn note_frame(&mut self, frame: &DecodedFrame, now: Instant) {
        self.frame_came_at = now;
        self.is_reported &= !std::mem::take(&mut self.has_no_writer);
        if frame.is_veiled {
            self.remark("what is seen through is shown over black".to_owned());
        }
    }

    /// Takes note that the last writer has left.
    pub(crate) fn note_writer_left(&mut self) {
        (self.has_no_writer, self.is_reported) = (true, false);
    }

    /// Returns when the last frame came.
    pub(crate) fn frame_came_at(&self) -> Instant {
        self.frame_came_at
    }

    pub(crate) fn is_stalled(&self) -> bool {
        self.is_stalled
    }

    pub(crate) fn set_stalled(&mut self, is_stalled: bool) {
        self.is_reported &= is_stalled == self.is_stalled;
        self.is_stalled = is_stalled;
    }
}
