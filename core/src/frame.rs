//! One published image: the pixels of a [`FrameBuffer`], when they were captured, and in which frame each tile last
//! changed.
//!
//! Invariant: rows that have arrived are immutable. A frame may be published before its lower rows have arrived
//! ([`LateRows`](crate::source::LateRows)); [`Stamps::rows`] tells which may be read.

use std::ops::Deref;

use crate::encode::cache::EncodeCache;
use crate::frame_buffer::FrameBuffer;
use crate::stamps::Stamps;
use crate::time::{Micros, Pts};

/// A published image. It is shared as `Arc<Frame>`, and returns to its pool when nobody else holds it.
///
/// Its layout, size, presentation time and pixels are those of its [`FrameBuffer`].
#[derive(Debug)]
pub struct Frame {
    buffer: FrameBuffer,
    /// Number among the source's published frames, from 1; 0 where the buffer's content is unknown.
    pub(crate) seq: u32,
    captured_at: Micros,
    /// For each tile the frame in which it last changed; see [`stage`](crate::stage).
    pub(crate) stamps: Stamps,
    /// Encoded rectangles, shared by all viewers.
    pub(crate) encode_cache: EncodeCache,
}

impl Frame {
    /// Returns a frame whose buffer was never captured into.
    pub fn new(buffer: FrameBuffer) -> Self {
        let encode_cache = EncodeCache::new(buffer.cells());
        Self { buffer, seq: 0, captured_at: Micros::ZERO, stamps: Stamps::default(), encode_cache }
    }

    /// Number among the source's published frames, from 1.
    pub fn seq(&self) -> u32 {
        self.seq
    }

    /// When the capture began, on the pipeline's clock.
    pub fn captured_at(&self) -> Micros {
        self.captured_at
    }

    /// Begins a new capture, and returns the buffer for the source.
    pub fn begin_capture(&mut self, now: Micros) -> &mut FrameBuffer {
        self.captured_at = now;
        self.encode_cache.clear();
        self.buffer.set_pts(None);
        &mut self.buffer
    }

    /// Takes over the number and the times of a frame that another process published, whose pixels the buffer holds.
    pub fn take_over(&mut self, seq: u32, captured_at: Micros, pts: Option<Pts>) {
        self.seq = seq;
        self.begin_capture(captured_at).set_pts(pts);
    }

    /// Marks the content as unknown, after a capture that failed.
    pub fn invalidate(&mut self) {
        self.seq = 0;
    }
}

impl Deref for Frame {
    type Target = FrameBuffer;

    fn deref(&self) -> &FrameBuffer {
        &self.buffer
    }
}
