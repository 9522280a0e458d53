//! One image and when it was taken: its pixels are immutable once published, its memory is from a
//! [`FramePool`](crate::pool::FramePool).

use std::any::Any;

use crate::encode::shelf::Shelf;
use crate::geometry::Size;
use crate::stamps::Stamps;
use crate::time::Micros;

/// How a pixel's four bytes stand in memory, in address order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PixelFormat {
    /// Blue, green, red, unused: what X11, Windows and macOS hand out.
    Bgrx8,
    /// Red, green, blue, unused: what a canvas takes.
    Rgbx8,
}

/// Bytes of one pixel in every packed format.
pub const PIXEL_BYTES: usize = 4;

/// Memory that holds a frame's pixels: a heap block, shared memory, a plugin's buffer.
///
/// Its length stays for as long as it lives, and its place for as long as anybody but its source sees it: a source that
/// captures into it may exchange what is behind it for a block of the same length, instead of copying. `Any` lets the
/// source that allocated it find its own kind again.
pub trait PixelMemory: Any + Send + Sync {
    /// All bytes, rows of `stride` bytes from the top.
    fn bytes(&self) -> &[u8];
    /// The same, to be written by the one that holds the frame alone.
    fn bytes_mut(&mut self) -> &mut [u8];
}

impl PixelMemory for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        self
    }
}

/// How a frame's pixels lie in its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Width and height in pixels.
    pub size: Size,
    /// Bytes from one row to the next, a multiple of four and at least `size.width * 4`.
    pub stride: usize,
    /// What the four bytes of a pixel mean.
    pub format: PixelFormat,
}

impl Layout {
    /// Rows without a gap between them.
    pub fn packed(size: Size, format: PixelFormat) -> Self {
        Self { size, stride: size.width as usize * PIXEL_BYTES, format }
    }

    /// Bytes that the rows take.
    pub fn bytes(&self) -> usize {
        self.stride * self.size.height as usize
    }
}

/// One image.
pub struct Frame {
    /// Counts published frames of one source from 1. A pool buffer that was never written has 0.
    pub(crate) seq: u32,
    /// When its pixels were read.
    pub(crate) captured_at: Micros,
    /// For each tile the frame in which it last changed; see [`stage`](crate::stage).
    pub(crate) stamps: Stamps,
    /// What of it was encoded for viewers.
    pub(crate) shelf: Shelf,
    layout: Layout,
    memory: Box<dyn PixelMemory>,
}

impl Frame {
    /// A frame of `memory`, or `None` where that is shorter than the layout says or the stride shorter than a row.
    pub fn new(layout: Layout, memory: Box<dyn PixelMemory>) -> Option<Self> {
        let row = layout.size.width as usize * PIXEL_BYTES;
        let fits = layout.stride >= row
            && layout.stride.is_multiple_of(PIXEL_BYTES)
            && memory.bytes().len() >= layout.bytes();
        fits.then(|| Self {
            seq: 0,
            captured_at: Micros::ZERO,
            stamps: Stamps::default(),
            shelf: Shelf::new(layout.size),
            layout,
            memory,
        })
    }

    /// Its number among the source's published frames, from 1.
    pub fn seq(&self) -> u32 {
        self.seq
    }

    /// When its pixels were read, on the pipeline's clock.
    pub fn captured_at(&self) -> Micros {
        self.captured_at
    }

    /// How its pixels lie.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Width and height.
    pub fn size(&self) -> Size {
        self.layout.size
    }

    /// The bytes of `width` pixels from column `x` of row `y`.
    ///
    /// # Panics
    /// Where they lie outside of the frame.
    pub fn row(&self, x: u32, y: u32, width: u32) -> &[u8] {
        let start = y as usize * self.layout.stride + x as usize * PIXEL_BYTES;
        &self.memory.bytes()[start..start + width as usize * PIXEL_BYTES]
    }

    /// All bytes, rows of `layout().stride`.
    pub fn bytes(&self) -> &[u8] {
        self.memory.bytes()
    }

    /// The memory, for the source that allocated it.
    pub fn memory_mut(&mut self) -> &mut dyn PixelMemory {
        self.memory.as_mut()
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frame").field("seq", &self.seq).field("layout", &self.layout).finish_non_exhaustive()
    }
}
