//! Which tiles changed, and a sample of those that have a pattern, spread evenly: what an offset is judged by.
//!
//! A tile of one colour says nothing: it seems to have moved by any offset.

use crate::frame::Frame;
use crate::geometry::{Rect, Size};
use crate::tile::{self, Grid};

/// Even parts of what changed, each with at most one sample: 2 % of what changed. With 64 a search takes a fifth
/// longer.
pub(super) const PARTS: usize = 48;
/// Parts that are asked first, spread over all: enough to see whether an offset that is known goes on, which takes some
/// 15 µs.
pub(super) const PARTS_FEW: usize = 16;
/// Tiles of a part that are looked at: of a page that is mostly blank, few have a pattern.
const TRIES_MAX: usize = 8;
/// The golden ratio's fraction, of 2^32. Its multiples spread evenly, so that the samples do not all come from one
/// column.
const GOLDEN: u64 = 0x9E37_79B9;

const _: () = assert!(PARTS.is_multiple_of(PARTS_FEW));

/// What changed between two frames.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Columns and rows.
    tiles: Vec<(u32, u32)>,
    samples: Vec<Rect>,
    /// How many parts were asked for a sample.
    parts: usize,
}

impl Changes {
    /// Lists the tiles stamped after `base`, in the rows that are known. Returns how many there are.
    pub(super) fn list(&mut self, frame: &Frame, base: u32) -> usize {
        let grid = Grid::new(frame.cells());
        let mut stamps = frame.stamps.iter();
        self.tiles.clear();
        self.tiles.reserve(grid.tiles());
        for row in 0..frame.stamps.rows() {
            let changed = (0..grid.columns()).zip(&mut stamps).filter(|(_, stamp)| *stamp > base);
            self.tiles.extend(changed.map(|(column, _)| (column, row)));
        }
        self.samples.clear();
        self.samples.reserve(PARTS);
        self.parts = 0;
        self.tiles.len()
    }

    /// Takes samples of what is listed, until so many parts in all were asked for one.
    pub(super) fn sample(&mut self, frame: &Frame, parts: usize) {
        for index in self.parts..parts {
            let part = index % PARTS_FEW * (PARTS / PARTS_FEW) + index / PARTS_FEW;
            let sample = self.sample_of(frame, part);
            self.samples.extend(sample);
        }
        self.parts = parts;
    }

    /// A tile of a part that has a pattern, if one is found.
    fn sample_of(&self, frame: &Frame, part: usize) -> Option<Rect> {
        let start = |part| part * self.tiles.len() / PARTS;
        let tiles = &self.tiles[start(part)..start(part + 1)];
        let fraction = (GOLDEN * part as u64) & u64::from(u32::MAX);
        let first = ((tiles.len() as u64 * fraction) >> u32::BITS) as usize;
        let tries = tiles.len().min(TRIES_MAX);
        let tried = (0..tries).map(|index| tiles[(first + index * tiles.len() / tries) % tiles.len()]);
        let grid = Grid::new(frame.cells());
        let mut rects = tried.map(|(column, row)| grid.rect(column, row));
        rects.find(|rect| tile::solid(frame, *rect).is_none())
    }

    /// The samples, at most [`PARTS`].
    pub(super) fn samples(&self) -> &[Rect] {
        &self.samples
    }

    /// What encloses all that is listed.
    pub(super) fn bounds(&self, size: Size) -> Option<Rect> {
        let grid = Grid::new(size);
        self.tiles.iter().map(|(column, row)| grid.rect(*column, *row)).reduce(Rect::bounding)
    }
}
