//! What a run says: the URL or JSON objects on stdout, words and a live status line on stderr.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lanstream::{Event, Stats};
use lanstream_core::text::{harmless, is_harmful};

use crate::output::{self, Output};

/// Events that may wait until the URL is known.
const EARLY_MAX: usize = 1024;
/// Time for what was said to be read, at the end of a run that was asked to stop.
const STOP_PATIENCE: Duration = Duration::from_millis(100);
/// The same of a run that ends by itself: whoever waits for its reason may be slow to read it.
const END_PATIENCE: Duration = Duration::from_secs(2);

/// Says things, from any thread, and waits for no one who listens.
#[derive(Clone, Debug)]
pub(crate) struct Reporter {
    json: bool,
    terminal: bool,
    /// Whether the last line on the terminal is a status line, to be overwritten.
    status: Arc<Mutex<bool>>,
    /// What happened before the URL was known, which comes first; `None` means it is known.
    early: Arc<Mutex<Option<Vec<Event>>>>,
    out: Output,
    error: Output,
}

/// Returns the output to standard error, of which there is one: the log goes there, too.
pub(crate) fn standard_error() -> Output {
    Output::start("stderr", std::io::stderr(), |dropped| format!("lanstream: {dropped} lines dropped\n"))
}

impl Reporter {
    /// `terminal`: whether stderr is one.
    pub(crate) fn new(json: bool, terminal: bool, error: Output) -> Self {
        let notice = |dropped| line_of(&Event::Dropped { lines: dropped });
        let out = Output::start("stdout", std::io::stdout(), notice);
        let early = Arc::new(Mutex::new(Some(Vec::new())));
        Self { json, terminal, status: Arc::default(), early, out, error }
    }

    /// Says what happened. What does before the URL is known is said after it.
    pub(crate) fn event(&self, event: Event) {
        let mut early = self.early.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *early {
            Some(waiting) if !matches!(event, Event::Ready { .. }) => {
                waiting.extend((waiting.len() < EARLY_MAX).then_some(event));
            }
            _ => {
                self.tell(&event);
                early.take().into_iter().flatten().for_each(|event| self.tell(&event));
            }
        }
    }

    fn tell(&self, event: &Event) {
        if self.json {
            return self.json(event);
        }
        match event {
            Event::Ready { url, .. } => self.out.write(format!("{url}\n")),
            Event::Stats(stats) => self.status(stats),
            Event::ViewerJoined { viewer, viewers } => {
                self.say(&format!("viewer {viewer} joined ({viewers} now)"))
            }
            Event::ViewerLeft { viewer, viewers, reason, .. } => {
                let why = reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
                self.say(&format!("viewer {viewer} left ({viewers} now){why}"));
            }
            Event::Sink { sink, state, text } => self.say(&format!("sink {sink} {state}: {text}")),
            Event::Source { state, text } => self.say(&format!("source {state}: {text}")),
            Event::Description { stalled, alterations, .. } => {
                alterations.iter().chain(stalled).for_each(|phrase| self.say(&format!("note: {phrase}")));
            }
            Event::Ended { code: "stopped", reason } => self.error.write(format!("{reason}\n")),
            Event::Error { message } => self.say(&format!("error: {message}")),
            _ => {}
        }
    }

    /// Says a sentence to the person at the terminal.
    pub(crate) fn say(&self, text: &str) {
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        let clear = if std::mem::take(&mut *status) { "\r\x1b[K" } else { "" };
        self.error.write(format!("{clear}lanstream: {}\n", harmless(text)));
    }

    /// Says why the run failed.
    pub(crate) fn error(&self, message: &str) {
        let early = self.early.lock().unwrap_or_else(PoisonError::into_inner).take();
        early.into_iter().flatten().for_each(|event| self.tell(&event));
        if self.json {
            self.json(&Event::Error { message: message.to_owned() });
        }
        self.finish();
        self.error.write(format!("lanstream: error: {}\n", harmless(message)));
    }

    /// Leaves the status line behind.
    pub(crate) fn finish(&self) {
        if std::mem::take(&mut *self.status.lock().unwrap_or_else(PoisonError::into_inner)) {
            self.error.write("\n".to_owned());
        }
    }

    /// Lets what was said be read, for a moment; for less where somebody waits for the end.
    pub(crate) fn flush(&self, is_stopped: bool) {
        let patience = if is_stopped { STOP_PATIENCE } else { END_PATIENCE };
        output::flush(&[&self.out, &self.error], patience);
    }

    fn json(&self, event: &Event) {
        self.out.write(line_of(event));
    }

    fn status(&self, stats: &Stats) {
        if !self.terminal {
            return;
        }
        let Stats { viewers, fps, mbps, latency_ms, .. } = stats;
        let plural = if *viewers == 1 { "" } else { "s" };
        let line = format!("{fps:5.1} fps  {mbps:7.1} Mbit/s  {viewers} viewer{plural}  {latency_ms:5.1} ms");
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.error.write(format!("\r\x1b[K{line}"));
    }
}

/// A line of JSON, in which what a terminal obeys can only stand in strings, where it is written as an escape: nothing
/// is lost.
pub(crate) fn escaped(json: &str) -> String {
    let mut line = String::with_capacity(json.len());
    for c in json.chars() {
        if is_harmful(c) {
            line.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            line.push(c);
        }
    }
    line
}

/// An event's line on stdout.
fn line_of(event: &Event) -> String {
    let json = serde_json::to_string(event).expect("events are made of text and numbers");
    format!("{}\n", escaped(&json))
}

/// A reader that is gone is no reason to fail: the run goes on without being heard.
pub(crate) fn print_line(line: &str) {
    let mut stdout = std::io::stdout().lock();
    let _unheard = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

pub(crate) fn write_error(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _unheard = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_on_a_terminal_is_harmless_and_says_the_same() {
        let title = "gpj.\u{202e}exe \u{9b}31m \u{7f} \u{1b}[2J Über";
        let line = escaped(&serde_json::to_string(title).unwrap());
        assert_eq!(line, r#""gpj.\u202eexe \u009b31m \u007f \u001b[2J Über""#);
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), title);
    }
}
