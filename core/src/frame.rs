//! One image and when it was taken: its pixels are immutable once published, its memory is from a
//! [`FramePool`](crate::pool::FramePool).

use std::any::Any;

use lanstream_codec::planar::Planar;

use crate::encode::cache::EncodeCache;
use crate::geometry::{SIDE_MAX, Size};
use crate::stamps::Stamps;
use crate::time::{Micros, Pts};

/// What a frame's bytes mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PixelFormat {
    /// Each pixel as blue, green, red, unused: what X11, Windows and macOS hand out.
    Bgrx8,
    /// Each pixel as red, green, blue, unused: what a canvas takes.
    Rgbx8,
    /// One block of planes: what decoders of video hand out. Viewers take it as it is.
    Planar(Planar),
}

/// Bytes of a cell, in which frames are compared and sent: a pixel, or where pixels lie in planes four bytes of their block.
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
    /// Bytes from one row of cells to the next, a multiple of four and at least what a row takes.
    pub stride: usize,
    /// What its bytes mean.
    pub format: PixelFormat,
}

impl Layout {
    /// Rows without a gap between them.
    pub fn packed(size: Size, format: PixelFormat) -> Self {
        Self { size, stride: size.width as usize * PIXEL_BYTES, format }
    }

    /// A block of planes, which ends where its last row of cells does. Returns `None` if it has more rows than can be told.
    pub fn planar(size: Size, planar: Planar) -> Option<Self> {
        let cells = cells(size, planar)?;
        Some(Self { size, stride: cells.width as usize * PIXEL_BYTES, format: PixelFormat::Planar(planar) })
    }

    /// Cells in a row, and their rows: the picture's size, unless it lies in planes.
    pub fn cells(&self) -> Size {
        match self.format {
            PixelFormat::Bgrx8 | PixelFormat::Rgbx8 => self.size,
            // Only a layout that no one could make has none.
            PixelFormat::Planar(planar) => cells(self.size, planar).unwrap_or(self.size),
        }
    }

    /// Bytes that the rows take.
    pub fn bytes(&self) -> usize {
        self.stride * self.cells().height as usize
    }
}

/// In what cells a block of planes is compared and sent: a row of them is a row of luma, or several where there were too many.
pub fn cells(size: Size, planar: Planar) -> Option<Size> {
    let row = (size.width as usize * planar.depth.bytes()).div_ceil(PIXEL_BYTES);
    let cells = planar.bytes(size.width as usize, size.height as usize).div_ceil(PIXEL_BYTES);
    let width = row * cells.div_ceil(row * SIDE_MAX as usize);
    Size::new(u32::try_from(width).ok()?, u32::try_from(cells.div_ceil(width)).ok()?)
}

/// One image.
pub struct Frame {
    /// Counts published frames of one source from 1. A pool buffer that was never written has 0.
    pub(crate) seq: u32,
    /// When its pixels were read.
    pub(crate) captured_at: Micros,
    /// When it must be shown, by its stream's own clock.
    pub(crate) pts: Option<Pts>,
    /// For each tile the frame in which it last changed; see [`stage`](crate::stage).
    pub(crate) stamps: Stamps,
    /// What of it was encoded for viewers.
    pub(crate) encode_cache: EncodeCache,
    layout: Layout,
    memory: Box<dyn PixelMemory>,
}

impl Frame {
    /// A frame of `memory`, or `None` if that is shorter than the layout says or the stride shorter than a row.
    pub fn new(layout: Layout, memory: Box<dyn PixelMemory>) -> Option<Self> {
        let row = layout.cells().width as usize * PIXEL_BYTES;
        let fits = layout.stride >= row
            && layout.stride.is_multiple_of(PIXEL_BYTES)
            && memory.bytes().len() >= layout.bytes();
        fits.then(|| Self {
            seq: 0,
            captured_at: Micros::ZERO,
            pts: None,
            stamps: Stamps::default(),
            encode_cache: EncodeCache::new(layout.cells()),
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

    /// Width and height in pixels.
    pub fn size(&self) -> Size {
        self.layout.size
    }

    /// Cells in a row, and their rows.
    pub fn cells(&self) -> Size {
        self.layout.cells()
    }

    /// What its planes mean, where its pixels lie in planes.
    pub fn planar(&self) -> Option<Planar> {
        if let PixelFormat::Planar(planar) = self.layout.format { Some(planar) } else { None }
    }

    /// When it must be shown, by its stream's own clock.
    pub fn pts(&self) -> Option<Pts> {
        self.pts
    }

    /// Says when it must be shown, which no one knows of a new one: for the source that captures into it.
    pub fn set_pts(&mut self, pts: Option<Pts>) {
        self.pts = pts;
    }

    /// The bytes of `width` cells from column `x` of row `y`.
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
