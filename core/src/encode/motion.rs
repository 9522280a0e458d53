//! By how much a part of the picture moved between two frames, as a page that is scrolled or a window that is dragged,
//! so that its tiles can be copied from where they were.
//!
//! It only guesses, and a wrong guess costs time alone: whether a tile moved so is for [`is_moved`] to say, which
//! compares all of it. Of the tiles that changed some are taken as samples; what is seen around them is looked for in
//! the frame before, and votes for offsets; of those with most votes the one wins by which most of the samples moved.

mod anchors;
mod changes;
mod keys;
#[cfg(all(test, not(loom)))]
mod no_alloc;
#[cfg(test)]
mod tests;
mod votes;

use anchors::Anchors;
use changes::Changes;
use votes::Votes;

use crate::frame::Frame;
use crate::frame_buffer::PIXEL_BYTES;
use crate::geometry::{Rect, Size};

/// By how much content moved: what is at `(x, y)` now was at `(x - dx, y - dy)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offset {
    /// To the right.
    pub dx: i32,
    /// Downwards.
    pub dy: i32,
}

/// Finds offsets. Its memory is used again for each frame.
#[derive(Debug, Default)]
pub(super) struct Motion {
    changes: Changes,
    anchors: Anchors,
    votes: Votes,
    /// What was found last: a page that is scrolled goes on the same way.
    last: Option<Found>,
    pause: Pause,
}

/// Changed tiles from which on it is worth looking. Sent raw, so few take about as long as the search.
const TILES_MIN: usize = 64;
/// The last offset goes on where it explains so much of the share that it explained when it was found. With less there
/// may be a better one, and a search costs little.
const GOES_ON_PERCENT: usize = 75;
/// One sample in so many must have moved: with fewer, asking all tiles whether they did costs more than it saves.
const EXPLAINED_MIN_SHARE: usize = 32;
/// Frames that are left out at most after searches that found nothing, as in a film: a quarter of a second of it.
const PAUSE_MAX: u32 = 16;

impl Offset {
    /// What did not move.
    const NONE: Self = Self { dx: 0, dy: 0 };

    /// Where the pixels of `rect` were, in a picture of that size; `None`: not wholly within it.
    pub(super) fn source(self, rect: Rect, size: Size) -> Option<Rect> {
        let x = u32::try_from(i64::from(rect.x) - i64::from(self.dx)).ok()?;
        let y = u32::try_from(i64::from(rect.y) - i64::from(self.dy)).ok()?;
        let source = Rect::new(x, y, rect.width, rect.height)?;
        size.bounds().contains(source).then_some(source)
    }
}

/// Whether all pixels of `rect` in `new` were in `old` before, elsewhere by `offset`.
pub(super) fn is_moved(old: &Frame, new: &Frame, rect: Rect, offset: Offset) -> bool {
    let is_comparable = old.layout().format == new.layout().format && new.cells().bounds().contains(rect);
    let source = offset.source(rect, old.cells()).filter(|_| is_comparable);
    source.is_some_and(|source| rows(old, source).zip(rows(new, rect)).all(|(old, new)| old == new))
}

/// The bytes of a rectangle, row by row. The memory is asked for once: it is behind a pointer, and a row takes a few
/// nanoseconds to compare.
fn rows(frame: &Frame, rect: Rect) -> impl Iterator<Item = &[u8]> {
    let stride = frame.layout().stride;
    let (start, len) = (rect.x as usize * PIXEL_BYTES, rect.width as usize * PIXEL_BYTES);
    frame.rows(rect.y..rect.bottom()).chunks(stride).map(move |row| &row[start..start + len])
}

impl Motion {
    /// Whether nothing would be looked for in the next frame, which this counts as left out: nobody need wait for all
    /// of its stamps.
    pub(super) fn rests(&mut self) -> bool {
        self.last.is_none() && !self.pause.is_over()
    }

    /// The last offset, where that is also the one of what is known to have changed so far: then nobody need wait for
    /// the rest.
    pub(super) fn goes_on(&mut self, old: &Frame, new: &Frame, base: u32) -> Option<Offset> {
        let is_comparable = self.last.is_some() && old.layout() == new.layout();
        let is_enough = is_comparable && self.changes.list(new, base) >= TILES_MIN;
        is_enough.then(|| self.go_on(old, new))?
    }

    /// The offset by which most of what changed after `base` moved from `old` to `new`, if there is one and it is worth
    /// looking for. All stamps of `new` are known.
    pub(super) fn find(&mut self, old: &Frame, new: &Frame, base: u32) -> Option<Offset> {
        if old.layout() != new.layout() || self.changes.list(new, base) < TILES_MIN {
            return None;
        }
        let is_due = self.pause.is_over();
        self.go_on(old, new).or_else(|| is_due.then(|| self.search(old, new))?)
    }

    /// The last offset, where it explains nearly as much as it did when it was found.
    fn go_on(&mut self, old: &Frame, new: &Frame) -> Option<Offset> {
        let last = self.last?;
        self.changes.sample(new, changes::PARTS_FEW);
        let now = Found::by(last.offset, old, new, self.changes.samples());
        let explains_as_much = now.moved * last.samples * 100 >= last.moved * now.samples * GOES_ON_PERCENT;
        (now.is_worth_it() && explains_as_much).then(|| {
            self.pause = Pause::default();
            last.offset
        })
    }

    /// Looks for an offset, and for longer and longer not again where there is none.
    fn search(&mut self, old: &Frame, new: &Frame) -> Option<Offset> {
        self.changes.sample(new, changes::PARTS);
        self.anchors.place(new, self.changes.samples());
        self.votes.clear();
        self.anchors.seek(old, self.changes.bounds(new.cells())?, &mut self.votes);
        let candidates = self.votes.most().map(|offset| Found::by(offset, old, new, self.changes.samples()));
        // The last of several that are as good: the votes come with the most last.
        let found = candidates.max_by_key(|found| found.moved).filter(Found::is_worth_it);
        if found.is_some() {
            (self.last, self.pause) = (found, Pause::default());
        } else {
            self.pause.lengthen();
            // Until it is sure that this is a film, what was found last may go on after a frame in which it did not.
            self.last.take_if(|_| self.pause.is_longest());
        }
        found.map(|found| found.offset)
    }
}

/// An offset and how much of what changed it explains.
#[derive(Clone, Copy, Debug)]
struct Found {
    offset: Offset,
    samples: usize,
    /// Those of them that moved by the offset.
    moved: usize,
}

impl Found {
    fn by(offset: Offset, old: &Frame, new: &Frame, samples: &[Rect]) -> Self {
        let moved = samples.iter().filter(|tile| is_moved(old, new, **tile, offset)).count();
        Self { offset, samples: samples.len(), moved }
    }

    fn is_worth_it(&self) -> bool {
        self.moved > 0 && self.moved * EXPLAINED_MIN_SHARE >= self.samples
    }
}

/// Frames to be left out, since the last searches found nothing.
#[derive(Debug, Default)]
struct Pause {
    length: u32,
    left: u32,
}

impl Pause {
    /// Whether no frame is to be left out any more; counts this one.
    fn is_over(&mut self) -> bool {
        let is_over = self.left == 0;
        self.left = self.left.saturating_sub(1);
        is_over
    }

    fn is_longest(&self) -> bool {
        self.length == PAUSE_MAX
    }

    fn lengthen(&mut self) {
        self.length = (self.length * 2).clamp(1, PAUSE_MAX);
        self.left = self.length;
    }
}
