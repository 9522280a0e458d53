//! The grid of small cells in which changes are found: which tiles a rectangle touches, whether one differs.

use crate::frame::{Frame, PIXEL_BYTES};
use crate::geometry::{Rect, Size};

/// Pixels in a tile's row. With [`HEIGHT`] the measured best of 32x8 to 64x64: fine enough to leave out the blank parts
/// of text, coarse enough that a viewer paints few patches.
pub const WIDTH: u32 = 32;
/// Rows in a tile: about one line of text.
pub const HEIGHT: u32 = 16;

/// How a picture is cut into tiles; those at the right and bottom edge may be smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    size: Size,
}

impl Grid {
    /// The grid of a picture.
    pub fn new(size: Size) -> Self {
        Self { size }
    }

    /// Tiles in a row.
    pub fn columns(self) -> u32 {
        self.size.width.div_ceil(WIDTH)
    }

    /// Rows of tiles.
    pub fn rows(self) -> u32 {
        self.size.height.div_ceil(HEIGHT)
    }

    /// Number of tiles.
    pub fn len(self) -> usize {
        self.columns() as usize * self.rows() as usize
    }

    /// Where the tile stands in an array of all, row by row.
    pub fn index(self, column: u32, row: u32) -> usize {
        row as usize * self.columns() as usize + column as usize
    }

    /// The pixels of a tile.
    pub fn rect(self, column: u32, row: u32) -> Rect {
        let (x, y) = (column * WIDTH, row * HEIGHT);
        Rect { x, y, width: WIDTH.min(self.size.width - x), height: HEIGHT.min(self.size.height - y) }
    }

    /// Column and row of every tile that `rect` touches, row by row.
    pub fn touched(self, rect: Rect) -> impl Iterator<Item = (u32, u32)> {
        let columns = rect.x / WIDTH..rect.right().div_ceil(WIDTH).min(self.columns());
        let rows = rect.y / HEIGHT..rect.bottom().div_ceil(HEIGHT).min(self.rows());
        rows.flat_map(move |row| columns.clone().map(move |column| (column, row)))
    }
}

/// Whether two frames of one layout differ within `rect`.
pub fn differs(a: &Frame, b: &Frame, rect: Rect) -> bool {
    (rect.y..rect.bottom()).any(|y| a.row(rect.x, y, rect.width) != b.row(rect.x, y, rect.width))
}

/// The four bytes of the one pixel value that fills `rect`, or `None` where there are several.
pub fn solid(frame: &Frame, rect: Rect) -> Option<[u8; PIXEL_BYTES]> {
    let first = frame.row(rect.x, rect.y, rect.width);
    // A row equals itself shifted by a pixel only where all its pixels are equal.
    let uniform = first[PIXEL_BYTES..] == first[..first.len() - PIXEL_BYTES];
    let repeats = || (rect.y + 1..rect.bottom()).all(|y| frame.row(rect.x, y, rect.width) == first);
    (uniform && repeats()).then(|| [first[0], first[1], first[2], first[3]])
}
