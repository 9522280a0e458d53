//! Stretches of pixels around samples of the new frame, looked for in the old one.
//!
//! In the old frame only those count that start in every [`STEP_PX`]th column of some rows, no further apart than
//! [`ROWS`]. Around a sample all are taken that start in as many neighbouring columns and rows: whatever the offset,
//! one of them is met. So a thirteenth of the old frame is read.

use super::Offset;
use super::changes::PARTS;
use super::keys::{self, Pixel, SPAN, STEP_PX};
use super::votes::Votes;
use crate::frame::Frame;
use crate::geometry::{Rect, Size, to_u16};

/// Rows of anchors around a sample: as many as a tile has. With half of it the search would read twice as much.
const ROWS: u32 = 16;
/// From one row of the old frame that is looked at to the next, by turns. With steps of one length, or that only sum up
/// to the distance of lines of text, all rows could be between letters. These were found by trial: in 720 rows, of
/// letters 8 rows high in lines 9 to 60 rows apart, about half as many are met as by chance, or more.
const STEPS_ROWS: [u32; 6] = [16, 10, 9, 16, 15, 13];
/// Of a row's pixels around a sample so many must differ from the one on their left: what is nearly of one colour is
/// everywhere.
const EDGES_MIN: usize = 4;
/// Anchors of one key: upright strokes look alike in several rows.
const ALIKE_MAX: usize = 4;
/// Places in the old frame for which an anchor votes. What is in more, as a line across the page, would cost time and
/// say little.
const HITS_MAX: u8 = 8;
/// Top bits of a key by which anchors are found: most of the slots are empty, so most keys are done with after one
/// look.
const SLOT_BITS: u32 = 16;
const ANCHORS_MAX: usize = PARTS * STEP_PX * ROWS as usize;

/// The anchors of one search, by key.
#[derive(Debug)]
pub(super) struct Anchors {
    anchors: Vec<Anchor>,
    /// The last anchor with these top bits, counted from 1.
    slots: Vec<u16>,
}

/// A stretch of pixels of the new frame.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    key: u64,
    x: u16,
    y: u16,
    /// The one before with the same top bits, counted from 1.
    next: u16,
    sample: u8,
    hits: u8,
}

const _: () = assert!(ANCHORS_MAX < u16::MAX as usize && PARTS <= u8::MAX as usize);

impl Default for Anchors {
    fn default() -> Self {
        Self { anchors: Vec::new(), slots: vec![0; 1 << SLOT_BITS] }
    }
}

impl Anchors {
    /// Takes the anchors around each sample.
    pub(super) fn place(&mut self, new: &Frame, samples: &[Rect]) {
        self.anchors.clear();
        self.anchors.reserve(ANCHORS_MAX);
        self.slots.fill(0);
        let Size { width, height } = new.cells();
        // A picture that is narrower or lower has none.
        let corner_max = width.checked_sub(SPAN).zip(height.checked_sub(ROWS));
        let Some((x_max, y_max)) = corner_max else { return };
        for (sample, tile) in (0..).zip(samples) {
            let (x, top) = (tile.x.min(x_max), tile.y.min(y_max));
            (top..top + ROWS).for_each(|y| self.place_row(new, x, y, sample));
        }
    }

    fn place_row(&mut self, new: &Frame, x: u32, y: u32, sample: u8) {
        let row: &[Pixel] = new.row(x, y, SPAN).as_chunks().0;
        let edges = row.iter().zip(&row[1..]).filter(|(left, own)| left != own).count();
        let Some(span) = row.first_chunk().filter(|_| edges >= EDGES_MIN) else { return };
        for (x, key) in (to_u16(x)..).zip(keys::neighbours(span)) {
            self.add(Anchor { key, x, y: to_u16(y), next: 0, sample, hits: 0 });
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "there are at most ANCHORS_MAX, which fit")]
    fn add(&mut self, anchor: Anchor) {
        let slot = slot_of(anchor.key);
        let (mut alike, mut other) = (0, self.slots[slot]);
        while let Some(index) = usize::from(other).checked_sub(1) {
            alike += usize::from(self.anchors[index].key == anchor.key);
            other = self.anchors[index].next;
        }
        if alike < ALIKE_MAX {
            self.anchors.push(Anchor { next: self.slots[slot], ..anchor });
            self.slots[slot] = self.anchors.len() as u16;
        }
    }

    /// Has the anchors vote for the offsets by which they are away from the places within `bounds` of the old frame
    /// that look like them.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        reason = "no column or row exceeds SIDE_MAX"
    )]
    pub(super) fn seek(&mut self, old: &Frame, bounds: Rect, votes: &mut Votes) {
        let mut steps = STEPS_ROWS.into_iter().cycle();
        let rows = std::iter::successors(Some(bounds.y), |y| Some(y + steps.next()?));
        for y in rows.take_while(|y| *y < bounds.bottom()) {
            let row = old.row(bounds.x, y, bounds.width).as_chunks().0;
            keys::at_steps(row, |x, key| {
                if self.slots[slot_of(key)] != 0 {
                    self.hit(key, bounds.x as i32 + x as i32, y as i32, votes);
                }
            });
        }
    }

    fn hit(&mut self, key: u64, x: i32, y: i32, votes: &mut Votes) {
        let mut next = self.slots[slot_of(key)];
        while let Some(index) = usize::from(next).checked_sub(1) {
            let anchor = &mut self.anchors[index];
            next = anchor.next;
            if anchor.key == key && anchor.hits < HITS_MAX {
                anchor.hits += 1;
                let offset = Offset { dx: i32::from(anchor.x) - x, dy: i32::from(anchor.y) - y };
                votes.add(offset, anchor.sample);
            }
        }
    }
}

#[inline]
fn slot_of(key: u64) -> usize {
    (key >> (u64::BITS - SLOT_BITS)) as usize
}
