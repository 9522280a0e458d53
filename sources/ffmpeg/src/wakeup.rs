//! Sleeps until a pipe has something, another thread wakes it, or the deadline has passed.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Wakes a sleeping source. It stays notified until the next sleep.
pub(crate) struct Wakeup {
    ring: UnixStream,
    hear: UnixStream,
}

/// Why a sleep ended. Several may be true; if none is, time is up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WakeReasons {
    pub(crate) wakeup: bool,
    /// The first descriptor can be read, or is at its end.
    pub(crate) first: bool,
    /// The second one.
    pub(crate) second: bool,
    /// The third one.
    pub(crate) third: bool,
}

impl Wakeup {
    pub(crate) fn new() -> io::Result<Arc<Self>> {
        let (ring, hear) = UnixStream::pair()?;
        ring.set_nonblocking(true)?;
        hear.set_nonblocking(true)?;
        Ok(Arc::new(Self { ring, hear }))
    }

    pub(crate) fn waker(self: &Arc<Self>) -> Waker {
        Waker::from(Arc::clone(self))
    }

    /// Sleeps until `deadline` at most, or until one of those descriptors that are given can be read.
    pub(crate) fn sleep(
        &self,
        [first, second, third]: [Option<BorrowedFd<'_>>; 3],
        deadline: Option<Instant>,
    ) -> io::Result<WakeReasons> {
        let own = self.hear.as_fd();
        // The wakeup descriptor stands in for one that is not given: polled twice, it is reported twice.
        let others = [first, second, third].map(|descriptor| descriptor.unwrap_or(own));
        let ready = poll_until([own, others[0], others[1], others[2]], deadline)?;
        if ready[0] {
            self.drain();
        }
        Ok(WakeReasons {
            wakeup: ready[0],
            first: first.is_some() && ready[1],
            second: second.is_some() && ready[2],
            third: third.is_some() && ready[3],
        })
    }

    fn drain(&self) {
        let mut rings = [0; 64];
        // It ends with an error when all are heard.
        while (&self.hear).read(&mut rings).is_ok_and(|read| read == rings.len()) {}
    }
}

impl Wake for Wakeup {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // It can only fail by having been rung very often without a sleep.
        let _rung = (&self.ring).write(&[1]);
    }
}

/// Sleeps until one of the descriptors can be read, or until `deadline`; says which can.
pub(crate) fn poll_until<const N: usize>(
    descriptors: [BorrowedFd<'_>; N],
    deadline: Option<Instant>,
) -> io::Result<[bool; N]> {
    loop {
        let left = deadline.map(|deadline| timespec(deadline.saturating_duration_since(Instant::now())));
        let mut fds = descriptors.map(|descriptor| PollFd::from_borrowed_fd(descriptor, PollFlags::IN));
        match poll(&mut fds, left.as_ref()) {
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(fds.map(|fd| !fd.revents().is_empty())),
        }
    }
}

fn timespec(duration: Duration) -> Timespec {
    // A duration that doesn't fit is longer than anything runs.
    Timespec::try_from(duration).unwrap_or_else(|_| Timespec { tv_sec: i32::MAX.into(), tv_nsec: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rung_before_the_sleep_and_only_once() {
        let wakeup = Wakeup::new().unwrap();
        wakeup.waker().wake_by_ref();
        wakeup.waker().wake();
        assert!(wakeup.sleep([None; 3], None).unwrap().wakeup);
        assert_eq!(wakeup.sleep([None; 3], Some(Instant::now())).unwrap(), WakeReasons::default());
    }

    #[test]
    fn a_pipe_with_bytes_or_at_its_end() {
        let wakeup = Wakeup::new().unwrap();
        let (reader, writer) = io::pipe().unwrap();
        assert_eq!(
            wakeup.sleep([None, Some(reader.as_fd()), None], Some(Instant::now())).unwrap(),
            WakeReasons::default()
        );
        drop(writer);
        assert_eq!(
            wakeup.sleep([None, Some(reader.as_fd()), None], None).unwrap(),
            WakeReasons { second: true, ..WakeReasons::default() }
        );
    }
}
