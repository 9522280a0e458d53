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
    /// What fills each patch.
    fills: Vec<Fill>,
    /// Bytes of the patches' data.
    bytes: usize,
    /// What is to be sent of the present row of tiles, from the left.
    runs: Vec<Run>,
    /// Patches whose bottom edge is the bottom of the present row, and so may grow downwards.
    open: Vec<usize>,
    /// The same of the row above.
    above: Vec<usize>,
}

/// Most patches of a band, but for those of one row of tiles: its table stays under 32 KiB, so that room for it can be
/// set aside.
const PATCHES_MAX: usize = 1000;
/// Pixels that cost as much to send and to paint as one more patch does. A patch takes a browser about 4 µs, and a
/// kilobyte of pixels 0.7 µs from here to the canvas.
const PATCH_COST_PX: u64 = 1536;

/// Tiles next to each other that are to be sent as one.
#[derive(Clone, Copy, Debug)]
struct Run {
    rect: Rect,
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
    /// no more rows. Ends at the rows whose stamps are not known. With base 0 it plans for all tiles. Returns the row that it
    /// did not come to.
    pub fn fill(&mut self, frame: &Frame, base: u32, first: u32, bytes: usize) -> u32 {
        self.patches.clear();
        self.fills.clear();
        self.open.clear();
        self.bytes = 0;
        let grid = Grid::new(frame.size());
        let known = frame.stamps.rows();
        for row in first..known {
            if self.bytes >= bytes || self.patches.len() >= PATCHES_MAX {
                return row;
            }
            self.find_runs(frame, base, grid, row);
            self.place_runs();
        }
        known.max(first)
    }

    /// The patches, disjoint, in the order in which they are to be sent.
    pub fn patches(&self) -> &[Patch] {
        &self.patches
    }

    fn find_runs(&mut self, frame: &Frame, base: u32, grid: Grid, row: u32) {
        self.runs.clear();
        let mut run: Option<Run> = None;
        for column in 0..grid.columns() {
            if frame.stamps.of(grid.index(column, row)) <= base {
                self.end_run(run.take());
                continue;
            }
            let rect = grid.rect(column, row);
            let tile = Run { rect, fill: tile::solid(frame, rect).map_or(Fill::Pixels, Fill::Solid) };
            run = match run.and_then(|run| run.grown(tile)) {
                Some(grown) => Some(grown),
                None => {
                    self.end_run(run);
                    Some(tile)
                }
            };
        }
        self.end_run(run);
    }

    /// Appends a run, as one with those before it where that is cheaper.
    fn end_run(&mut self, run: Option<Run>) {
        let Some(mut run) = run else { return };
        while let Some(joined) = self.runs.last().and_then(|last| last.joined(run)) {
            self.runs.pop();
            run = joined;
        }
        self.runs.push(run);
    }

    /// Makes patches of the row's runs, or lets patches above them grow.
    fn place_runs(&mut self) {
        std::mem::swap(&mut self.open, &mut self.above);
        self.open.clear();
        for index in 0..self.runs.len() {
            let run = self.runs[index];
            let grown = (0..self.above.len()).find_map(|above| Some((above, self.grown(above, index)?)));
            let patch = match grown {
                Some((above, grown)) => {
                    let patch = self.above.swap_remove(above);
                    self.bytes -= self.patches[patch].data_bytes();
                    (self.patches[patch], self.fills[patch]) = (grown.patch(), grown.fill);
                    patch
                }
                None => {
                    self.patches.push(run.patch());
                    self.fills.push(run.fill);
                    self.patches.len() - 1
                }
            };
            self.bytes += self.patches[patch].data_bytes();
            self.open.push(patch);
        }
    }

    /// A patch above together with a run, where that is cheaper than both, and covers nothing else that is sent.
    fn grown(&self, above: usize, index: usize) -> Option<Run> {
        let patch = self.above[above];
        let grown =
            Run { rect: self.patches[patch].rect, fill: self.fills[patch] }.joined(self.runs[index])?;
        let meets = |rect: Rect| grown.rect.intersection(rect).is_some();
        let mut patches = self.patches.iter().enumerate().filter(|(other, _)| *other != patch);
        let is_free = !patches.any(|(_, other)| meets(other.rect))
            && !self.runs[index + 1..].iter().any(|other| meets(other.rect));
        is_free.then_some(grown)
    }
}

impl Run {
    /// This and another of the same fill as one, where they lie side by side.
    fn grown(self, other: Self) -> Option<Self> {
        let rect = self.rect.bounding(other.rect);
        let is_whole = rect.area() == self.rect.area() + other.rect.area();
        (is_whole && self.fill == other.fill).then_some(Self { rect, fill: self.fill })
    }

    /// This and another as one, unless two are cheaper.
    fn joined(self, other: Self) -> Option<Self> {
        let pixels = Self { rect: self.rect.bounding(other.rect), fill: Fill::Pixels };
        let is_cheaper = pixels.cost() <= self.cost() + other.cost();
        self.grown(other).or_else(|| is_cheaper.then_some(pixels))
    }

    /// In pixels' worth.
    fn cost(self) -> u64 {
        PATCH_COST_PX + if self.fill == Fill::Pixels { self.rect.area() } else { 0 }
    }

    fn patch(self) -> Patch {
        let encoding = if self.fill == Fill::Pixels { Encoding::Raw } else { Encoding::Solid };
        Patch { rect: self.rect, encoding }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Layout, PixelFormat};
    use crate::geometry::Size;

    /// A frame of 12x6 tiles, each as the letter says: `.` unchanged, `n` noise, `w` and `b` of one colour.
    fn frame(rows: [&str; 6]) -> Frame {
        let size = Size::new(12 * tile::WIDTH, 6 * tile::HEIGHT).unwrap();
        let layout = Layout::packed(size, PixelFormat::Bgrx8);
        let mut memory = vec![0_u8; layout.bytes()];
        let grid = Grid::new(size);
        let mut changed = Vec::new();
        for (row, letters) in (0..).zip(rows) {
            for (column, letter) in (0..).zip(letters.bytes()) {
                changed.push(letter != b'.');
                let rect = grid.rect(column, row);
                for (y, x) in
                    (rect.y..rect.bottom()).flat_map(|y| (rect.x..rect.right()).map(move |x| (y, x)))
                {
                    let noise = x.wrapping_mul(31) ^ y.wrapping_mul(57);
                    let value = if letter == b'n' { noise as u8 } else { letter };
                    memory[y as usize * layout.stride + x as usize * PIXEL_BYTES..][..PIXEL_BYTES]
                        .fill(value);
                }
            }
        }
        let mut frame = Frame::new(layout, Box::new(memory)).unwrap();
        frame.stamps.fill(changed.len(), 1, 0);
        (0..).zip(changed).filter(|(_, changed)| *changed).for_each(|(tile, _)| frame.stamps.set(tile, 2));
        frame.stamps.know(6);
        frame
    }

    /// Columns, rows, width and height in tiles, with `r` or `s` for what it is sent as.
    fn planned(frame: &Frame) -> Vec<(u32, u32, u32, u32, char)> {
        let mut plan = Plan::default();
        assert_eq!(plan.fill(frame, 1, 0, usize::MAX), 6);
        check(frame, plan.patches());
        let tiles = |patch: &Patch| {
            let Rect { x, y, width, height } = patch.rect;
            let kind = if patch.encoding == Encoding::Raw { 'r' } else { 's' };
            (x / tile::WIDTH, y / tile::HEIGHT, width / tile::WIDTH, height / tile::HEIGHT, kind)
        };
        plan.patches().iter().map(tiles).collect()
    }

    /// Every tile that changed is in exactly one patch, and no tile is in two.
    fn check(frame: &Frame, patches: &[Patch]) {
        let grid = Grid::new(frame.size());
        for (row, column) in
            (0..grid.rows()).flat_map(|row| (0..grid.columns()).map(move |column| (row, column)))
        {
            let covers = patches.iter().filter(|patch| patch.rect.contains(grid.rect(column, row))).count();
            let changed = frame.stamps.of(grid.index(column, row)) > 1;
            assert!(
                covers == 1 || (covers == 0 && !changed),
                "tile {column},{row} is in {covers} of {patches:?}"
            );
        }
    }

    #[test]
    fn a_gap_that_costs_less_than_a_patch_is_sent() {
        let frame = frame([
            "nn.nwwn.....",
            "............",
            "nn......nn..",
            "............",
            "wwwwwwwwwwww",
            "n...........",
        ]);
        let expected =
            [(0, 0, 7, 1, 'r'), (0, 2, 2, 1, 'r'), (8, 2, 2, 1, 'r'), (0, 4, 12, 1, 's'), (0, 5, 1, 1, 'r')];
        assert_eq!(planned(&frame), expected);
    }

    #[test]
    fn lines_of_nearly_the_same_length_are_one_patch() {
        let frame = frame([
            "nnnnnnnn....",
            "nnnnnnnnnn..",
            "nnn.........",
            "wwwwwwwwbbbb",
            "wwwwwwwwbbbb",
            "............",
        ]);
        let expected = [(0, 0, 10, 2, 'r'), (0, 2, 3, 1, 'r'), (0, 3, 8, 2, 's'), (8, 3, 4, 2, 's')];
        assert_eq!(planned(&frame), expected);
    }

    #[test]
    fn what_grows_never_covers_what_another_sends() {
        planned(&frame([
            "nnnn.nnnn...",
            "nn.....nnnnn",
            ".nnnnn......",
            "wwnnnbbbnn..",
            "n.n.n.n.n.n.",
            ".n.n.n.n.n.n",
        ]));
        let mut state = 7_u32;
        for _ in 0..300 {
            let rows: [String; 6] = std::array::from_fn(|_| {
                let mut letter = || {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    char::from(b"..nnnwb."[(state >> 24) as usize % 8])
                };
                (0..12).map(|_| letter()).collect()
            });
            planned(&frame(rows.each_ref().map(String::as_str)));
        }
    }
}
