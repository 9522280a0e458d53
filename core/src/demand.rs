//! How a viewer's wish for a frame meets a source that waits for one, without a lock and without being missed.
//!
//! Each side writes its own flag, passes a sequentially consistent fence, and reads the other's. Of two such fences one
//! comes first, so at least one side sees the other: the source finds the demand and does not sleep, or the viewer
//! finds the source asleep and wakes it. Without the fences both may read the old values, and then both wait for ever.

use crate::sync::{AtomicBool, Ordering, fence};

/// Flag of one viewer: it is ready for a frame. Set by the viewer, cleared by the source.
#[derive(Debug)]
pub(crate) struct Demand(AtomicBool);

/// Flag of the source: it has something to show and sleeps until a viewer demands it.
#[derive(Debug)]
pub(crate) struct Parked(AtomicBool);

impl Demand {
    /// Returns a flag without demand.
    pub(crate) fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Demands a frame. Returns whether the source must be woken.
    pub(crate) fn set(&self, source: &Parked) -> bool {
        self.0.store(true, Ordering::Relaxed);
        source.must_wake()
    }

    /// Clears the demand, right before it is met: a later one is a new demand.
    pub(crate) fn clear(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Returns whether a frame is demanded.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Default for Demand {
    fn default() -> Self {
        Self::new()
    }
}

impl Parked {
    /// Returns the flag of a source that is awake.
    pub(crate) fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Sets whether a demand must wake the source. The source must check all demands, and all queues for room,
    /// between this call and its sleep.
    pub(crate) fn set(&self, parked: bool) {
        self.0.store(parked, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// Returns whether the source must be woken, to look at what the caller has written just before.
    pub(crate) fn must_wake(&self) -> bool {
        fence(Ordering::SeqCst);
        self.0.load(Ordering::Relaxed)
    }
}

impl Default for Parked {
    fn default() -> Self {
        Self::new()
    }
}
