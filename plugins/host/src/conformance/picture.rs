//! Cells of captured frames, compared with each other and with regions.

use lanstream_core::Region;
use lanstream_core::{Layout, PIXEL_BYTES, PixelFormat};

/// Whether each cell of a frame belongs to something, row by row.
pub(super) struct Mask {
    width: usize,
    cells: Vec<bool>,
}

impl Mask {
    /// Returns the cells of `regions`.
    pub(super) fn of(layout: Layout, regions: &[&Region]) -> Self {
        let size = layout.cells();
        let (width, height) = (size.width as usize, size.height as usize);
        let mut cells = vec![false; width * height];
        for rect in regions.iter().flat_map(|region| region.rects()) {
            for row in rect.y..rect.y + rect.height {
                let start = row as usize * width + rect.x as usize;
                cells[start..start + rect.width as usize].fill(true);
            }
        }
        Self { width, cells }
    }

    /// Returns the first cell that is not in the mask and for which `differs` holds, as column and row.
    pub(super) fn first_outside(&self, differs: impl Fn(usize) -> bool) -> Option<(usize, usize)> {
        let index = (0..self.cells.len()).find(|index| !self.cells[*index] && differs(*index))?;
        Some((index % self.width, index / self.width))
    }
}

/// Returns the cells of a frame without what lies between rows. The byte of a packed pixel that means nothing is zero.
pub(super) fn cells(bytes: &[u8], layout: Layout) -> Vec<[u8; PIXEL_BYTES]> {
    let size = layout.cells();
    let is_packed = !matches!(layout.format, PixelFormat::Planar(_));
    let rows = bytes.chunks(layout.stride).take(size.height as usize);
    let cells = rows.flat_map(|row| row.as_chunks().0.iter().take(size.width as usize).copied());
    cells.map(|[a, b, c, unused]| [a, b, c, if is_packed { 0 } else { unused }]).collect()
}

/// Returns whether all bytes between rows are `poison`.
pub(super) fn is_padding_untouched(bytes: &[u8], layout: Layout, poison: u8) -> bool {
    let row = layout.cells().width as usize * PIXEL_BYTES;
    bytes.chunks(layout.stride).all(|whole| whole[row.min(whole.len())..].iter().all(|byte| *byte == poison))
}

#[cfg(test)]
mod tests {
    use lanstream_core::{Rect, Size};

    use super::*;

    const LAYOUT: Layout =
        Layout { size: Size { width: 3, height: 2 }, stride: 16, format: PixelFormat::Rgbx8 };

    #[test]
    fn a_cell_outside_of_a_region_is_found() {
        let region = Region::from(Rect { x: 1, y: 0, width: 2, height: 2 });
        let mask = Mask::of(LAYOUT, &[&region]);
        assert_eq!(mask.first_outside(|_| true), Some((0, 0)));
        assert_eq!(mask.first_outside(|index| index == 3), Some((0, 1)));
        assert_eq!(mask.first_outside(|index| index == 4), None);
    }

    #[test]
    fn padding_is_no_cell_and_the_unused_byte_does_not_count() {
        let mut bytes = vec![7; 32];
        assert!(is_padding_untouched(&bytes, LAYOUT, 7));
        assert_eq!(cells(&bytes, LAYOUT), [[7, 7, 7, 0]; 6]);
        bytes[31] = 8;
        assert!(!is_padding_untouched(&bytes, LAYOUT, 7));
    }
}
