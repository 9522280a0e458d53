//! The user gives recordings up before they are finished: their FFmpegs are ended, which ends the wait for them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process};

/// Recordings that are given up together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    is_interrupted: bool,
    /// Processes that have not been waited for, so that their numbers are still theirs.
    processes: Vec<Pid>,
}

impl Interrupt {
    /// Ends every FFmpeg that is registered, and each that will be.
    pub(crate) fn interrupt(&self) {
        let mut state = self.state();
        state.is_interrupted = true;
        state.processes.iter().copied().for_each(kill);
    }

    /// Whether the recordings were given up.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.state().is_interrupted
    }

    /// Registers a process until the registration is dropped, which must be right before it is waited for.
    pub(crate) fn register(&self, process: Pid) -> Registration {
        let mut state = self.state();
        state.processes.push(process);
        if state.is_interrupted {
            kill(process);
        }
        Registration { interrupt: self.clone(), process }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Registration of a process.
#[derive(Debug)]
pub(crate) struct Registration {
    interrupt: Interrupt,
    process: Pid,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.interrupt.state().processes.retain(|process| *process != self.process);
    }
}

/// Ends a process. One that is stopped, or hangs, reacts to no other signal.
fn kill(process: Pid) {
    let _ended_meanwhile = kill_process(process, Signal::KILL);
}
