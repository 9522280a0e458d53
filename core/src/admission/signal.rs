//! Signal that one end raises, once, and one task at the other end waits for. It takes no lock: a task that carries
//! pixels looks at it whenever it is woken.

use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use atomic_waker::AtomicWaker;

/// A signal.
#[derive(Debug, Default)]
pub(super) struct Signal {
    is_raised: AtomicBool,
    waker: AtomicWaker,
}

impl Signal {
    pub(super) fn raise(&self) {
        self.is_raised.store(true, Ordering::Release);
        self.waker.wake();
    }

    pub(super) fn is_raised(&self) -> bool {
        self.is_raised.load(Ordering::Acquire)
    }

    /// Ready when it is raised.
    pub(super) fn poll(&self, context: &Context<'_>) -> Poll<()> {
        self.waker.register(context.waker());
        if self.is_raised() { Poll::Ready(()) } else { Poll::Pending }
    }
}
