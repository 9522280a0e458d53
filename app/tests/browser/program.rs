//! The built binary at work, and what it says.

use std::io::{BufRead, BufReader};
use std::process::{ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

use lanstream_testkit::compositor::Compositor;
use lanstream_testkit::display::Display;
use lanstream_testkit::process::Process;
use lanstream_testkit::wait::until;
use serde_json::Value;

/// A running `lanstream`.
pub(crate) struct Lanstream {
    pub(crate) process: Process,
    events: Arc<Mutex<Vec<Value>>>,
    url: String,
}

impl Lanstream {
    /// Of a display.
    pub(crate) fn capture(display: &Display, arguments: &[&str]) -> Self {
        let mut command = Command::new(BINARY);
        command.args(["capture", "--backend", "x11"]).args(arguments).env("DISPLAY", &display.name);
        Self::start(&mut command)
    }

    /// Of a Wayland compositor.
    pub(crate) fn capture_from(compositor: &Compositor, arguments: &[&str]) -> Self {
        let mut command = Command::new(BINARY);
        command.arg("capture").args(arguments).env("WAYLAND_DISPLAY", compositor.socket());
        Self::start(&mut command)
    }

    /// Of a test pattern.
    pub(crate) fn pattern(arguments: &[&str]) -> Self {
        Self::start(Command::new(BINARY).arg("pattern").args(arguments))
    }

    /// Of whatever these arguments say, with this before its stdin.
    pub(crate) fn run(arguments: &[&str], stdin: Stdio) -> Self {
        Self::start(Command::new(BINARY).args(arguments).stdin(stdin))
    }

    fn start(command: &mut Command) -> Self {
        let mut process = Process::start(command.arg("--json").stdout(Stdio::piped()));
        let events = Arc::<Mutex<Vec<Value>>>::default();
        let output = process.stdout();
        let theirs = Arc::clone(&events);
        std::thread::Builder::new()
            .name("lanstream output".to_owned())
            .spawn(move || read(output, &theirs))
            .unwrap();
        let mut server = Self { process, events, url: String::new() };
        let ready = server.event("ready", 0);
        ready["url"].as_str().expect("it says where").clone_into(&mut server.url);
        server
    }

    /// The page's address, with options, and the token.
    pub(crate) fn page(&self, query: &str) -> String {
        self.url.replace("/#", &format!("/{query}#"))
    }

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> &str {
        self.url.split_once("/#").expect("there is a token").0
    }

    pub(crate) fn token(&self) -> &str {
        self.url.split_once('#').expect("there is a token").1
    }

    pub(crate) fn port(&self) -> &str {
        self.origin().rsplit_once(':').expect("there is a port").1
    }

    /// What it said so far of a kind.
    pub(crate) fn events(&self, kind: &str) -> Vec<Value> {
        let events = self.events.lock().unwrap();
        events.iter().filter(|event| event["event"] == kind).cloned().collect()
    }

    /// Waits for the event of a kind with this number, counted from 0.
    pub(crate) fn event(&self, kind: &str, number: usize) -> Value {
        until(&format!("event {number} {kind}"), || {
            let events = self.events(kind);
            events.get(number).cloned().ok_or_else(|| format!("{} there", events.len()))
        })
    }

    /// The numbers of a second that is not over yet.
    pub(crate) fn next_stats(&self) -> Value {
        self.event("stats", self.events("stats").len())
    }

    /// Waits for the numbers of a second that are as wanted.
    pub(crate) fn stats_where(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        until(what, || {
            let last = self.events("stats").pop().unwrap_or_default();
            if wanted(&last) { Ok(last) } else { Err(last) }
        })
    }
}

/// Built by Cargo for these tests.
const BINARY: &str = env!("CARGO_BIN_EXE_lanstream");

fn read(output: ChildStdout, events: &Mutex<Vec<Value>>) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let event = serde_json::from_str(&line).expect("each line is a JSON object");
        events.lock().unwrap().push(event);
    }
}
