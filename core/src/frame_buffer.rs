//! The image that a source writes: how its pixels lie, and the memory that holds them.
//!
//! A [`FrameBuffer`] belongs to the source while it captures. What the pipeline publishes afterwards is a
//! [`Frame`](crate::frame::Frame), whose pixels nobody changes any more.

use std::any::Any;
use std::ops::Range;

use lanstream_codec::planar::Planar;

use crate::geometry::{SIDE_MAX, Size};
use crate::time::Pts;

/// Format of a frame's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PixelFormat {
    /// Each pixel as blue, green, red, unused: what X11, Windows and macOS hand out.
    Bgrx8,
    /// Each pixel as red, green, blue, unused: what a canvas takes.
    Rgbx8,
    /// One block of planes: what video decoders hand out. Viewers receive it unconverted.
    Planar(Planar),
}

/// Bytes of a cell, the unit in which frames are compared and sent: one packed pixel, or four bytes of a planar block.
pub const PIXEL_BYTES: usize = 4;

/// Memory that holds a frame's pixels: a heap block, shared memory, a plugin's buffer.
///
/// Its length is constant. Its address is constant while the frame is published.
pub trait PixelMemory: Any + Send + Sync {
    /// Length in bytes.
    fn byte_len(&self) -> usize;

    /// Bytes in `range`. A part that another thread or process still writes is not requested: see
    /// [`LateRows`](crate::source::LateRows).
    ///
    /// # Panics
    /// If `range` lies outside of the memory.
    fn bytes(&self, range: Range<usize>) -> &[u8];

    /// All bytes, for the source that captures into them. Nothing else reads or writes them meanwhile.
    fn bytes_mut(&mut self) -> &mut [u8];

    /// Replaces the first `pixels.len()` bytes by `pixels`, and returns a block of the same length to be used again.
    /// Heap memory of that length is exchanged instead of copied.
    ///
    /// # Panics
    /// If `pixels` is longer than the memory.
    fn exchange(&mut self, pixels: Vec<u8>) -> Vec<u8> {
        self.bytes_mut()[..pixels.len()].copy_from_slice(&pixels);
        pixels
    }

    /// Number by which the source that allocated the memory finds it again; 0 where it does not need to.
    fn id(&self) -> u64 {
        0
    }
}

impl PixelMemory for Vec<u8> {
    fn byte_len(&self) -> usize {
        self.len()
    }

    fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self[range]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        self
    }

    fn exchange(&mut self, pixels: Vec<u8>) -> Vec<u8> {
        if self.len() == pixels.len() {
            return std::mem::replace(self, pixels);
        }
        self[..pixels.len()].copy_from_slice(&pixels);
        pixels
    }
}

/// How a frame's pixels lie in its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Width and height in pixels.
    pub size: Size,
    /// Bytes from one row of cells to the next: a multiple of four, and not less than a row takes.
    pub stride: usize,
    /// Format of the bytes.
    pub format: PixelFormat,
}

impl Layout {
    /// Returns the layout of rows without gaps.
    pub fn packed(size: Size, format: PixelFormat) -> Self {
        Self { size, stride: size.width as usize * PIXEL_BYTES, format }
    }

    /// Returns the layout of a planar block, which ends with its last row of cells, or `None` if it has more rows than
    /// the protocol can express.
    pub fn planar(size: Size, planar: Planar) -> Option<Self> {
        let cells = cells(size, planar)?;
        Some(Self { size, stride: cells.width as usize * PIXEL_BYTES, format: PixelFormat::Planar(planar) })
    }

    /// Cells in a row, and rows of cells: the size in pixels, unless the format is planar.
    pub fn cells(&self) -> Size {
        match self.format {
            PixelFormat::Bgrx8 | PixelFormat::Rgbx8 => self.size,
            // `planar` makes no layout without a cell grid.
            PixelFormat::Planar(planar) => cells(self.size, planar).unwrap_or(self.size),
        }
    }

    /// Bytes of all rows.
    pub fn bytes(&self) -> usize {
        self.stride * self.cells().height as usize
    }
}

/// Returns the cell grid in which a planar block is compared and sent: one row of cells per row of luma, or wider rows
/// where those would be too many.
pub(crate) fn cells(size: Size, planar: Planar) -> Option<Size> {
    let row = (size.width as usize * planar.depth.bytes()).div_ceil(PIXEL_BYTES);
    let cells = planar.bytes(size.width as usize, size.height as usize).div_ceil(PIXEL_BYTES);
    let width = row * cells.div_ceil(row * SIDE_MAX as usize);
    Size::new(u32::try_from(width).ok()?, u32::try_from(cells.div_ceil(width)).ok()?)
}

/// An image that a source writes.
pub struct FrameBuffer {
    layout: Layout,
    memory: Box<dyn PixelMemory>,
    pts: Option<Pts>,
}

impl FrameBuffer {
    /// Returns a buffer of `memory`, or `None` if `memory` is shorter than the layout requires, or the stride shorter
    /// than a row.
    pub fn new(layout: Layout, memory: Box<dyn PixelMemory>) -> Option<Self> {
        let row = layout.cells().width as usize * PIXEL_BYTES;
        let fits = layout.stride >= row
            && layout.stride.is_multiple_of(PIXEL_BYTES)
            && memory.byte_len() >= layout.bytes();
        fits.then_some(Self { layout, memory, pts: None })
    }

    /// How the pixels lie.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Width and height in pixels.
    pub fn size(&self) -> Size {
        self.layout.size
    }

    /// Cells in a row, and rows of cells.
    pub fn cells(&self) -> Size {
        self.layout.cells()
    }

    /// Meaning of the planes, where the format is planar.
    pub fn planar(&self) -> Option<Planar> {
        if let PixelFormat::Planar(planar) = self.layout.format { Some(planar) } else { None }
    }

    /// Presentation time, on the stream's own clock.
    pub fn pts(&self) -> Option<Pts> {
        self.pts
    }

    /// Sets the presentation time. A buffer has none when a capture begins.
    pub fn set_pts(&mut self, pts: Option<Pts>) {
        self.pts = pts;
    }

    /// Bytes of `width` cells from column `x` of row `y`.
    ///
    /// # Panics
    /// If they lie outside of the image.
    pub fn row(&self, x: u32, y: u32, width: u32) -> &[u8] {
        let start = y as usize * self.layout.stride + x as usize * PIXEL_BYTES;
        self.memory.bytes(start..start + width as usize * PIXEL_BYTES)
    }

    /// Bytes of the rows of cells in `rows`, each of [`Layout::stride`] bytes.
    ///
    /// # Panics
    /// If they lie outside of the image.
    pub fn rows(&self, rows: Range<u32>) -> &[u8] {
        let stride = self.layout.stride;
        self.memory.bytes(rows.start as usize * stride..rows.end as usize * stride)
    }

    /// All bytes, in rows of [`Layout::stride`], to be written.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.memory.bytes_mut()
    }

    /// Replaces the pixels: see [`PixelMemory::exchange`].
    ///
    /// # Panics
    /// If `pixels` is longer than the memory.
    pub fn exchange(&mut self, pixels: Vec<u8>) -> Vec<u8> {
        self.memory.exchange(pixels)
    }

    /// Returns the memory as the type that the source allocated, or `None` if it is another.
    pub fn memory_mut<M: PixelMemory>(&mut self) -> Option<&mut M> {
        let memory: &mut dyn Any = self.memory.as_mut();
        memory.downcast_mut()
    }

    /// Number that the source gave to the memory: see [`PixelMemory::id`].
    pub fn memory_id(&self) -> u64 {
        self.memory.id()
    }
}

impl std::fmt::Debug for FrameBuffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FrameBuffer")
            .field("layout", &self.layout)
            .field("pts", &self.pts)
            .finish_non_exhaustive()
    }
}
