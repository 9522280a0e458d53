//! The log on standard error: what `tracing` tells, without a wait, and from each callsite only so much.
//!
//! Strangers can have lines written, one for each connection for instance. Beyond a budget the lines of one callsite
//! are counted instead, and the count is written once a second.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lanstream_core::text::harmless;
use tracing::callsite::Identifier;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt as lines;
use tracing_subscriber::fmt::format::{DefaultFields, FormatFields as _, Writer};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::output::{self, Output};

/// Lines that one callsite may write at once: FFmpeg tells of a file in fewer.
const LINES_AT_ONCE_MAX: f64 = 100.0;
/// Lines that one callsite may write in a second, in the long run: a megabyte an hour.
const LINES_PER_SECOND_MAX: f64 = 5.0;

/// Level at which somebody looks for a fault and wants every line.
const VERBOSE_ALL: u8 = 2;
/// Time for the words of a panic to be read: the process may end right after it.
const PANIC_PATIENCE: Duration = Duration::from_millis(100);

/// Has all that is logged written to `output`. Returns what must be asked once a second for lines that were left out.
pub(crate) fn start(output: &Output, verbose: u8) -> LeftOut {
    let level = match verbose {
        0 => "warn",
        1 => "lanstream=info,warn",
        // The WebTransport library tells whole requests there, and so the keys in them.
        _ => "debug,hyper=info,wtransport=info",
    };
    log_panics(output.clone());
    let left_out = LeftOut { callsites: Arc::default(), output: output.clone() };
    let writer = output.clone();
    let layer = lines::layer().with_writer(move || Log(writer.clone())).without_time();
    let limit = Limit { callsites: (verbose < VERBOSE_ALL).then(|| Arc::clone(&left_out.callsites)) };
    tracing_subscriber::registry().with(layer).with(EnvFilter::new(level)).with(limit).init();
    left_out
}

/// Has panics logged as all else: standard error may have no reader, and a thread that panics must still end.
fn log_panics(output: Output) {
    std::panic::set_hook(Box::new(move |panic| {
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("without a name").to_owned();
        let trace = Backtrace::capture();
        let trace =
            if trace.status() == BacktraceStatus::Captured { format!("{trace}\n") } else { String::new() };
        output.write(harmless(&format!("thread '{name}' {panic}\n{trace}")).into_owned());
        output::flush(&[&output], PANIC_PATIENCE);
    }));
}

/// A writer of one line.
struct Log(Output);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(harmless(&String::from_utf8_lossy(bytes)).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

type Callsites = Mutex<HashMap<Identifier, Callsite>>;

/// Counts of lines that were left out.
#[derive(Clone, Debug)]
pub(crate) struct LeftOut {
    callsites: Arc<Callsites>,
    output: Output,
}

impl LeftOut {
    /// Writes how many lines were left out since the last call, and which.
    pub(crate) fn tell(&self) {
        for callsite in self.callsites.lock().unwrap_or_else(PoisonError::into_inner).values_mut() {
            if let Some(text) = callsite.take_summary() {
                self.output.write(harmless(&text).into_owned());
            }
        }
    }
}

/// Layer that leaves out lines of a callsite beyond its budget.
struct Limit {
    /// `None` means that every line is written.
    callsites: Option<Arc<Callsites>>,
}

impl<S: Subscriber> Layer<S> for Limit {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let Some(callsites) = &self.callsites else { return true };
        let mut callsites = callsites.lock().unwrap_or_else(PoisonError::into_inner);
        let callsite = callsites.entry(event.metadata().callsite()).or_insert_with(|| Callsite::new(event));
        callsite.spend(Instant::now())
    }
}

/// Budget of one callsite.
#[derive(Debug)]
struct Callsite {
    /// What it says, for the summary: part of the code, and words of its first line.
    target: &'static str,
    words: String,
    left: f64,
    refilled: Instant,
    left_out: u64,
}

impl Callsite {
    fn new(event: &Event<'_>) -> Self {
        let mut words = String::new();
        // What can't be formatted is told without words.
        let _wordless = DefaultFields::new().format_fields(Writer::new(&mut words), event);
        let target = event.metadata().target();
        Self { target, words, left: LINES_AT_ONCE_MAX, refilled: Instant::now(), left_out: 0 }
    }

    /// Takes a line from the budget. Returns `false` and counts the line where nothing is left.
    fn spend(&mut self, now: Instant) -> bool {
        let refill = now.saturating_duration_since(self.refilled).as_secs_f64() * LINES_PER_SECOND_MAX;
        self.left = (self.left + refill).min(LINES_AT_ONCE_MAX);
        self.refilled = now;
        let is_in = self.left >= 1.0;
        if is_in {
            self.left -= 1.0;
        } else {
            self.left_out += 1;
        }
        is_in
    }

    fn take_summary(&mut self) -> Option<String> {
        let count = std::mem::take(&mut self.left_out);
        (count > 0).then(|| format!("{}: {count} more lines like: {}\n", self.target, self.words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beyond_the_budget_are_counted_and_told_once() {
        let start = Instant::now();
        let mut callsite = Callsite {
            target: "door",
            words: "one more was closed".to_owned(),
            left: LINES_AT_ONCE_MAX,
            refilled: start,
            left_out: 0,
        };
        assert_eq!((0..1000).filter(|_| callsite.spend(start)).count(), 100);
        assert_eq!(
            callsite.take_summary().as_deref(),
            Some("door: 900 more lines like: one more was closed\n")
        );
        assert_eq!(callsite.take_summary(), None);
        let later = start + Duration::from_secs(2);
        assert_eq!((0..1000).filter(|_| callsite.spend(later)).count(), 10);
        let much_later = later + Duration::from_secs(3600);
        assert_eq!((0..1000).filter(|_| callsite.spend(much_later)).count(), 100);
    }
}
