//! What is current: compares each new frame with the previous one, tile by tile, and stamps the tiles that differ.
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
pub(crate) struct Stage {
    current: Option<Arc<Frame>>,
    last_seq: u32,
    /// Which tiles of the row at hand differ; kept for its memory.
    differing: Vec<bool>,
}

/// What a new frame brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// Tiles that differ from the previous frame.
    pub tiles: usize,
    /// Those of them that lie wholly outside of the damage that the source told.
    pub undamaged: usize,
}

impl Stage {
    /// The newest frame.
    pub(crate) fn current(&self) -> Option<&Arc<Frame>> {
        self.current.as_ref()
    }

    /// What must be brought up to date in `buffer`, over and above new damage, before it can be shown.
    pub(crate) fn stale(&self, buffer: &Frame) -> Region {
        match self.comparable(buffer) {
            Some(current) if buffer.seq > 0 && !buffer.stamps.is_abandoned() => {
                changed_since(current, buffer.seq)
            }
            _ => Region::full(buffer.cells()),
        }
    }

    /// Begins to compare `frame`, which is brought up to date in `looked_at`, with the current one.
    pub(crate) fn begin<'a>(
        &self,
        frame: &mut Frame,
        looked_at: &'a Region,
        told: &'a Region,
    ) -> Comparison<'a> {
        let grid = Grid::new(frame.cells());
        let next = self.last_seq + 1;
        let mut comparison =
            Comparison { looked_at, told, grid, row: 0, change: Change::default(), is_later: false, next };
        match self.comparable(frame) {
            Some(current) => {
                comparison.is_later = frame.pts().is_some() && frame.pts() != current.pts();
                frame.stamps.begin_from(&current.stamps);
            }
            None => {
                comparison.change.tiles = grid.tiles();
                frame.stamps.fill(grid.tiles(), next, 0);
            }
        }
        comparison
    }

    /// Compares from where `comparison` stands to where it is known that the frame is a new one, as far as `rows` of
    /// pixels are there.
    pub(crate) fn find(&mut self, frame: &Frame, comparison: &mut Comparison<'_>, rows: u32) {
        while !comparison.is_new() && comparison.can_step(rows) {
            self.step(frame, comparison);
        }
    }

    /// Numbers a frame: from here on it may be published, while [`compare`](Self::compare) goes on.
    ///
    /// Where nothing is new it takes the current number, so that it counts as up to date from now on.
    pub(crate) fn number(&self, frame: &mut Frame, comparison: &Comparison<'_>) {
        frame.seq = if comparison.is_new() { comparison.next } else { self.last_seq };
    }

    /// Compares as far as `rows` of pixels are there.
    pub(crate) fn compare(&mut self, frame: &Frame, comparison: &mut Comparison<'_>, rows: u32) {
        while comparison.can_step(rows) {
            self.step(frame, comparison);
        }
    }

    fn step(&mut self, frame: &Frame, comparison: &mut Comparison<'_>) {
        let current = self.current.as_deref().filter(|current| current.layout() == frame.layout());
        comparison.step(current, frame, &mut self.differing);
    }

    /// The rest of a frame that was numbered will never come: no one else gets its number.
    pub(crate) fn abandon(&mut self, frame: &Frame) {
        frame.stamps.abandon();
        self.last_seq = self.last_seq.max(frame.seq);
    }

    fn comparable(&self, frame: &Frame) -> Option<&Frame> {
        self.current.as_deref().filter(|current| current.layout() == frame.layout())
    }

    /// Makes a stamped frame the current one. Returns whether it differs from the previous one.
    pub(crate) fn advance(&mut self, frame: &Arc<Frame>) -> bool {
        let newer = frame.seq > self.last_seq;
        if newer {
            self.last_seq = frame.seq;
            self.current = Some(Arc::clone(frame));
        }
        newer
    }

    /// Forgets the picture but not the count, as after a change of size.
    pub(crate) fn clear(&mut self) {
        self.current = None;
    }
}

/// Everything that changed after frame `seq`, as a region.
pub(crate) fn changed_since(frame: &Frame, seq: u32) -> Region {
    let grid = Grid::new(frame.cells());
    let mut region = Region::EMPTY;
    for row in 0..grid.rows() {
        let mut changed =
            (0..grid.columns()).filter(|column| frame.stamps.of(grid.index(*column, row)) > seq);
        if let Some(first) = changed.next() {
            let last = changed.next_back().unwrap_or(first);
            region.add(grid.rect(first, row).bounding(grid.rect(last, row)));
        }
    }
    region
}

/// A frame's comparison with the previous one, so far.
#[derive(Debug)]
pub(crate) struct Comparison<'a> {
    looked_at: &'a Region,
    told: &'a Region,
    grid: Grid,
    /// The row of tiles to be looked at next.
    row: u32,
    /// What it brought so far.
    pub change: Change,
    /// It must be shown at another time than the previous one: that is new, though it may look the same.
    is_later: bool,
    /// What to stamp tiles with that differ.
    next: u32,
}

impl Comparison<'_> {
    /// Whether there is something to tell viewers: a tile that differs, or its time.
    pub(crate) fn is_new(&self) -> bool {
        self.is_later || self.change.tiles > 0
    }

    /// Whether all is compared.
    pub(crate) fn is_over(&self) -> bool {
        self.row >= self.grid.rows()
    }

    /// Whether the next row of tiles is there, with so many rows of pixels.
    fn can_step(&self, rows: u32) -> bool {
        !self.is_over() && self.grid.rect(0, self.row).bottom() <= rows
    }

    /// Goes on by one row of tiles. Without a picture before, all tiles differ, and are stamped already.
    fn step(&mut self, current: Option<&Frame>, frame: &Frame, differing: &mut Vec<bool>) {
        if let Some(current) = current {
            self.compare_row(current, frame, differing);
        }
        self.row += 1;
        frame.stamps.know(self.row);
    }

    /// Compares a row of tiles, as far as `looked_at` touches it, and stamps those that differ.
    fn compare_row(&mut self, current: &Frame, frame: &Frame, differing: &mut Vec<bool>) {
        for rect in self.looked_at.rects() {
            let (columns, rows) = self.grid.span(*rect);
            if rows.contains(&self.row) {
                differing.clear();
                differing.resize(columns.len(), false);
                tile::mark_differing(current, frame, self.grid, self.row, columns.clone(), differing);
                self.stamp(
                    frame,
                    columns.zip(&*differing).filter(|(_, differs)| **differs).map(|(column, _)| column),
                );
            }
        }
    }

    fn stamp(&mut self, frame: &Frame, columns: impl Iterator<Item = u32>) {
        for column in columns {
            frame.stamps.set(self.grid.index(column, self.row), self.next);
            let tile = self.grid.rect(column, self.row);
            let was_told = self.told.rects().iter().any(|damaged| damaged.intersection(tile).is_some());
            self.change.tiles += 1;
            self.change.undamaged += usize::from(!was_told);
        }
    }
}
