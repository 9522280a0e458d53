//! Which patches bring a viewer from the picture it holds to a frame, band by band, so that the first bytes leave before
//! the last tiles were looked at.

use crate::frame::{Frame, PIXEL_BYTES};
use crate::geometry::Rect;
use crate::protocol::{Encoding, Patch};
use crate::tile::{self, Grid};

/// The patches of a band; its memory is used again for the next.
#[derive(Debug, Default)]
pub struct Plan {
    patches: Vec<Patch>,
    /// Bytes of the patches' data.
    bytes: usize,
    /// Patches whose bottom edge is the top of the present row of tiles, and so may grow downwards.
    open: Vec<Open>,
    closing: Vec<Open>,
}

/// Most patches of a band, but for those of one row of tiles: its table stays under 32 KiB, so that room for it can be
/// set aside.
const PATCHES_MAX: usize = 1000;

#[derive(Clone, Copy, Debug)]
struct Open {
    patch: usize,
    fill: Fill,
}

/// What a run of tiles is filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fill {
    Pixels,
    Solid([u8; PIXEL_BYTES]),
}

impl Plan {
    /// Plans for the tiles of `frame` stamped after `base`, from row `first` of tiles on, until there are `bytes` of data or
    /// no more rows. With base 0 it plans for all tiles. Returns the row that it did not come to.
    pub fn fill(&mut self, frame: &Frame, base: u32, first: u32, bytes: usize) -> u32 {
        self.patches.clear();
        self.bytes = 0;
        self.open.clear();
        let grid = Grid::new(frame.size());
        for row in first..grid.rows() {
            if self.bytes >= bytes || self.patches.len() >= PATCHES_MAX {
                return row;
            }
            self.add_row(frame, base, grid, row);
        }
        grid.rows()
    }

    /// The patches, disjoint, in the order in which they are to be sent.
    pub fn patches(&self) -> &[Patch] {
        &self.patches
    }

    fn add_row(&mut self, frame: &Frame, base: u32, grid: Grid, row: u32) {
        std::mem::swap(&mut self.open, &mut self.closing);
        self.open.clear();
        let mut run: Option<(Rect, Fill)> = None;
        for column in 0..grid.columns() {
            if frame.stamps[grid.index(column, row)] <= base {
                self.close(run.take());
                continue;
            }
            let rect = grid.rect(column, row);
            let fill = tile::solid(frame, rect).map_or(Fill::Pixels, Fill::Solid);
            run = match run {
                Some((grown, same)) if same == fill => Some((grown.bounding(rect), fill)),
                other => {
                    self.close(other);
                    Some((rect, fill))
                }
            };
        }
        self.close(run);
    }

    /// Ends a run: it grows the patch above where that has its width and fill, else it becomes a patch.
    fn close(&mut self, run: Option<(Rect, Fill)>) {
        let Some((rect, fill)) = run else { return };
        let encoding = if fill == Fill::Pixels { Encoding::Raw } else { Encoding::Solid };
        let run = Patch { rect, encoding };
        let above = self.closing.iter().find(|open| {
            let above = self.patches[open.patch].rect;
            open.fill == fill && above.x == rect.x && above.width == rect.width
        });
        let patch = match above {
            Some(open) => {
                let grown = &mut self.patches[open.patch].rect;
                *grown = grown.bounding(rect);
                self.bytes += if encoding == Encoding::Raw { run.data_bytes() } else { 0 };
                open.patch
            }
            None => {
                self.patches.push(run);
                self.bytes += run.data_bytes();
                self.patches.len() - 1
            }
        };
        self.open.push(Open { patch, fill });
    }
}
