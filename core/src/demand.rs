//! How a viewer's wish for a frame meets a source that waits for one, without a lock and without being missed.
//!
//! Each side writes its own flag, passes a sequentially consistent fence, and reads the other's. Of two such fences one
//! comes first, so at least one side sees the other: the source finds the wish and does not sleep, or the viewer finds
//! the source asleep and wakes it. Without the fences both may read the old values, and then both wait for ever.

use crate::sync::{AtomicBool, Ordering, fence};

/// Whether one viewer is ready for a frame. Set by the viewer, cleared by the source.
#[derive(Debug)]
pub struct Wish(AtomicBool);

/// Whether the source has something to show and sleeps until a viewer wants it.
#[derive(Debug)]
pub struct Starved(AtomicBool);

impl Wish {
    /// Nothing is wanted.
    pub fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Wants a frame. Returns whether the source must be woken.
    pub fn set(&self, source: &Starved) -> bool {
        self.0.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        source.0.load(Ordering::Relaxed)
    }

    /// Takes note of the wish, right before it is fulfilled: one that comes after is a new one.
    pub fn clear(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether a frame is wanted.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Default for Wish {
    fn default() -> Self {
        Self::new()
    }
}

impl Starved {
    /// The source is awake.
    pub fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Says whether a wish shall wake the source. To be followed by a look at the wishes before it sleeps.
    pub fn set(&self, starved: bool) {
        self.0.store(starved, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }
}

impl Default for Starved {
    fn default() -> Self {
        Self::new()
    }
}
