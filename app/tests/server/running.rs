//! The real binary, what it says, and how it ends.

use std::io::Read;
use std::path::Path;
use std::process::{ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use lanstream_testkit::display::Display;
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::library;
use lanstream_testkit::process::Process;
use lanstream_testkit::viewer::Door;
use rustix::process::Signal;
use serde_json::Value;

/// The repository.
pub(crate) const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// Pixels of a display.
pub(crate) const SCREEN: (u32, u32) = (640, 480);
/// Time for a run to end once it is told to.
pub(crate) const END_WITHIN: Duration = Duration::from_secs(1);

/// A pattern whose pictures are small.
pub(crate) const SMALL: [&str; 5] = ["pattern", "--kind", "motion", "--size", "640x360"];

/// The command, without a display unless the test gives it one, and without installed plugins.
pub(crate) fn lanstream(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lanstream"));
    command.args(arguments);
    alone(&mut command);
    command
}

/// Takes from a command's surroundings what it could find there: displays, installed plugins, and a terminal.
pub(crate) fn alone(command: &mut Command) {
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("XDG_SESSION_TYPE");
    command.stdin(Stdio::null());
    command.env("XDG_DATA_HOME", "/nonexistent").env("XDG_CACHE_HOME", "/nonexistent");
}

/// Folder of the workspace's libraries and examples, which cargo builds as it built this test.
pub(crate) static BUILT: LazyLock<&Path> =
    LazyLock::new(|| library::build_workspace(env!("CARGO_BIN_EXE_lanstream")));

/// Runs it to its own end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    lanstream(arguments).output().expect("the binary is there")
}

/// A run that shows a small pattern.
pub(crate) fn small(more: &[&'static str]) -> Running {
    Running::start(&[&SMALL, more].concat())
}

/// The command on a display.
pub(crate) fn on(display: &Display, arguments: &[&str]) -> Command {
    let mut command = lanstream(arguments);
    command.env("DISPLAY", &display.name);
    command
}

/// What a run wrote on stdout.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a run wrote on stderr.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A run that goes on until it is told to end, or the test ends.
pub(crate) struct Running {
    process: Process,
    lines: Receiver<String>,
    /// All of stderr, once it is closed.
    errors: Receiver<String>,
}

impl Running {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::spawn(lanstream(arguments))
    }

    pub(crate) fn spawn(command: Command) -> Self {
        let (mut process, errors) = started(command);
        let lines = process.lines();
        Self { process, lines, errors }
    }

    /// Nobody reads its stdout but the caller.
    pub(crate) fn unread(command: Command) -> (Self, ChildStdout) {
        let (mut process, errors) = started(command);
        let stdout = process.stdout();
        (Self { process, lines: channel().1, errors }, stdout)
    }

    /// The next line on stdout.
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("another line on stdout")
    }

    /// The next event, whatever it is. With `--json`.
    pub(crate) fn event(&self) -> Value {
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}"))
    }

    /// The next event of this name; those before it are dropped.
    pub(crate) fn next(&self, name: &str) -> Value {
        self.next_where(name, |_| true)
    }

    /// The next event of this name that fits; those before it are dropped.
    pub(crate) fn next_where(&self, name: &str, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let event = self.event();
            if event["event"] == name && fits(&event) {
                return event;
            }
        }
    }

    /// Where viewers come, from the first event. With `--json`.
    pub(crate) fn door(&self) -> Door {
        let ready = self.event();
        assert_eq!(ready["event"], "ready");
        Door::from_url(ready["url"].as_str().expect("a URL"))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn goes_on(&self) -> bool {
        !self.process.has_ended()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Waits for its end. Returns its status, what it wrote on stdout after the last line taken, and all of stderr.
    pub(crate) fn end(mut self, within: Duration) -> (ExitStatus, String, String) {
        let stderr =
            self.errors.recv_timeout(within).unwrap_or_else(|_| panic!("it goes on after {within:?}"));
        let stdout = self.lines.iter().map(|line| line + "\n").collect();
        (self.process.wait(), stdout, stderr)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.process.kill();
    }
}

/// Starts a command. Returns what takes all of its stderr, once that is closed, besides.
fn started(mut command: Command) -> (Process, Receiver<String>) {
    let mut process = Process::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
    let mut stderr = process.stderr();
    let (sender, errors) = channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = stderr.read_to_string(&mut text);
        let _test_is_over = sender.send(read.map_or_else(|error| error.to_string(), |_| text));
    });
    (process, errors)
}
