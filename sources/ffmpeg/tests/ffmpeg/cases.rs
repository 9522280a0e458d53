//! Cases of one test, several at a time.

use std::sync::{Mutex, PoisonError};
use std::thread;

/// Cases at a time: more than there are cores, since most of a case is waiting for FFmpeg and for the second that the
/// last frame of a stream stays.
const AT_ONCE: usize = 8;

/// Checks every case. One that fails makes the test fail when all are done.
pub(crate) fn each<I>(cases: I, check: impl Fn(I::Item) + Sync)
where
    I: IntoIterator<IntoIter: Send>,
{
    let cases = Mutex::new(cases.into_iter());
    let next = || cases.lock().unwrap_or_else(PoisonError::into_inner).next();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = next() {
                    check(case);
                }
            });
        }
    });
}
