//! A program that is ended, with all that it started, when its value goes.
#![allow(dead_code, reason = "each test uses its part of this module")]

use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// How long a program may take to end by itself once asked to.
const GRACE: Duration = Duration::from_secs(3);
/// Between two looks at whether it has.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// A running program that leads a process group of its own.
pub(crate) struct Process {
    pub(crate) child: Child,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.process_group(0).spawn().unwrap_or_else(|error| {
            panic!("can't run {name} ({error}): `cargo xtask setup` installs what these tests need")
        });
        Self { child }
    }

    /// Sends a signal to the program and all that it started.
    pub(crate) fn signal(&self, signal: Signal) {
        // All of them may have ended already.
        let _ = kill_process_group(Pid::from_child(&self.child), signal);
    }

    /// Ends it without a farewell.
    pub(crate) fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.child.wait().unwrap();
    }

    fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(waitid(WaitId::Pid(Pid::from_child(&self.child)), options), Ok(None))
    }
}

impl Drop for Process {
    /// Asks, waits, then makes sure. The leader is reaped last: until then its number, which names the group, is taken.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        self.signal(Signal::TERM);
        self.signal(Signal::CONT);
        let end = Instant::now() + GRACE;
        while !self.has_ended() && Instant::now() < end {
            std::thread::sleep(POLL_INTERVAL);
        }
        self.signal(Signal::KILL);
        let _ = self.child.wait();
    }
}
