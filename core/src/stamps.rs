//! For each tile of a picture the frame in which it last changed, known from the top row down while the frame is
//! already on its way to viewers.
//!
//! Invariant: a row of tiles that is known is never stamped again, and what was stamped before it became known is seen
//! by anyone who saw that it is.

use crate::sync::{AtomicBool, AtomicU32, Ordering};

/// One stamp a tile, row by row.
#[derive(Debug, Default)]
pub(crate) struct Stamps {
    frames: Vec<AtomicU32>,
    /// Rows of tiles, from the top, whose stamps are final.
    rows: AtomicU32,
    /// No more rows will be known: the rest of the picture never came.
    abandoned: AtomicBool,
}

impl Stamps {
    /// Stamps `tiles` tiles with the same frame, in rows that are all known.
    pub(crate) fn fill(&mut self, tiles: usize, frame: u32, rows: u32) {
        self.frames.clear();
        self.frames.resize_with(tiles, || AtomicU32::new(frame));
        self.abandoned.store(false, Ordering::Relaxed);
        self.know(rows);
    }

    /// Takes over the stamps of another picture, and knows no row.
    pub(crate) fn begin_from(&mut self, other: &Self) {
        // No one else sees these, as long as they are borrowed mutably.
        self.rows.store(0, Ordering::Relaxed);
        self.abandoned.store(false, Ordering::Relaxed);
        self.frames.resize_with(other.frames.len(), AtomicU32::default);
        for (own, other) in self.frames.iter().zip(&other.frames) {
            own.store(other.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// Stamps a tile, of a row that is not known yet.
    pub(crate) fn set(&self, tile: usize, frame: u32) {
        self.frames[tile].store(frame, Ordering::Relaxed);
    }

    /// Says that the first `rows` rows are final.
    pub(crate) fn know(&self, rows: u32) {
        // Release: anyone who loads this sees what was stamped before.
        self.rows.store(rows, Ordering::Release);
    }

    /// Says that no more rows will be known.
    pub(crate) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
    }

    /// Whether no more rows will be known.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Acquire)
    }

    /// How many rows, from the top, are final.
    pub(crate) fn rows(&self) -> u32 {
        // Acquire: the other half of `know`.
        self.rows.load(Ordering::Acquire)
    }

    /// The frame in which a tile last changed. In a row that is not known: the frame in which it last did before this
    /// one, or this one.
    pub(crate) fn of(&self, tile: usize) -> u32 {
        // Relaxed: the caller's `rows` ordered this load after the stamps of the rows that it counts.
        self.frames[tile].load(Ordering::Relaxed)
    }

    /// Returns the stamps of all tiles; those of rows that are not known may still change.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        self.frames.iter().map(|stamp| stamp.load(Ordering::Relaxed))
    }
}
