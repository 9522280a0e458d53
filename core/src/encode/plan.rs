//! Which patches bring a viewer from the picture it holds to a frame.

use crate::frame::{Frame, PIXEL_BYTES};
use crate::geometry::Rect;
use crate::protocol::{Encoding, Patch};
use crate::tile::{self, Grid};

/// The patches of one update; its memory is used again for the next.
#[derive(Debug, Default)]
pub struct Plan {
    patches: Vec<Patch>,
    /// Patches whose bottom edge is the top of the present row of tiles, and so may grow downwards.
    open: Vec<Open>,
    closing: Vec<Open>,
}

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
    /// Plans for the tiles of `frame` stamped after `base`. With base 0 that is all of them.
    pub fn fill(&mut self, frame: &Frame, base: u32) {
        self.patches.clear();
        self.open.clear();
        let grid = Grid::new(frame.size());
        for row in 0..grid.rows() {
            std::mem::swap(&mut self.open, &mut self.closing);
            self.open.clear();
            let mut run: Option<(Rect, Fill)> = None;
            for column in 0..grid.columns() {
                if frame.stamps[grid.index(column, row)] <= base {
                    run = self.close(run);
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
    }

    /// The patches, disjoint, in the order in which they are to be sent.
    pub fn patches(&self) -> &[Patch] {
        &self.patches
    }

    /// Ends a run: it grows the patch above where that has its width and fill, else it becomes a patch.
    fn close(&mut self, run: Option<(Rect, Fill)>) -> Option<(Rect, Fill)> {
        let (rect, fill) = run?;
        let above = self.closing.iter().find(|open| {
            let above = self.patches[open.patch].rect;
            open.fill == fill && above.x == rect.x && above.width == rect.width
        });
        let patch = match above {
            Some(open) => {
                let grown = &mut self.patches[open.patch].rect;
                *grown = grown.bounding(rect);
                open.patch
            }
            None => {
                let encoding = if fill == Fill::Pixels { Encoding::Raw } else { Encoding::Solid };
                self.patches.push(Patch { rect, encoding });
                self.patches.len() - 1
            }
        };
        self.open.push(Open { patch, fill });
        None
    }
}
