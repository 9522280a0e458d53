//! What a run says: the URL or JSON objects on stdout, words and a live status line on stderr.

use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lanstream::{Event, Stats};
use lanstream_core::text::{harmless, is_harmful};

/// Words that may wait for their reader: minutes of events. Beyond it they are lost, since a run must not wait for a
/// program that started it and reads no further than the URL.
const WORDS_MAX: usize = 1024;
/// Time for them to be read, at the end.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(300);

/// Says things, from any thread, and waits for no one who listens.
#[derive(Clone, Debug)]
pub(crate) struct Reporter {
    json: bool,
    terminal: bool,
    /// Whether the last line on the terminal is a status line, to be overwritten.
    status: Arc<Mutex<bool>>,
    /// What happened before the URL was known, which comes first; `None` means it is known.
    early: Arc<Mutex<Option<Vec<Event>>>>,
    words: SyncSender<Words>,
}

/// What must be written.
#[derive(Debug)]
enum Words {
    Out(String),
    Error(String),
    /// Tell that all before it is written.
    End(SyncSender<()>),
}

impl Reporter {
    /// `terminal`: whether stderr is one.
    pub(crate) fn new(json: bool, terminal: bool) -> Self {
        let (words, written) = sync_channel(WORDS_MAX);
        // It may hang for good in a pipe that no one reads, so it is never joined; `flush` waits for what matters.
        let writer = std::thread::Builder::new().name("report".into()).spawn(move || write_all(&written));
        if let Err(error) = writer {
            tracing::error!(%error, "nothing can be said");
        }
        let early = Arc::new(Mutex::new(Some(Vec::new())));
        Self { json, terminal, status: Arc::default(), early, words }
    }

    /// Says what happened. What does before the URL is known is said after it.
    pub(crate) fn event(&self, event: Event) {
        let mut early = self.early.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *early {
            Some(waiting) if !matches!(event, Event::Ready { .. }) => {
                waiting.extend((waiting.len() < WORDS_MAX).then_some(event));
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
            Event::Ready { url, .. } => self.write(Words::Out(url.clone())),
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
            Event::Ended { code: "stopped", reason } => self.write(Words::Error(format!("{reason}\n"))),
            Event::Error { message } => self.say(&format!("error: {message}")),
            _ => {}
        }
    }

    /// Says a sentence to the person at the terminal.
    pub(crate) fn say(&self, text: &str) {
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        let clear = if std::mem::take(&mut *status) { "\r\x1b[K" } else { "" };
        self.write(Words::Error(format!("{clear}lanstream: {}\n", harmless(text))));
    }

    /// Says why the run failed.
    pub(crate) fn error(&self, message: &str) {
        let early = self.early.lock().unwrap_or_else(PoisonError::into_inner).take();
        early.into_iter().flatten().for_each(|event| self.tell(&event));
        if self.json {
            self.json(&Event::Error { message: message.to_owned() });
        }
        self.finish();
        self.flush();
        // Nothing comes after it, so it is worth waiting for.
        write_error(&format!("lanstream: error: {}\n", harmless(message)));
    }

    /// Leaves the status line behind.
    pub(crate) fn finish(&self) {
        if std::mem::take(&mut *self.status.lock().unwrap_or_else(PoisonError::into_inner)) {
            self.write(Words::Error("\n".to_owned()));
        }
    }

    /// Lets what was said be heard, for a moment.
    pub(crate) fn flush(&self) {
        let (told, end) = sync_channel(1);
        if self.words.try_send(Words::End(told)).is_ok() {
            let _unheard = end.recv_timeout(FLUSH_TIMEOUT);
        }
    }

    fn write(&self, words: Words) {
        let _unheard = self.words.try_send(words);
    }

    fn json(&self, event: &Event) {
        match serde_json::to_string(event) {
            Ok(line) => self.write(Words::Out(escaped(&line))),
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
        self.write(Words::Error(format!("\r\x1b[K{line}")));
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

fn write_all(words: &Receiver<Words>) {
    for words in words {
        match words {
            Words::Out(line) => print_line(&line),
            Words::Error(text) => write_error(&text),
            Words::End(told) => drop(told.send(())),
        }
    }
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

/// Stderr for whatever is logged, with words of others in it.
#[derive(Debug)]
pub(crate) struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        std::io::stderr().lock().write_all(harmless(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().lock().flush()
    }
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
