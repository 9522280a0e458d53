//! The real binary, what it says, and how it ends.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part of this module")]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::http::PATIENCE;
use crate::viewer::Door;

/// The command, without a display unless the test gives it one.
pub fn lanstream(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lanstream"));
    command.args(arguments).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").stdin(Stdio::null());
    command
}

/// Runs it to its own end.
pub fn run(arguments: &[&str]) -> Output {
    lanstream(arguments).output().expect("the binary is there")
}

/// A run that goes on until it is told to end, or the test ends.
pub struct Running {
    pub child: Child,
    lines: Receiver<String>,
    /// All of stderr, once it is closed.
    errors: Receiver<String>,
}

impl Running {
    pub fn start(arguments: &[&str]) -> Self {
        Self::spawn(lanstream(arguments))
    }

    pub fn spawn(command: Command) -> Self {
        let (mut running, stdout) = Self::unread(command);
        running.lines = lines_of(stdout);
        running
    }

    /// Nobody reads its stdout but the caller.
    pub fn unread(mut command: Command) -> (Self, ChildStdout) {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let stdout = child.stdout.take().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let (sender, errors) = channel();
        std::thread::spawn(move || {
            let mut text = String::new();
            let read = stderr.read_to_string(&mut text);
            let _test_is_over = sender.send(read.map_or_else(|error| error.to_string(), |_| text));
        });
        (Self { child, lines: channel().1, errors }, stdout)
    }

    /// The next line on stdout.
    pub fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("another line on stdout")
    }

    /// The next event, whatever it is. With `--json`.
    pub fn event(&self) -> Value {
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}"))
    }

    /// The next event of this name; those before it are dropped.
    pub fn next(&self, name: &str) -> Value {
        self.next_where(name, |_| true)
    }

    /// The next event of this name that fits; those before it are dropped.
    pub fn next_where(&self, name: &str, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let event = self.event();
            if event["event"] == name && fits(&event) {
                return event;
            }
        }
    }

    /// Where viewers come, from the first event. With `--json`.
    pub fn door(&self) -> Door {
        let ready = self.event();
        assert_eq!(ready["event"], "ready");
        Door::from_url(ready["url"].as_str().expect("a URL"))
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).unwrap();
        kill_process(pid, signal).expect("it runs");
    }

    /// Waits for its end. Returns its status, what it wrote on stdout after the last line taken, and all of stderr.
    pub fn end(mut self, within: Duration) -> (ExitStatus, String, String) {
        let stderr =
            self.errors.recv_timeout(within).unwrap_or_else(|_| panic!("it goes on after {within:?}"));
        let stdout = self.lines.iter().map(|line| line + "\n").collect();
        (self.child.wait().unwrap(), stdout, stderr)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn lines_of(stdout: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
