//! A running lanstream: the release build of this tree, and the events that it prints.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use lanstream_testkit::process::Process;
use serde_json::Value;

use crate::patience::Patience;
use crate::repository;

/// Time for an event to come, on a machine that is busy with other things: a browser has started and shown pictures.
const EVENT_TIMEOUT: Duration = Duration::from_secs(60);

/// Builds the release.
pub(crate) fn build() -> anyhow::Result<()> {
    let status = repository::cargo().args(["build", "--release", "-p", "lanstream"]).status()?;
    ensure!(status.success(), "cargo build ended with {status}");
    Ok(())
}

/// Path of the release.
pub(crate) fn path() -> PathBuf {
    repository::target().join("release/lanstream")
}

/// A lanstream that serves.
pub(crate) struct Lanstream {
    process: Process,
    events: Receiver<String>,
    url: String,
}

impl Lanstream {
    /// Starts `command`, which writes events to its standard output, and waits until it serves.
    pub(crate) fn start(command: &mut Command, patience: &Patience) -> anyhow::Result<Self> {
        let mut process = Process::start(command.stdin(Stdio::null()).stdout(Stdio::piped()));
        let events = process.lines();
        let mut lanstream = Self { process, events, url: String::new() };
        let ready = lanstream.next(patience, |event| event["event"] == "ready")?;
        ready["url"].as_str().context("the ready event has no URL")?.clone_into(&mut lanstream.url);
        Ok(lanstream)
    }

    /// Returns the process's id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Returns the port that the page is served on.
    pub(crate) fn port(&self) -> anyhow::Result<u16> {
        let port = self.url.split(['/', ':']).find_map(|part| part.parse().ok());
        port.with_context(|| format!("{} has no port", self.url))
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&self) -> bool {
        self.process.has_ended()
    }

    /// Ends it without a farewell.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Returns the URL of the page with these options, as `transport=http&stats=1`.
    pub(crate) fn url(&self, query: &str) -> String {
        self.url.replacen("/#", &format!("/?{query}#"), 1)
    }

    /// Waits for the next event that is `wanted`.
    pub(crate) fn next(&self, patience: &Patience, wanted: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        patience.until("event of the server", EVENT_TIMEOUT, || match self.events.try_recv() {
            Ok(line) => Ok(serde_json::from_str(&line).ok().filter(|event| wanted(event))),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => bail!("the server has ended"),
        })
    }

    /// Waits for numbers of a second in which frames were painted.
    pub(crate) fn next_painted(&self, patience: &Patience) -> anyhow::Result<Value> {
        self.next(patience, |event| event["painted"].as_f64() > Some(0.0))
    }

    /// Waits for the numbers of the next `seconds` seconds.
    pub(crate) fn stats(&self, seconds: u32, patience: &Patience) -> anyhow::Result<Vec<Value>> {
        (0..seconds).map(|_| self.next(patience, |event| event["event"] == "stats")).collect()
    }
}
