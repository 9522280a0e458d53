//! The user gives a recording up before it is finished: its FFmpeg is ended, which ends the wait for it.

use std::sync::{Mutex, PoisonError};

use rustix::process::{Pid, Signal, kill_process};

/// FFmpegs of this process that have not been waited for, so that their numbers are theirs.
static RUNNING: Mutex<Running> = Mutex::new(Running { is_over: false, processes: Vec::new() });

struct Running {
    /// None is to run any more.
    is_over: bool,
    processes: Vec<Pid>,
}

/// Registration of a process, until it is dropped: right before the process is waited for.
#[derive(Debug)]
pub(crate) struct Interruptible(Pid);

impl Interruptible {
    pub(crate) fn new(process: Pid) -> Self {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.processes.push(process);
        if running.is_over {
            kill(process);
        }
        Self(process)
    }
}

impl Drop for Interruptible {
    fn drop(&mut self) {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.processes.retain(|process| *process != self.0);
    }
}

/// Ends every FFmpeg that is given frames, and each that comes after: for a program that must end at once.
pub(crate) fn interrupt() {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.is_over = true;
    running.processes.iter().copied().for_each(kill);
}

/// Whether recordings were given up.
pub(crate) fn is_interrupted() -> bool {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).is_over
}

/// One that is stopped, or hangs, hears of nothing less.
fn kill(process: Pid) {
    let _ended_meanwhile = kill_process(process, Signal::KILL);
}
