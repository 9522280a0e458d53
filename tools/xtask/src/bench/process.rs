//! A program that is ended, with all that it started, when its value goes.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use super::patience::Patience;

/// How long a program may take to end by itself once asked to.
const GRACE: Duration = Duration::from_secs(3);
/// Between two looks at whether it has.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// A running program in a process group of its own: Ctrl-C at the terminal does not reach it, only we end it.
pub(crate) struct Process {
    name: String,
    child: Child,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.process_group(0).spawn().with_context(|| format!("can't run {name}"))?;
        Ok(Self { name, child })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The first line on its piped standard output that `pick` takes. The rest is read and dropped, so that it never blocks.
    pub(crate) fn line<T>(
        &mut self,
        what: &str,
        limit: Duration,
        patience: &Patience,
        pick: impl Fn(&str) -> Option<T>,
    ) -> anyhow::Result<T> {
        let lines = self.lines()?;
        patience.until(what, limit, || match lines.try_recv() {
            Ok(line) => Ok(pick(&line)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => bail!("it ended without a {what}"),
        })
    }

    /// Every line on its piped standard output, as it comes.
    pub(crate) fn lines(&mut self) -> anyhow::Result<Receiver<String>> {
        let output = self.child.stdout.take().context("standard output is piped and read once")?;
        let (sender, receiver) = mpsc::channel();
        std::thread::Builder::new().name(format!("{} output", self.name)).spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // Nobody listens any more once the line was found.
                let _ = sender.send(line);
            }
        })?;
        Ok(receiver)
    }

    fn has_ended(&self, pid: Pid) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(rustix::process::waitid(WaitId::Pid(pid), options), Ok(None))
    }
}

impl Drop for Process {
    /// Asks, waits, then makes sure. The leader is reaped last: until then its number, which names the group, is taken,
    /// and can't have become another's.
    fn drop(&mut self) {
        let pid = Pid::from_child(&self.child);
        let _ = rustix::process::kill_process_group(pid, Signal::TERM);
        let end = Instant::now() + GRACE;
        while !self.has_ended(pid) && Instant::now() < end {
            std::thread::sleep(POLL_INTERVAL);
        }
        let _ = rustix::process::kill_process_group(pid, Signal::KILL);
        let _ = self.child.wait();
    }
}
