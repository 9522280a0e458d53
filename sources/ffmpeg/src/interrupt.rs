//! A program that is asked to end does not wait for a camera that does not answer: what is being opened is given up.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::Wake;

use lanstream_wakeup::Wakeup;

/// What is being opened in this process.
static OPENINGS: Mutex<Openings> = Mutex::new(Openings { is_over: false, wakeups: Vec::new() });

struct Openings {
    /// Nothing is opened any more.
    is_over: bool,
    wakeups: Vec<Weak<Wakeup>>,
}

/// Has every opening that is under way in this process, and each one after it, fail at once: for a program that is
/// about to end.
pub(crate) fn interrupt_openings() {
    let mut openings = OPENINGS.lock().unwrap_or_else(PoisonError::into_inner);
    openings.is_over = true;
    openings.wakeups.drain(..).filter_map(|wakeup| wakeup.upgrade()).for_each(Wake::wake);
}

/// Whether openings are to fail.
pub(crate) fn is_interrupted() -> bool {
    OPENINGS.lock().unwrap_or_else(PoisonError::into_inner).is_over
}

/// Registers `wakeup`, which is used when its opening must be given up.
pub(crate) fn listen(wakeup: &Arc<Wakeup>) {
    let mut openings = OPENINGS.lock().unwrap_or_else(PoisonError::into_inner);
    openings.wakeups.retain(|wakeup| wakeup.strong_count() > 0);
    openings.wakeups.push(Arc::downgrade(wakeup));
}
