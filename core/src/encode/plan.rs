//! Plan of an update: the groups of tiles that bring a viewer from the frame it holds to a newer one, band by band, so
//! that the first bytes leave before the last tiles are analyzed.

use std::sync::Arc;

use super::cost::{CostModel, UnitCosts};
use super::group::{Content, TileGroup};
use super::motion::{self, Offset};
use crate::frame::Frame;
use crate::geometry::{Rect, SIDE_MAX};
use crate::tile::{self, Grid};

/// The groups of a band; its memory, made at first for the largest, is used again for the next.
#[derive(Debug)]
pub(super) struct Plan {
    groups: Vec<TileGroup>,
    /// Raw size of their raw and encoded pixels, in bytes.
    bytes: usize,
    /// Groups of the current row of tiles, from the left.
    runs: Vec<TileGroup>,
    /// Groups whose bottom edge is the bottom of the current row, and so may grow downwards.
    open: Vec<usize>,
    /// The same of the row above.
    above: Vec<usize>,
}

/// Groups from which on a band has no further row of tiles.
const GROUPS_ENOUGH: usize = 1000;
/// Tiles in a row of the widest picture.
const COLUMNS_MAX: usize = SIDE_MAX.div_ceil(tile::WIDTH) as usize;
/// Most groups of a band: its table stays under 32 KiB, so that room for it can be set aside.
pub(super) const GROUPS_MAX: usize = GROUPS_ENOUGH + COLUMNS_MAX;
/// Beside raw tiles, the edges of one column in this many are counted.
const LOOKED_AT: u32 = 4;

/// A band to be planned: the tiles of `frame` stamped after `base`, from a row on; with base 0 all of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct BandInput<'a> {
    /// Frame that the update leads to.
    pub(super) frame: &'a Arc<Frame>,
    /// Number of the frame that it starts from.
    pub(super) base: u32,
    /// First row of tiles.
    pub(super) first_row: u32,
    /// Bytes of pixels after which the band ends.
    pub(super) bytes: usize,
}

impl BandInput<'_> {
    /// Returns the number of rows of tiles of the frame.
    pub(super) fn rows(&self) -> u32 {
        Grid::new(self.frame.cells()).rows()
    }
}

/// What the plan may choose from, and at which costs.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlanRules<'a> {
    /// Whether solid tiles are sent as such.
    pub(super) solid: bool,
    /// Methods besides raw and solid, if there are more.
    pub(super) allowed_methods: Option<AllowedMethods<'a>>,
    /// Unit costs.
    pub(super) unit_costs: &'a UnitCosts,
}

/// Methods besides raw and solid by which a tile may be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct AllowedMethods<'a> {
    /// Cost model, which decides what is worth encoding.
    pub(super) model: &'a CostModel,
    /// Frame that the viewer holds, and the offset of most of its pixels.
    pub(super) moved: Option<(&'a Frame, Offset)>,
}

impl PlanRules<'_> {
    /// Raw pixels only.
    pub(super) const RAW: Self = Self { solid: false, allowed_methods: None, unit_costs: &UnitCosts::PLAIN };
    /// Raw and solid pixels.
    pub(super) const SOLID: Self = Self { solid: true, ..Self::RAW };
}

impl Default for Plan {
    fn default() -> Self {
        let indices = || Vec::with_capacity(COLUMNS_MAX);
        let (groups, runs) = (Vec::with_capacity(GROUPS_MAX), Vec::with_capacity(COLUMNS_MAX));
        Self { groups, bytes: 0, runs, open: indices(), above: indices() }
    }
}

impl Plan {
    /// Plans a band, until there are enough bytes of pixels or no more rows. Ends at the rows whose stamps are not
    /// known. Returns the first row that is not planned.
    pub(super) fn plan(&mut self, input: &BandInput<'_>, rules: &PlanRules<'_>) -> u32 {
        self.groups.clear();
        self.open.clear();
        self.bytes = 0;
        let grid = Grid::new(input.frame.cells());
        let known = input.frame.stamps.rows();
        for row in input.first_row..known {
            if self.bytes >= input.bytes || self.groups.len() >= GROUPS_ENOUGH {
                return row;
            }
            self.find_runs(input, rules, grid, row);
            self.place_runs(rules.unit_costs);
        }
        known.max(input.first_row)
    }

    /// The groups, disjoint, in the order in which they are to be sent.
    pub(super) fn groups(&self) -> &[TileGroup] {
        &self.groups
    }

    fn find_runs(&mut self, input: &BandInput<'_>, rules: &PlanRules<'_>, grid: Grid, row: u32) {
        self.runs.clear();
        let mut run: Option<TileGroup> = None;
        for column in 0..grid.columns() {
            if input.frame.stamps.of(grid.index(column, row)) <= input.base {
                self.end_run(run.take(), rules.unit_costs);
                continue;
            }
            let is_looked_at = column % LOOKED_AT == 0;
            let tile = rules.group(input.frame, grid.rect(column, row), run.filter(|_| !is_looked_at));
            run = match run.and_then(|run| run.grown(tile)) {
                Some(grown) => Some(grown),
                None => {
                    self.end_run(run, rules.unit_costs);
                    Some(tile)
                }
            };
        }
        self.end_run(run, rules.unit_costs);
    }

    /// Appends a run, as one with those before it where that is cheaper.
    fn end_run(&mut self, run: Option<TileGroup>, unit_costs: &UnitCosts) {
        let Some(mut run) = run else { return };
        while let Some(joined) = self.runs.last().and_then(|last| unit_costs.joined(*last, run)) {
            self.runs.pop();
            run = joined;
        }
        self.runs.push(run);
    }

    /// Makes groups of the row's runs, or lets groups above them grow.
    fn place_runs(&mut self, unit_costs: &UnitCosts) {
        std::mem::swap(&mut self.open, &mut self.above);
        self.open.clear();
        for index in 0..self.runs.len() {
            let run = self.runs[index];
            let grown =
                (0..self.above.len()).find_map(|above| Some((above, self.grown(above, index, unit_costs)?)));
            let group = match grown {
                Some((above, grown)) => {
                    let group = self.above.swap_remove(above);
                    self.bytes -= self.groups[group].pixel_bytes();
                    self.groups[group] = grown;
                    group
                }
                None => {
                    self.groups.push(run);
                    self.groups.len() - 1
                }
            };
            self.bytes += self.groups[group].pixel_bytes();
            self.open.push(group);
        }
    }

    /// A group above together with a run, where that is cheaper than both, and covers nothing else that is sent.
    fn grown(&self, above: usize, index: usize, unit_costs: &UnitCosts) -> Option<TileGroup> {
        let group = self.above[above];
        let grown = unit_costs.joined(self.groups[group], self.runs[index])?;
        let meets = |rect: Rect| grown.rect.intersection(rect).is_some();
        let mut groups = self.groups.iter().enumerate().filter(|(other, _)| *other != group);
        let is_free = !groups.any(|(_, other)| meets(other.rect))
            && !self.runs[index + 1..].iter().any(|other| meets(other.rect));
        is_free.then_some(grown)
    }
}

impl PlanRules<'_> {
    /// Returns a tile as a group of its own. Moved comes first: solid tiles among moved ones would only split them.
    ///
    /// Beside a `run` of raw tiles its edges are not counted: for noise that would take longer than it saves.
    fn group(&self, frame: &Frame, rect: Rect, run: Option<TileGroup>) -> TileGroup {
        if let Some(edge_count) = self.moved(frame, rect) {
            return TileGroup { rect, content: Content::Moved, edge_count };
        }
        if self.solid
            && let Some(pixel) = tile::solid(frame, rect)
        {
            return TileGroup { rect, content: Content::Solid(pixel), edge_count: 0 };
        }
        let Some(allowed_methods) = &self.allowed_methods else {
            return TileGroup { rect, content: Content::Raw, edge_count: 0 };
        };
        if let Some(run) = run.filter(|run| run.content == Content::Raw) {
            return TileGroup { rect, content: Content::Raw, edge_count: run.edges_in(rect) };
        }
        let edge_count = tile::edge_count(frame, rect);
        let content = if allowed_methods.model.is_coded(rect.area(), edge_count) {
            Content::Coded
        } else {
            Content::Raw
        };
        TileGroup { rect, content, edge_count }
    }

    /// Returns the edge count of a tile that moved and is better sent as a move.
    fn moved(&self, frame: &Frame, rect: Rect) -> Option<u32> {
        let allowed_methods = self.allowed_methods.as_ref()?;
        let (old, offset) = allowed_methods.moved?;
        if !motion::is_moved(old, frame, rect, offset) {
            return None;
        }
        let edge_count = tile::edge_count(frame, rect);
        allowed_methods.model.is_moved(rect.area(), edge_count).then_some(edge_count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame_buffer::{FrameBuffer, Layout, PIXEL_BYTES, PixelFormat};
    use crate::geometry::Size;

    /// A frame of 12x6 tiles, each as the letter says: `.` unchanged, `n` noise, `w` and `b` of one colour.
    fn frame(rows: [&str; 6]) -> Arc<Frame> {
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
                    let value = if letter == b'n' { noise.to_le_bytes()[0] } else { letter };
                    memory[y as usize * layout.stride + x as usize * PIXEL_BYTES..][..PIXEL_BYTES]
                        .fill(value);
                }
            }
        }
        let mut frame = Frame::new(FrameBuffer::new(layout, Box::new(memory)).unwrap());
        frame.stamps.fill(changed.len(), 1, 0);
        (0..).zip(changed).filter(|(_, changed)| *changed).for_each(|(tile, _)| frame.stamps.set(tile, 2));
        frame.stamps.know(6);
        Arc::new(frame)
    }

    /// Columns, rows, width and height in tiles, with `r` or `s` for what it is sent as.
    fn planned(frame: &Arc<Frame>) -> Vec<(u32, u32, u32, u32, char)> {
        let mut plan = Plan::default();
        let input = BandInput { frame, base: 1, first_row: 0, bytes: usize::MAX };
        assert_eq!(plan.plan(&input, &PlanRules::SOLID), 6);
        check(frame, plan.groups());
        let tiles = |group: &TileGroup| {
            let Rect { x, y, width, height } = group.rect;
            let kind = if group.content == Content::Raw { 'r' } else { 's' };
            (x / tile::WIDTH, y / tile::HEIGHT, width / tile::WIDTH, height / tile::HEIGHT, kind)
        };
        plan.groups().iter().map(tiles).collect()
    }

    /// Every tile that changed is in exactly one group, and no tile is in two.
    fn check(frame: &Frame, groups: &[TileGroup]) {
        let grid = Grid::new(frame.cells());
        for (row, column) in
            (0..grid.rows()).flat_map(|row| (0..grid.columns()).map(move |column| (row, column)))
        {
            let covers = groups.iter().filter(|group| group.rect.contains(grid.rect(column, row))).count();
            let changed = frame.stamps.of(grid.index(column, row)) > 1;
            assert!(
                covers == 1 || (covers == 0 && !changed),
                "tile {column},{row} is in {covers} of {groups:?}"
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
