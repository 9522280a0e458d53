//! A lock-free queue of bounded length, from one thread to another: nothing that is put is replaced or lost.
//!
//! Its places are [`Slot`]s, so that putting and taking move a pointer and never allocate. One thread puts and one
//! takes; were there more, values could get out of order, and memory would still be safe.

use crate::slot::Slot;
use crate::sync::{Arc, AtomicU32, Ordering};

/// The queue, of `N` values at most.
pub(crate) struct Queue<T, const N: usize> {
    places: [Slot<T>; N],
    /// Values that wait: raised by the one side after it has put, lowered by the other after it has taken.
    len: AtomicU32,
    /// The place that is filled next; only the side that puts uses it.
    back: AtomicU32,
    /// The place that is emptied next; only the side that takes uses it.
    front: AtomicU32,
}

impl<T, const N: usize> Queue<T, N> {
    /// Returns an empty queue.
    pub(crate) fn new() -> Self {
        Self {
            places: std::array::from_fn(|_| Slot::new()),
            len: AtomicU32::new(0),
            back: AtomicU32::new(0),
            front: AtomicU32::new(0),
        }
    }

    /// Appends a value.
    ///
    /// # Errors
    /// Returns the value if the queue is full.
    pub(crate) fn put(&self, value: Arc<T>) -> Result<(), Arc<T>> {
        if self.is_full() {
            return Err(value);
        }
        let _was_empty = self.places[advance::<N>(&self.back)].put(value);
        // Release: who sees that there is one more finds it in its place.
        self.len.fetch_add(1, Ordering::Release);
        Ok(())
    }

    /// Takes the value that was put first.
    pub(crate) fn take(&self) -> Option<Arc<T>> {
        if self.is_empty() {
            return None;
        }
        let value = self.places[advance::<N>(&self.front)].take();
        // Release: who sees that there is room finds the place empty.
        self.len.fetch_sub(1, Ordering::Release);
        value
    }

    /// Number of values that wait.
    pub(crate) fn len(&self) -> usize {
        // Acquire: the other half of both sides' Release.
        self.len.load(Ordering::Acquire) as usize
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is no room for another value.
    pub(crate) fn is_full(&self) -> bool {
        self.len() >= N
    }
}

/// Returns the place that `position` names, and moves it on. Relaxed: one thread alone uses it.
fn advance<const N: usize>(position: &AtomicU32) -> usize {
    let place = position.load(Ordering::Relaxed);
    let next = place + 1;
    position.store(if next as usize == N { 0 } else { next }, Ordering::Relaxed);
    place as usize
}

impl<T, const N: usize> Default for Queue<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const N: usize> std::fmt::Debug for Queue<T, N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn values_come_in_their_order_and_none_is_replaced() {
        let queue = Queue::<u32, 3>::new();
        for round in 0..5 {
            for value in 0..3 {
                assert_eq!(queue.put(Arc::new(round + value)), Ok(()));
            }
            assert_eq!(queue.put(Arc::new(99)).map_err(|value| *value), Err(99));
            assert!(queue.is_full());
            for value in 0..3 {
                assert_eq!(queue.take().as_deref(), Some(&(round + value)));
            }
            assert!(queue.take().is_none() && queue.is_empty());
        }
    }
}
