//! Where the rows of a picture lie in the memory of a buffer, checked: what a desktop says of it is not trusted.

use std::ops::Range;

use lanstream_plugin::core::{PIXEL_BYTES, Size};

/// What a buffer says of the bytes in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// First byte, modulo the length of the memory.
    pub(crate) offset: u32,
    pub(crate) size: u32,
    /// Bytes from one row to the next; negative where they come from the bottom up.
    pub(crate) stride: i32,
    pub(crate) is_corrupted: bool,
}

/// Rows that lie within memory of a given length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rows {
    /// First byte of the lowest row in memory.
    start: usize,
    stride: usize,
    size: Size,
    is_bottom_up: bool,
}

/// Why a buffer has no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoPicture {
    /// It is there for what it says of the cursor.
    #[error("it has no pixels")]
    Empty,
    #[error("it is corrupted")]
    Corrupted,
    #[error("its rows are {0} bytes apart, which is less than they have")]
    Narrow(u32),
    #[error("it has {has} bytes, and a picture needs {needs}")]
    Short {
        /// Bytes that there are.
        has: usize,
        /// Bytes of the picture.
        needs: usize,
    },
}

impl Rows {
    /// Returns where the rows of a picture of `size` lie in memory of `len` bytes.
    pub(crate) fn find(chunk: Chunk, size: Size, len: usize) -> Result<Self, NoPicture> {
        if chunk.is_corrupted {
            return Err(NoPicture::Corrupted);
        }
        if chunk.size == 0 || len == 0 {
            return Err(NoPicture::Empty);
        }
        let row_bytes = size.width as usize * PIXEL_BYTES;
        let stride = if chunk.stride == 0 { row_bytes } else { chunk.stride.unsigned_abs() as usize };
        if stride < row_bytes {
            return Err(NoPicture::Narrow(chunk.stride.unsigned_abs()));
        }
        let start = chunk.offset as usize % len;
        let has = (chunk.size as usize).min(len - start);
        let needs = stride.saturating_mul(size.height as usize - 1).saturating_add(row_bytes);
        if needs > has {
            return Err(NoPicture::Short { has, needs });
        }
        Ok(Self { start, stride, size, is_bottom_up: chunk.stride < 0 })
    }

    /// Returns where `width` pixels from column `x` of row `y` on are in memory. The caller keeps to the picture.
    pub(crate) fn pixels(&self, x: u32, y: u32, width: u32) -> Range<usize> {
        let row = if self.is_bottom_up { self.size.height - 1 - y } else { y };
        let start = self.start + row as usize * self.stride + x as usize * PIXEL_BYTES;
        start..start + width as usize * PIXEL_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 3, height: 2 };

    fn find(offset: u32, size: u32, stride: i32, len: usize) -> Result<Rows, NoPicture> {
        Rows::find(Chunk { offset, size, stride, is_corrupted: false }, SIZE, len)
    }

    #[test]
    fn rows_may_be_padded_moved_and_upside_down() {
        let padded = find(8, 32, 16, 40).unwrap();
        assert_eq!((padded.pixels(0, 0, 3), padded.pixels(1, 1, 2)), (8..20, 28..36));
        let upside_down = find(0, 28, -16, 28).unwrap();
        assert_eq!((upside_down.pixels(0, 0, 3), upside_down.pixels(0, 1, 3)), (16..28, 0..12));
        assert_eq!(find(0, 24, 0, 24).unwrap().pixels(0, 1, 1), 12..16, "no stride is that of the row");
        assert_eq!(find(44, 24, 12, 40).unwrap().pixels(0, 0, 1), 4..8, "the offset is modulo the length");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(find(0, 0, 12, 100), Err(NoPicture::Empty));
        assert_eq!(find(0, 24, 12, 0), Err(NoPicture::Empty));
        assert_eq!(find(0, 24, 11, 100), Err(NoPicture::Narrow(11)));
        assert_eq!(find(0, 24, -11, 100), Err(NoPicture::Narrow(11)));
        assert_eq!(find(0, 23, 12, 100), Err(NoPicture::Short { has: 23, needs: 24 }));
        assert_eq!(find(80, 24, 12, 100), Err(NoPicture::Short { has: 20, needs: 24 }));
        assert!(matches!(find(0, u32::MAX, i32::MIN, 1 << 20), Err(NoPicture::Short { .. })));
        let corrupted = Chunk { size: 24, stride: 12, is_corrupted: true, ..Chunk::default() };
        assert_eq!(Rows::find(corrupted, SIZE, 100), Err(NoPicture::Corrupted));
    }

    #[test]
    fn every_pixel_lies_within_the_memory() {
        for stride in [0, 12, 13, 20, -12, -17] {
            for offset in [0, 1, 7, 50] {
                let Ok(rows) = find(offset, 60, stride, 47) else { continue };
                let (from, to) = (
                    (0..2).map(|y| rows.pixels(0, y, 3).start).min(),
                    (0..2).map(|y| rows.pixels(0, y, 3).end).max(),
                );
                assert!(from >= Some(offset as usize % 47) && to <= Some(47), "{stride} {offset}");
            }
        }
    }
}
