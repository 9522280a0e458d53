//! The frames of one source, used over and over: no allocation after the first few.
//!
//! A frame is free when no one but the pool holds it, which `Arc` already counts: no free list, no lock.

use std::sync::Arc;

use crate::frame::Frame;
use crate::frame_buffer::{FrameBuffer, Layout, PixelMemory};

/// Frames that a pool holds beyond those its viewers may hold: the current one, the one being written, and one that a
/// viewer is about to let go.
pub const FRAMES_SPARE: usize = 3;

/// Frames of one layout.
#[derive(Debug, Default)]
pub(crate) struct FramePool {
    frames: Vec<Arc<Frame>>,
    layout: Option<Layout>,
}

impl FramePool {
    /// The frame that was written last among those no one holds, so that least of it is out of date.
    ///
    /// Where none is free and fewer than `limit` exist, `allocate` makes one. Returns `None` if `limit` frames are
    /// held.
    ///
    /// # Errors
    /// What `allocate` returns.
    pub(crate) fn acquire<E>(
        &mut self,
        layout: Layout,
        limit: usize,
        allocate: impl FnOnce() -> Result<Box<dyn PixelMemory>, E>,
    ) -> Result<Option<&mut Arc<Frame>>, E> {
        if self.layout != Some(layout) {
            self.frames.clear();
            self.layout = Some(layout);
        }
        if let Some(index) = self.freshest_free() {
            return Ok(Some(&mut self.frames[index]));
        }
        if self.frames.len() >= limit {
            return Ok(None);
        }
        let buffer = FrameBuffer::new(layout, allocate()?);
        debug_assert!(buffer.is_some(), "a source allocates what its own layout says");
        self.frames.extend(buffer.map(Frame::new).map(Arc::new));
        Ok(self.frames.last_mut())
    }

    fn freshest_free(&mut self) -> Option<usize> {
        let mut freshest = None;
        for (index, frame) in self.frames.iter_mut().enumerate() {
            if let Some(frame) = Arc::get_mut(frame) {
                freshest = freshest.max(Some((frame.seq, index)));
            }
        }
        freshest.map(|(_, index)| index)
    }
}
