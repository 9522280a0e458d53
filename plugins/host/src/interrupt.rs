//! The user gives the sinks of a factory up before they have finished.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// Sinks that are given up together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    is_interrupted: bool,
    /// What interrupts each open sink, by a number of its own.
    sinks: Vec<(u64, Waker)>,
    next: u64,
}

impl Interrupt {
    /// Interrupts every sink that is registered, and each that will be.
    pub(crate) fn interrupt(&self) {
        let mut state = self.state();
        state.is_interrupted = true;
        let wakers: Vec<_> = state.sinks.iter().map(|(_, waker)| waker.clone()).collect();
        // A plugin's function may never return, and sinks end meanwhile.
        drop(state);
        wakers.iter().for_each(Waker::wake_by_ref);
    }

    /// Whether the sinks were given up.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.state().is_interrupted
    }

    /// Registers what interrupts a sink until the registration is dropped.
    pub(crate) fn register(&self, waker: Waker) -> Registration {
        let mut state = self.state();
        if state.is_interrupted {
            waker.wake_by_ref();
        }
        let number = state.next;
        state.next += 1;
        state.sinks.push((number, waker));
        Registration { interrupt: self.clone(), number }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Registration of a sink.
#[derive(Debug)]
pub(crate) struct Registration {
    interrupt: Interrupt,
    number: u64,
}

impl Registration {
    /// Whether the sink was given up.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupt.is_interrupted()
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.interrupt.state().sinks.retain(|(number, _)| *number != self.number);
    }
}
