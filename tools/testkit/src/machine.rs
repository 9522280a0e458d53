//! The machine, which the tests of a binary share, and which one that measures has alone.
//!
//! Whatever starts something that takes the processor shares the machine for as long as that runs. A test that measures
//! asks for all of it first, and waits until the others are done with what they have started.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

/// Who has a part of the machine: the thread of each test, and how many.
static PARTS: Mutex<Parts> = Mutex::new(Parts { held: None, owner: None });
static CHANGED: Condvar = Condvar::new();

struct Parts {
    held: Option<HashMap<ThreadId, usize>>,
    /// The test that has all of it, or waits for the others to end.
    owner: Option<ThreadId>,
}

impl Parts {
    fn held(&mut self) -> &mut HashMap<ThreadId, usize> {
        self.held.get_or_insert_default()
    }
}

/// A part of the machine, or all of it, until it goes.
#[derive(Debug)]
pub struct Share {
    test: ThreadId,
    is_all: bool,
}

/// Takes a part, beside those of other tests. A test may take several, also where it has the machine alone; one that
/// has none yet waits while another has all. Parts belong to the thread that takes them: a test takes them on its own
/// thread, since one that waits for a helper thread that waits for the machine would wait for ever.
pub fn share() -> Share {
    let test = thread::current().id();
    let mut parts = wait_while(|parts| {
        let is_in = parts.owner == Some(test) || parts.held().contains_key(&test);
        parts.owner.is_some() && !is_in
    });
    *parts.held().entry(test).or_default() += 1;
    Share { test, is_all: false }
}

/// Takes all of it, once for a test, before that starts anything.
pub fn alone() -> Share {
    let test = thread::current().id();
    wait_while(|parts| parts.owner.is_some()).owner = Some(test);
    drop(wait_while(|parts| !parts.held().is_empty()));
    Share { test, is_all: true }
}

fn wait_while(mut condition: impl FnMut(&mut Parts) -> bool) -> MutexGuard<'static, Parts> {
    let parts = PARTS.lock().unwrap_or_else(PoisonError::into_inner);
    CHANGED.wait_while(parts, |parts| condition(parts)).unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut parts = PARTS.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_all {
            parts.owner = None;
        } else if let Some(count) = parts.held().get_mut(&self.test) {
            *count -= 1;
            if *count == 0 {
                parts.held().remove(&self.test);
            }
        }
        CHANGED.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn who_has_it_alone_has_waited_for_the_others_and_keeps_new_ones_out() {
        let (first, second) = (share(), share());
        let is_alone = AtomicBool::new(false);
        thread::scope(|scope| {
            let measuring = scope.spawn(|| {
                let all = alone();
                is_alone.store(true, Ordering::SeqCst);
                // It may still start things.
                drop(share());
                scope.spawn(|| {
                    let _part = share();
                    assert!(!is_alone.load(Ordering::SeqCst), "a part was given away beside all");
                });
                is_alone.store(false, Ordering::SeqCst);
                drop(all);
            });
            drop(first);
            assert!(!is_alone.load(Ordering::SeqCst), "a part is still held");
            // Who has a part already may take another: it would never end otherwise.
            drop(share());
            drop(second);
            measuring.join().unwrap();
        });
    }
}
