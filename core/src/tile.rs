//! The grid of small cells in which changes are found: which tiles a rectangle touches, whether one differs.

use std::ops::Range;

use crate::frame::Frame;
use crate::frame_buffer::PIXEL_BYTES;
use crate::geometry::{Rect, Size};

/// Pixels in a tile's row. With [`HEIGHT`] the measured best of 32x8 to 64x64: fine enough to leave out the blank parts
/// of text, coarse enough that a viewer paints few patches.
pub(crate) const WIDTH: u32 = 32;
/// Rows in a tile: about one line of text.
pub(crate) const HEIGHT: u32 = 16;

/// How a picture is cut into tiles; those at the right and bottom edge may be smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    size: Size,
}

impl Grid {
    /// The grid of a picture.
    pub(crate) fn new(size: Size) -> Self {
        Self { size }
    }

    /// Tiles in a row.
    pub(crate) fn columns(self) -> u32 {
        self.size.width.div_ceil(WIDTH)
    }

    /// Rows of tiles.
    pub(crate) fn rows(self) -> u32 {
        self.size.height.div_ceil(HEIGHT)
    }

    /// Number of tiles.
    pub(crate) fn tiles(self) -> usize {
        self.columns() as usize * self.rows() as usize
    }

    /// Where the tile stands in an array of all, row by row.
    pub(crate) fn index(self, column: u32, row: u32) -> usize {
        row as usize * self.columns() as usize + column as usize
    }

    /// The pixels of a tile.
    pub(crate) fn rect(self, column: u32, row: u32) -> Rect {
        let (x, y) = (column * WIDTH, row * HEIGHT);
        Rect { x, y, width: WIDTH.min(self.size.width - x), height: HEIGHT.min(self.size.height - y) }
    }

    /// Columns and rows of the tiles that `rect` touches.
    pub(crate) fn span(self, rect: Rect) -> (Range<u32>, Range<u32>) {
        let columns = rect.x / WIDTH..rect.right().div_ceil(WIDTH).min(self.columns());
        let rows = rect.y / HEIGHT..rect.bottom().div_ceil(HEIGHT).min(self.rows());
        (columns, rows)
    }
}

/// Sets `differing`, one flag a column, where two frames of one layout differ in the tiles of one row.
///
/// It goes along the rows of pixels, as they lie in memory, rather than tile by tile: that is what the processor
/// fetches ahead.
pub(crate) fn mark_differing(
    a: &Frame,
    b: &Frame,
    grid: Grid,
    row: u32,
    columns: Range<u32>,
    differing: &mut [bool],
) {
    let rect = grid.rect(columns.start, row).bounding(grid.rect(columns.end - 1, row));
    for y in rect.y..rect.bottom() {
        let (a, b) = (a.row(rect.x, y, rect.width), b.row(rect.x, y, rect.width));
        let tiles = a.chunks(WIDTH as usize * PIXEL_BYTES).zip(b.chunks(WIDTH as usize * PIXEL_BYTES));
        for ((a, b), differs) in tiles.zip(&mut *differing) {
            *differs = *differs || a != b;
        }
    }
}

/// The four bytes of the one pixel value that fills `rect`, or `None` if there are several.
pub(crate) fn solid(frame: &Frame, rect: Rect) -> Option<[u8; PIXEL_BYTES]> {
    let first = frame.row(rect.x, rect.y, rect.width);
    // A row equals itself shifted by a pixel only where all its pixels are equal.
    let uniform = first[PIXEL_BYTES..] == first[..first.len() - PIXEL_BYTES];
    let repeats = || (rect.y + 1..rect.bottom()).all(|y| frame.row(rect.x, y, rect.width) == first);
    (uniform && repeats()).then(|| [first[0], first[1], first[2], first[3]])
}

/// One row of pixels in this many is read to count the edges of a tile: a hint needs no more. An odd number, since what
/// is drawn in steps of two pixels changes in every other row only.
const EDGE_ROW_STEP: u32 = 5;

/// Returns the approximate number of edge pixels of `rect`, which equal neither their left nor their upper neighbour:
/// what codes must spell out.
pub(crate) fn edge_count(frame: &Frame, rect: Rect) -> u32 {
    if rect.height == 1 {
        return edges_in_row(&[], frame.row(rect.x, rect.y, rect.width));
    }
    let looked_at = (rect.y + 1..rect.bottom()).step_by(EDGE_ROW_STEP as usize);
    let rows = (rect.height - 1).div_ceil(EDGE_ROW_STEP);
    let found: u32 = looked_at
        .map(|y| edges_in_row(frame.row(rect.x, y - 1, rect.width), frame.row(rect.x, y, rect.width)))
        .sum();
    found * rect.height / rows
}

fn edges_in_row(above: &[u8], row: &[u8]) -> u32 {
    /// The fourth byte means nothing.
    fn differs(a: [u8; PIXEL_BYTES], b: [u8; PIXEL_BYTES]) -> bool {
        (u32::from_le_bytes(a) ^ u32::from_le_bytes(b)) << 8 != 0
    }
    let (row, _) = row.as_chunks::<PIXEL_BYTES>();
    let (above, _) = above.as_chunks::<PIXEL_BYTES>();
    let beside = row.iter().zip(&row[1..]);
    if above.is_empty() {
        return beside.map(|(left, own)| u32::from(differs(*left, *own))).sum();
    }
    beside
        .zip(&above[1..])
        .map(|((left, own), above)| u32::from(differs(*left, *own) & differs(*above, *own)))
        .sum()
}
