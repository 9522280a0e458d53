//! Viewers that take frames now: those that have a route and are not paused.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// Number of viewers that take frames, and the tasks that wait for the first of them.
#[derive(Debug, Default)]
pub struct Audience {
    len: AtomicUsize,
    /// It is locked when a viewer begins or pauses, and for those that wait: never on the way of a frame.
    wakers: Mutex<Vec<Waker>>,
}

impl Audience {
    /// Returns the number of viewers that take frames.
    pub fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }

    /// Returns whether nobody takes frames.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Is ready while at least one viewer takes frames; otherwise the context's waker is used when one does.
    pub fn poll_present(&self, context: &Context<'_>) -> Poll<()> {
        let mut wakers = self.wakers.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.is_empty() {
            return Poll::Ready(());
        }
        if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            wakers.push(context.waker().clone());
        }
        Poll::Pending
    }

    /// Counts one more viewer that takes frames.
    pub(crate) fn enter(&self) {
        self.len.fetch_add(1, Ordering::AcqRel);
        // Those that looked before this lock was taken are in the list.
        let wakers = std::mem::take(&mut *self.wakers.lock().unwrap_or_else(PoisonError::into_inner));
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Counts one viewer less.
    pub(crate) fn leave(&self) {
        self.len.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn the_first_viewer_wakes_all_that_wait_once() {
        let (audience, count) = (Audience::default(), Arc::new(Count::default()));
        let waker = Waker::from(Arc::clone(&count));
        let context = Context::from_waker(&waker);
        assert!(audience.poll_present(&context).is_pending() && audience.poll_present(&context).is_pending());
        audience.enter();
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert!(audience.poll_present(&context).is_ready());
        audience.leave();
        assert!(audience.is_empty() && audience.poll_present(&context).is_pending());
    }
}
