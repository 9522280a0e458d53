//! Sleep of a source that reads from descriptors: until one of them can be read, a waker is used or a deadline has
//! passed. Sources that wait for nothing but time use `lanstream_core::source::Wakeup`.

#![cfg(unix)]
#![forbid(unsafe_code)]

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Maximum number of descriptors that a sleep watches: a film's frames, log and sound.
const DESCRIPTORS_MAX: usize = 3;

/// Sleep that another thread can end. A wake-up before the sleep is not lost: it ends the next one at once.
#[derive(Debug)]
pub struct Wakeup {
    sender: UnixStream,
    receiver: UnixStream,
}

/// Reasons why a sleep ended. If there is none, its deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Woken<const N: usize> {
    /// Whether the waker was used.
    pub by_waker: bool,
    /// Whether each of the descriptors can be read, or is at its end.
    pub ready: [bool; N],
}

impl Wakeup {
    /// Returns a wakeup that is not notified.
    ///
    /// # Errors
    /// If the system provides no sockets.
    pub fn new() -> io::Result<Arc<Self>> {
        let (sender, receiver) = UnixStream::pair()?;
        sender.set_nonblocking(true)?;
        receiver.set_nonblocking(true)?;
        Ok(Arc::new(Self { sender, receiver }))
    }

    /// Returns a waker that ends the sleep, for any thread.
    pub fn waker(self: &Arc<Self>) -> Waker {
        Waker::from(Arc::clone(self))
    }

    /// Sleeps until the waker is used, one of `descriptors` can be read, or `deadline` has passed. `None` is no
    /// descriptor, and no deadline.
    ///
    /// # Errors
    /// If the descriptors cannot be watched.
    pub fn sleep<const N: usize>(
        &self,
        descriptors: [Option<BorrowedFd<'_>>; N],
        deadline: Option<Instant>,
    ) -> io::Result<Woken<N>> {
        const { assert!(N <= DESCRIPTORS_MAX, "there is a place for each descriptor") };
        let own = self.receiver.as_fd();
        // The wakeup's own descriptor stands in for one that is not given, and for those beyond the last.
        let given = |index| descriptors.get(index).copied().flatten();
        let mut watched: [_; 1 + DESCRIPTORS_MAX] =
            std::array::from_fn(|index| readable(index.checked_sub(1).and_then(given).unwrap_or(own)));
        let watched = &mut watched[..=N];
        poll_all(watched, deadline)?;
        let by_waker = is_ready(&watched[0]);
        if by_waker {
            self.drain();
        }
        let ready = std::array::from_fn(|index| given(index).is_some() && is_ready(&watched[1 + index]));
        Ok(Woken { by_waker, ready })
    }

    fn drain(&self) {
        let mut bytes = [0; 64];
        // It ends with an error when all are read.
        while (&self.receiver).read(&mut bytes).is_ok_and(|read| read == bytes.len()) {}
    }
}

impl Wake for Wakeup {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // It can only fail by being notified very often already.
        let _notified = (&self.sender).write(&[1]);
    }
}

/// Sleeps until one of the descriptors can be read, or `deadline` has passed. Returns which can be read.
///
/// # Errors
/// If the descriptors cannot be watched.
pub fn poll_until<const N: usize>(
    descriptors: [BorrowedFd<'_>; N],
    deadline: Option<Instant>,
) -> io::Result<[bool; N]> {
    let mut watched = descriptors.map(readable);
    poll_all(&mut watched, deadline)?;
    Ok(watched.map(|fd| is_ready(&fd)))
}

/// Returns what is polled to know whether a descriptor can be read.
fn readable(descriptor: BorrowedFd<'_>) -> PollFd<'_> {
    PollFd::from_borrowed_fd(descriptor, PollFlags::IN)
}

fn is_ready(fd: &PollFd<'_>) -> bool {
    !fd.revents().is_empty()
}

/// Waits until one of the descriptors is ready, or `deadline` has passed.
fn poll_all(watched: &mut [PollFd<'_>], deadline: Option<Instant>) -> io::Result<()> {
    loop {
        let left = deadline.map(|deadline| timespec(deadline.saturating_duration_since(Instant::now())));
        match poll(watched, left.as_ref()) {
            Err(rustix::io::Errno::INTR) => {}
            polled => return Ok(polled.map(drop)?),
        }
    }
}

fn timespec(duration: Duration) -> Timespec {
    // A duration that does not fit is longer than anything runs.
    Timespec::try_from(duration).unwrap_or_else(|_| Timespec { tv_sec: i32::MAX.into(), tv_nsec: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_up_before_the_sleep_ends_it_once() {
        let wakeup = Wakeup::new().unwrap();
        wakeup.waker().wake_by_ref();
        wakeup.waker().wake();
        assert!(wakeup.sleep([None; 3], None).unwrap().by_waker);
        let passed = Woken { by_waker: false, ready: [false; 3] };
        assert_eq!(wakeup.sleep([None; 3], Some(Instant::now())).unwrap(), passed);
    }

    #[test]
    fn a_pipe_with_bytes_or_at_its_end() {
        let wakeup = Wakeup::new().unwrap();
        let (reader, writer) = io::pipe().unwrap();
        let pipes = [None, Some(reader.as_fd())];
        assert_eq!(wakeup.sleep(pipes, Some(Instant::now())).unwrap().ready, [false, false]);
        drop(writer);
        assert_eq!(wakeup.sleep(pipes, None).unwrap(), Woken { by_waker: false, ready: [false, true] });
    }
}
