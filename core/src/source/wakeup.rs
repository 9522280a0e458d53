//! Wake-up of a source that waits for nothing but time.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Wake, Waker};
use std::time::Duration;

/// Sleep that another thread can end. A wake-up before the sleep is not lost: it ends the next one at once.
#[derive(Clone, Debug, Default)]
pub struct Wakeup(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    notified: Mutex<bool>,
    condvar: Condvar,
}

impl Wakeup {
    /// Returns a waker that ends the sleep, as [`Source::waker`](super::Source::waker) wants it.
    pub fn waker(&self) -> Waker {
        Waker::from(Arc::clone(&self.0))
    }

    /// Sleeps for `timeout`, or until woken, and returns whether it was woken. `None` is for as long as it takes.
    pub fn sleep(&self, timeout: Option<Duration>) -> bool {
        let notified = self.0.notified.lock().unwrap_or_else(PoisonError::into_inner);
        let timeout = timeout.unwrap_or(Duration::MAX);
        let slept = self.0.condvar.wait_timeout_while(notified, timeout, |notified| !*notified);
        let (mut notified, _) = slept.unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *notified)
    }
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        *self.notified.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.condvar.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_up_ends_the_sleep_before_it_during_it_and_once() {
        let wakeup = Wakeup::default();
        wakeup.waker().wake();
        assert!(wakeup.sleep(None));
        assert!(!wakeup.sleep(Some(Duration::ZERO)), "it counts once");
        let sleeper = wakeup.clone();
        let sleeping = std::thread::spawn(move || sleeper.sleep(None));
        wakeup.waker().wake();
        assert!(sleeping.join().unwrap());
    }
}
