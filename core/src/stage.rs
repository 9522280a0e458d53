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
        let Some(current) = self.comparable(buffer) else { return Region::full(buffer.size()) };
        if buffer.seq == 0 {
            return Region::full(buffer.size());
        }
        changed_since(current, buffer.seq)
    }

    /// Compares `frame`, which was brought up to date in `looked_at`, with the current one, and stamps it.
    ///
    /// Where nothing differs it takes the current number, so that it counts as up to date from now on.
    pub fn stamp(&mut self, frame: &mut Frame, looked_at: &Region, damage: &Region) -> Change {
        let grid = Grid::new(frame.size());
        let mut stamps = std::mem::take(&mut frame.stamps);
        let next = self.last_seq + 1;
        let change = match self.comparable(frame) {
            None => {
                stamps.clear();
                stamps.resize(grid.len(), next);
                Change { tiles: grid.len(), undamaged: 0 }
            }
            Some(current) => {
                stamps.clone_from(&current.stamps);
                compare(current, frame, looked_at, damage, |index| stamps[index] = next)
            }
        };
        frame.stamps = stamps;
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

    fn comparable(&self, frame: &Frame) -> Option<&Frame> {
        self.current.as_deref().filter(|current| current.layout() == frame.layout())
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

fn compare(
    current: &Frame,
    frame: &Frame,
    looked_at: &Region,
    damage: &Region,
    mut changed: impl FnMut(usize),
) -> Change {
    let grid = Grid::new(frame.size());
    let mut change = Change::default();
    for (column, row) in looked_at.rects().iter().flat_map(|rect| grid.touched(*rect)) {
        let rect = grid.rect(column, row);
        if tile::differs(current, frame, rect) {
            changed(grid.index(column, row));
            change.tiles += 1;
            let told = damage.rects().iter().any(|damaged| damaged.intersection(rect).is_some());
            change.undamaged += usize::from(!told);
        }
    }
    change
}
