//! Rows of pixels to draw on. Whatever lies outside of the picture is cut off.

use lanstream_core::{PIXEL_BYTES, Rect, Size};

/// A pixel as it stands in memory: red, green, blue, 255.
pub(crate) type Pixel = [u8; PIXEL_BYTES];

pub(crate) const BLACK: Pixel = [0, 0, 0, 255];
pub(crate) const WHITE: Pixel = [255, 255, 255, 255];

/// A picture being drawn.
pub(crate) struct Canvas<'a> {
    size: Size,
    stride: usize,
    bytes: &'a mut [u8],
}

impl<'a> Canvas<'a> {
    /// # Panics
    /// Where `bytes` is shorter than the picture or `stride` shorter than a row.
    pub(crate) fn new(size: Size, stride: usize, bytes: &'a mut [u8]) -> Self {
        assert!(stride >= size.width as usize * PIXEL_BYTES, "a stride holds a row");
        assert!(bytes.len() >= stride * size.height as usize, "the memory holds every row");
        Self { size, stride, bytes }
    }

    pub(crate) fn size(&self) -> Size {
        self.size
    }

    /// The pixels of row `y`, from the left.
    pub(crate) fn row(&mut self, y: u32) -> &mut [Pixel] {
        let start = y as usize * self.stride;
        let row = &mut self.bytes[start..start + self.size.width as usize * PIXEL_BYTES];
        row.as_chunks_mut().0
    }

    /// Every row with its number, from the top.
    pub(crate) fn rows(&mut self) -> impl Iterator<Item = (u32, &mut [Pixel])> {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let rows = self.bytes.chunks_mut(self.stride).take(height);
        (0..).zip(rows).map(move |(y, row)| (y, row[..width * PIXEL_BYTES].as_chunks_mut().0))
    }

    /// Fills the part of a rectangle that lies within the picture.
    pub(crate) fn fill(&mut self, x: i32, y: i32, width: u32, height: u32, pixel: Pixel) {
        let Some(rect) = Rect::clipped(x, y, width, height, self.size) else { return };
        for y in rect.y..rect.bottom() {
            self.row(y)[rect.x as usize..rect.right() as usize].fill(pixel);
        }
    }

    /// Fills the part of a disc that lies within the picture.
    pub(crate) fn disc(&mut self, x: i32, y: i32, radius: i32, pixel: Pixel) {
        for dy in -radius..=radius {
            let half = (radius * radius - dy * dy).isqrt();
            self.fill(x - half, y + dy, (2 * half + 1).unsigned_abs(), 1, pixel);
        }
    }
}
