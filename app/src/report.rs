//! What a run says: the URL or JSON objects on stdout, words and a live status line on stderr.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use lanstream::{Event, Stats};

/// Says things, from any thread.
#[derive(Clone, Debug)]
pub(crate) struct Reporter {
    json: bool,
    terminal: bool,
    /// Whether the last line on the terminal is a status line, to be overwritten.
    status: Arc<Mutex<bool>>,
}

impl Reporter {
    /// `terminal`: whether stderr is one.
    pub(crate) fn new(json: bool, terminal: bool) -> Self {
        Self { json, terminal, status: Arc::default() }
    }

    /// Says what happened.
    pub(crate) fn event(&self, event: &Event) {
        if self.json {
            return self.json(event);
        }
        match event {
            Event::Ready { url, .. } => print_line(url),
            Event::Stats(stats) => self.status(stats),
            Event::ViewerJoined { viewer, viewers } => {
                self.say(&format!("viewer {viewer} joined ({viewers} now)"))
            }
            Event::ViewerLeft { viewer, viewers, reason, .. } => {
                let why = reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
                self.say(&format!("viewer {viewer} left ({viewers} now){why}"));
            }
            Event::Source { state, text } => self.say(&format!("source {state}: {text}")),
            Event::Error { message } => self.say(&format!("error: {message}")),
            _ => {}
        }
    }

    /// Says a sentence to the person at the terminal.
    pub(crate) fn say(&self, text: &str) {
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        let clear = if std::mem::take(&mut *status) { "\r\x1b[K" } else { "" };
        write_error(&format!("{clear}lanstream: {text}\n"));
    }

    /// Says why the run failed.
    pub(crate) fn error(&self, message: &str) {
        if self.json {
            self.json(&Event::Error { message: message.to_owned() });
        }
        self.say(&format!("error: {message}"));
    }

    /// Leaves the status line behind.
    pub(crate) fn finish(&self) {
        if std::mem::take(&mut *self.status.lock().unwrap_or_else(PoisonError::into_inner)) {
            write_error("\n");
        }
    }

    fn json(&self, event: &Event) {
        match serde_json::to_string(event) {
            Ok(line) => print_line(&line),
            Err(error) => tracing::error!(%error, "an event could not be written"),
        }
    }

    fn status(&self, stats: &Stats) {
        if !self.terminal {
            return;
        }
        let Stats { viewers, fps, mbps, latency_ms, .. } = stats;
        let plural = if *viewers == 1 { "" } else { "s" };
        let line = format!("{fps:5.1} fps  {mbps:7.1} Mbit/s  {viewers} viewer{plural}  {latency_ms:5.1} ms");
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = true;
        write_error(&format!("\r\x1b[K{line}"));
    }
}

/// A reader that is gone is no reason to fail: the run goes on without being heard.
fn print_line(line: &str) {
    let mut stdout = std::io::stdout().lock();
    let _unheard = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

fn write_error(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _unheard = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
