//! What is current: compares each new frame with the one before, tile by tile, and stamps the tiles that differ.
//!
//! Every frame carries one stamp per tile: the number of the frame in which the tile last changed. So a viewer that
//! holds frame `n` lacks exactly the tiles stamped after `n`, however many frames it has not seen: damage of frames
//! that were dropped is merged without anybody merging it.
//!
//! Invariant: a tile whose pixels differ between frames `a < b` is stamped after `a` in `b`.

use std::sync::Arc;

use crate::frame::Frame;
use crate::region::Region;
use crate::tile::{self, Grid};

/// The newest picture of a source.
#[derive(Debug, Default)]
pub struct Stage {
    current: Option<Arc<Frame>>,
    last_seq: u32,
    /// Which tiles of the row at hand differ; kept for its memory.
    differing: Vec<bool>,
}

/// What a new frame brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Tiles that differ from the frame before.
    pub tiles: usize,
    /// Those of them that lie wholly outside of the damage that the source told.
    pub undamaged: usize,
}

impl Stage {
    /// The newest frame.
    pub fn current(&self) -> Option<&Arc<Frame>> {
        self.current.as_ref()
    }

    /// What must be brought up to date in `buffer`, over and above new damage, before it can be shown.
    pub fn stale(&self, buffer: &Frame) -> Region {
        match self.current.as_deref().filter(|current| current.layout() == buffer.layout()) {
            Some(current) if buffer.seq > 0 => changed_since(current, buffer.seq),
            _ => Region::full(buffer.size()),
        }
    }

    /// Compares `frame`, which was brought up to date in `looked_at`, with the current one, and stamps it.
    ///
    /// Where nothing differs it takes the current number, so that it counts as up to date from now on.
    pub fn stamp(&mut self, frame: &mut Frame, looked_at: &Region, told: &Region) -> Change {
        let next = self.last_seq + 1;
        let current = self.current.as_deref().filter(|current| current.layout() == frame.layout());
        let change = match current {
            None => {
                let tiles = Grid::new(frame.size()).tiles();
                frame.stamps.clear();
                frame.stamps.resize(tiles, next);
                Change { tiles, undamaged: 0 }
            }
            Some(current) => {
                frame.stamps.clone_from(&current.stamps);
                compare(current, frame, looked_at, told, &mut self.differing, next)
            }
        };
        frame.seq = if change.tiles > 0 { next } else { self.last_seq };
        change
    }

    /// Makes a stamped frame the current one. Returns whether it differs from the one before.
    pub fn advance(&mut self, frame: &Arc<Frame>) -> bool {
        let newer = frame.seq > self.last_seq;
        if newer {
            self.last_seq = frame.seq;
            self.current = Some(Arc::clone(frame));
        }
        newer
    }

    /// Forgets the picture but not the count, as after a change of size.
    pub fn clear(&mut self) {
        self.current = None;
    }
}

/// Everything that changed after frame `seq`, as a region.
pub fn changed_since(frame: &Frame, seq: u32) -> Region {
    let grid = Grid::new(frame.size());
    let mut region = Region::EMPTY;
    for row in 0..grid.rows() {
        let mut changed = (0..grid.columns()).filter(|column| frame.stamps[grid.index(*column, row)] > seq);
        if let Some(first) = changed.next() {
            let last = changed.next_back().unwrap_or(first);
            region.add(grid.rect(first, row).bounding(grid.rect(last, row)));
        }
    }
    region
}

/// Compares the tiles that `looked_at` touches, and stamps those that differ with `next`.
fn compare(
    current: &Frame,
    frame: &mut Frame,
    looked_at: &Region,
    told: &Region,
    differing: &mut Vec<bool>,
    next: u32,
) -> Change {
    let grid = Grid::new(frame.size());
    let mut change = Change::default();
    for rect in looked_at.rects() {
        let (columns, rows) = grid.span(*rect);
        for row in rows {
            differing.clear();
            differing.resize(columns.len(), false);
            tile::mark_differing(current, frame, grid, row, columns.clone(), differing);
            for (column, _) in columns.clone().zip(&*differing).filter(|(_, differs)| **differs) {
                frame.stamps[grid.index(column, row)] = next;
                let tile = grid.rect(column, row);
                let was_told = told.rects().iter().any(|damaged| damaged.intersection(tile).is_some());
                change.tiles += 1;
                change.undamaged += usize::from(!was_told);
            }
        }
    }
    change
}
