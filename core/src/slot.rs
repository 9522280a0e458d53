//! A lock-free cell that holds the newest value for one reader: what is put replaces what was not taken.
//!
//! It hands over `Arc`s, so that putting and taking move a pointer and never allocate. Nothing has to be merged when a
//! value is replaced: a [`Frame`](crate::frame::Frame) carries stamps of all changes before it (see
//! [`stage`](crate::stage)).
#![allow(unsafe_code, reason = "the one place where an Arc travels as a raw pointer")]

use std::marker::PhantomData;

use crate::sync::{Arc, AtomicPtr, Ordering};

/// The cell. Either side may use it from any thread.
pub struct Slot<T> {
    /// Null, or what `Arc::into_raw` returned for a value that no one has taken yet.
    newest: AtomicPtr<T>,
    /// The cell is as sendable as what it owns.
    owns: PhantomData<Arc<T>>,
}

impl<T> Slot<T> {
    /// Returns an empty cell.
    pub fn new() -> Self {
        Self { newest: AtomicPtr::new(std::ptr::null_mut()), owns: PhantomData }
    }

    /// Puts `value`. Returns what it replaced, if that had not been taken.
    pub fn put(&self, value: Arc<T>) -> Option<Arc<T>> {
        self.swap(Arc::into_raw(value).cast_mut())
    }

    /// Takes the newest value, if there is one that was not taken before.
    pub fn take(&self) -> Option<Arc<T>> {
        self.swap(std::ptr::null_mut())
    }

    /// AcqRel: release, so that anyone who takes `pointer` sees all that was written to the value; acquire, so that we
    /// see the same of the value we get.
    fn swap(&self, pointer: *mut T) -> Option<Arc<T>> {
        let previous = self.newest.swap(pointer, Ordering::AcqRel);
        if previous.is_null() {
            return None;
        }
        // SAFETY: every non-null pointer in the cell came from `Arc::into_raw` in `put`, and the swap that removed it
        // gave it to this call alone.
        Some(unsafe { Arc::from_raw(previous) })
    }
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> std::fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slot").finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_newest_replaces_what_was_not_taken() {
        let slot = Slot::new();
        assert_eq!(slot.put(Arc::new(1)), None);
        assert_eq!(slot.put(Arc::new(2)).as_deref(), Some(&1));
        assert_eq!(slot.take().as_deref(), Some(&2));
        assert_eq!(slot.take(), None);
    }

    #[test]
    fn what_was_not_taken_is_dropped_with_the_slot() {
        let value = Arc::new(());
        drop({
            let slot = Slot::new();
            slot.put(Arc::clone(&value));
            slot
        });
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
