//! Sleeps until the server has said something, another thread wakes it, or the deadline has passed.

use std::io;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fd::{AsFd, OwnedFd};

/// Wakes a sleeping source. It stays notified until the next sleep.
pub(super) struct Wakeup(OwnedFd);

/// Why a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WakeReason {
    Socket,
    Waker,
    Timeout,
}

impl Wakeup {
    pub(super) fn new() -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)))
    }

    pub(super) fn waker(self: &Arc<Self>) -> Waker {
        Waker::from(Arc::clone(self))
    }

    /// Sleeps until `deadline` at most. The socket is reported first, but a wake-up is never lost by that.
    pub(super) fn sleep(&self, socket: &impl AsFd, deadline: Option<Instant>) -> io::Result<WakeReason> {
        loop {
            let left = deadline.map(|deadline| timespec(deadline.saturating_duration_since(Instant::now())));
            let mut fds = [PollFd::new(socket, PollFlags::IN), PollFd::new(&self.0, PollFlags::IN)];
            match poll(&mut fds, left.as_ref()) {
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
                Ok(0) => return Ok(WakeReason::Timeout),
                Ok(_) => {}
            }
            if !fds[0].revents().is_empty() {
                return Ok(WakeReason::Socket);
            }
            self.reset();
            return Ok(WakeReason::Waker);
        }
    }

    fn reset(&self) {
        // It can only fail by being silent already.
        let _ = rustix::io::read(&self.0, &mut [0; 8]);
    }
}

impl Wake for Wakeup {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // It can only fail by having been rung 2^64 - 2 times without a sleep.
        let _ = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
    }
}

fn timespec(duration: Duration) -> Timespec {
    // A duration that doesn't fit is longer than anything runs.
    Timespec::try_from(duration).unwrap_or_else(|_| Timespec { tv_sec: i32::MAX.into(), tv_nsec: 0 })
}
