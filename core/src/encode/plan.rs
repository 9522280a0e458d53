//! Which groups of tiles bring a viewer from the picture it holds to a frame, band by band, so that the first bytes leave
//! before the last tiles were looked at.

use super::coder::Means;
use super::motion;
use super::prices::Prices;
use crate::frame::{Frame, PIXEL_BYTES};
use crate::geometry::{Rect, SIDE_MAX};
use crate::tile::{self, Grid};

/// The groups of a band; its memory, made at first for the largest, is used again for the next.
#[derive(Debug)]
pub struct Plan {
    groups: Vec<Group>,
    /// Pixels of them that are sent one by one, counted as bytes of raw.
    bytes: usize,
    /// What is to be sent of the present row of tiles, from the left.
    runs: Vec<Group>,
    /// Groups whose bottom edge is the bottom of the present row, and so may grow downwards.
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
/// Beside tiles that go raw, one column in so many is asked how busy it is.
const LOOKED_AT: u32 = 4;

/// Tiles that are to be sent as one patch.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// The pixels.
    pub rect: Rect,
    /// What fills it.
    pub fill: Fill,
    /// About how many pixels of it are busy; 0 where nobody wants to know.
    pub busy: u32,
}

/// What a group is filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Pixels that no code is worth while for.
    Raw,
    /// Pixels that a code is worth while for.
    Coded,
    /// What was in another place in the picture before.
    Moved,
    /// One colour, as it is in the frame.
    Solid([u8; PIXEL_BYTES]),
}

/// An update to be planned: the tiles of `frame` stamped after `base`; with base 0 all of them.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// The picture that the update leads to.
    pub frame: &'a Frame,
    /// The picture that it starts from.
    pub base: u32,
    /// Whether tiles of one colour are told so.
    pub solid: bool,
    /// What may be sent but raw and solid tiles, where the viewer takes more.
    pub means: Option<Means<'a>>,
    /// What that costs.
    pub prices: &'a Prices,
}

impl Default for Plan {
    fn default() -> Self {
        let indices = || Vec::with_capacity(COLUMNS_MAX);
        let (groups, runs) = (Vec::with_capacity(GROUPS_MAX), Vec::with_capacity(COLUMNS_MAX));
        Self { groups, bytes: 0, runs, open: indices(), above: indices() }
    }
}

impl Plan {
    /// Plans from row `first` of tiles on, until there are `bytes` of pixels or no more rows. Ends at the rows whose stamps
    /// are not known. Returns the row that it did not come to.
    pub fn fill(&mut self, task: &Task<'_>, first: u32, bytes: usize) -> u32 {
        self.groups.clear();
        self.open.clear();
        self.bytes = 0;
        let grid = Grid::new(task.frame.cells());
        let known = task.frame.stamps.rows();
        for row in first..known {
            if self.bytes >= bytes || self.groups.len() >= GROUPS_ENOUGH {
                return row;
            }
            self.find_runs(task, grid, row);
            self.place_runs(task.prices);
        }
        known.max(first)
    }

    /// The groups, disjoint, in the order in which they are to be sent.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    fn find_runs(&mut self, task: &Task<'_>, grid: Grid, row: u32) {
        self.runs.clear();
        let mut run: Option<Group> = None;
        for column in 0..grid.columns() {
            if task.frame.stamps.of(grid.index(column, row)) <= task.base {
                self.end_run(run.take(), task.prices);
                continue;
            }
            let is_looked_at = column % LOOKED_AT == 0;
            let tile = task.group(grid.rect(column, row), run.filter(|_| !is_looked_at));
            run = match run.and_then(|run| run.grown(tile)) {
                Some(grown) => Some(grown),
                None => {
                    self.end_run(run, task.prices);
                    Some(tile)
                }
            };
        }
        self.end_run(run, task.prices);
    }

    /// Appends a run, as one with those before it where that is cheaper.
    fn end_run(&mut self, run: Option<Group>, prices: &Prices) {
        let Some(mut run) = run else { return };
        while let Some(joined) = self.runs.last().and_then(|last| last.joined(run, prices)) {
            self.runs.pop();
            run = joined;
        }
        self.runs.push(run);
    }

    /// Makes groups of the row's runs, or lets groups above them grow.
    fn place_runs(&mut self, prices: &Prices) {
        std::mem::swap(&mut self.open, &mut self.above);
        self.open.clear();
        for index in 0..self.runs.len() {
            let run = self.runs[index];
            let grown =
                (0..self.above.len()).find_map(|above| Some((above, self.grown(above, index, prices)?)));
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
    fn grown(&self, above: usize, index: usize, prices: &Prices) -> Option<Group> {
        let group = self.above[above];
        let grown = self.groups[group].joined(self.runs[index], prices)?;
        let meets = |rect: Rect| grown.rect.intersection(rect).is_some();
        let mut groups = self.groups.iter().enumerate().filter(|(other, _)| *other != group);
        let is_free = !groups.any(|(_, other)| meets(other.rect))
            && !self.runs[index + 1..].iter().any(|other| meets(other.rect));
        is_free.then_some(grown)
    }
}

impl Task<'_> {
    /// A tile as a group of its own. What moved comes first: one colour among it would only cut it into pieces.
    ///
    /// Beside a `run` of raw tiles it is not asked how busy it is: to tell that of noise would take longer than to spare it.
    fn group(&self, rect: Rect, run: Option<Group>) -> Group {
        if let Some(busy) = self.moved(rect) {
            return Group { rect, fill: Fill::Moved, busy };
        }
        if self.solid
            && let Some(pixel) = tile::solid(self.frame, rect)
        {
            return Group { rect, fill: Fill::Solid(pixel), busy: 0 };
        }
        let Some(means) = &self.means else { return Group { rect, fill: Fill::Raw, busy: 0 } };
        if let Some(run) = run.filter(|run| run.fill == Fill::Raw) {
            let busy = u64::from(run.busy) * rect.area() / run.rect.area();
            return Group { rect, fill: Fill::Raw, busy: busy as u32 };
        }
        let busy = tile::busy(self.frame, rect);
        let fill = if means.model.is_coded(rect.area(), busy) { Fill::Coded } else { Fill::Raw };
        Group { rect, fill, busy }
    }

    /// How busy a tile is that moved and is better sent so.
    fn moved(&self, rect: Rect) -> Option<u32> {
        let means = self.means.as_ref()?;
        let (old, offset) = means.moved?;
        if !motion::is_moved(old, self.frame, rect, offset) {
            return None;
        }
        let busy = tile::busy(self.frame, rect);
        means.model.is_moved(rect.area(), busy).then_some(busy)
    }
}

impl Group {
    /// This and another of the same fill as one, where they lie side by side.
    fn grown(self, other: Self) -> Option<Self> {
        let rect = self.rect.bounding(other.rect);
        let is_whole = rect.area() == self.rect.area() + other.rect.area();
        let busy = self.busy + other.busy;
        (is_whole && self.fill == other.fill).then_some(Self { rect, fill: self.fill, busy })
    }

    /// This and another as one, unless two are cheaper.
    fn joined(self, other: Self, prices: &Prices) -> Option<Self> {
        let rect = self.rect.bounding(other.rect);
        let pixels = Self { rect, fill: self.fill.over(other.fill), busy: self.busy + other.busy };
        let is_cheaper = prices.of(&pixels) <= prices.of(&self) + prices.of(&other);
        self.grown(other).or_else(|| is_cheaper.then_some(pixels))
    }

    /// What it takes raw, unless it is a matter of a few bytes.
    fn pixel_bytes(&self) -> usize {
        match self.fill {
            Fill::Raw | Fill::Coded => self.rect.area() as usize * PIXEL_BYTES,
            Fill::Moved | Fill::Solid(_) => PIXEL_BYTES,
        }
    }
}

impl Fill {
    /// What two of different fill are together: raw where one is.
    fn over(self, other: Self) -> Self {
        match (self, other) {
            (Self::Coded | Self::Moved, Self::Coded | Self::Moved | Self::Solid(_))
            | (Self::Solid(_), Self::Coded | Self::Moved) => Self::Coded,
            _ => Self::Raw,
        }
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
        assert_eq!(
            plan.fill(
                &Task { frame, base: 1, solid: true, means: None, prices: &Prices::PLAIN },
                0,
                usize::MAX
            ),
            6
        );
        check(frame, plan.groups());
        let tiles = |group: &Group| {
            let Rect { x, y, width, height } = group.rect;
            let kind = if group.fill == Fill::Raw { 'r' } else { 's' };
            (x / tile::WIDTH, y / tile::HEIGHT, width / tile::WIDTH, height / tile::HEIGHT, kind)
        };
        plan.groups().iter().map(tiles).collect()
    }

    /// Every tile that changed is in exactly one group, and no tile is in two.
    fn check(frame: &Frame, groups: &[Group]) {
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
