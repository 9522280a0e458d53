//! A program that is ended, with all that it started, when its value goes.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, pidfd_open, waitid,
};

use crate::machine::{self, Share};

/// How long a program may take to end by itself once asked to.
const GRACE: Duration = Duration::from_secs(3);

/// Returns the processes that a process has started and not waited for, as Linux lists them.
pub fn children(pid: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().map_while(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// A running program that leads a process group of its own: Ctrl-C at the terminal does not reach it, only its owner
/// ends it.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    /// Its number may be another program's by now.
    is_reaped: bool,
    _machine: Share,
}

impl Process {
    /// Starts a program.
    pub fn start(command: &mut Command) -> Self {
        let machine = machine::share();
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.process_group(0).spawn().unwrap_or_else(|error| {
            panic!("can't run {name} ({error}): `cargo xtask setup` installs what is needed here")
        });
        Self { name, child, is_reaped: false, _machine: machine }
    }

    /// Returns the number by which the system knows it.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Takes its standard input, which must be piped.
    pub fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("standard input is piped and taken once")
    }

    /// Takes its standard output, which must be piped.
    pub fn stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("standard output is piped and taken once")
    }

    /// Takes its standard error, which must be piped.
    pub fn stderr(&mut self) -> ChildStderr {
        self.child.stderr.take().expect("standard error is piped and taken once")
    }

    /// Returns every line on its piped standard output, as it comes. What nobody takes is read all the same, so that it
    /// never blocks.
    pub fn lines(&mut self) -> Receiver<String> {
        let output = self.stdout();
        let (sender, receiver) = channel();
        let read = move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let _nobody_listens = sender.send(line);
            }
        };
        std::thread::Builder::new().name(format!("{} output", self.name)).spawn(read).unwrap();
        receiver
    }

    /// Sends a signal to the program alone. It must run.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it runs");
    }

    /// Sends a signal to the program and all that it started.
    pub fn signal_all(&self, signal: Signal) {
        // All of them may have ended already.
        let _ended = kill_process_group(self.pid(), signal);
    }

    /// Waits for the program's own end.
    pub fn wait(&mut self) -> ExitStatus {
        self.is_reaped = true;
        self.child.wait().unwrap()
    }

    /// Whether the program has ended by itself.
    pub fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.is_reaped || !matches!(waitid(WaitId::Pid(self.pid()), options), Ok(None))
    }

    /// Ends it and all that it started without a farewell.
    pub fn kill(&mut self) {
        if !self.is_reaped {
            self.signal_all(Signal::KILL);
            self.wait();
        }
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Returns whether the program ends by itself within a time.
    pub fn ends_within(&self, time: Duration) -> bool {
        let time = Timespec::try_from(time).expect("a test waits for seconds");
        let process = pidfd_open(self.pid(), PidfdFlags::empty()).expect("it is not reaped");
        let ended = retry_on_intr(|| poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&time)));
        ended.is_ok_and(|ended| ended > 0)
    }
}

impl Drop for Process {
    /// Asks, waits, then makes sure. The leader is reaped last: until then its number, which names the group, is taken,
    /// and can't have become another's.
    fn drop(&mut self) {
        if self.is_reaped {
            return;
        }
        self.signal_all(Signal::TERM);
        self.signal_all(Signal::CONT);
        let _or_not = self.ends_within(GRACE);
        self.kill();
    }
}
