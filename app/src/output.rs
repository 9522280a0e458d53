//! Standard output and standard error, each written by a thread of its own, so that no other thread ever waits for
//! whoever reads them.
//!
//! Text that finds no room is dropped and counted, and the count is written where the text is missing.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Lines that may wait for their reader: minutes of events.
const LINES_MAX: usize = 1024;
/// Bytes that may wait. A line that is longer is taken where nothing else waits.
const BYTES_MAX: usize = 256 << 10;

/// Queue of lines that one stream of the process will carry. Writing never waits.
#[derive(Clone, Debug)]
pub(crate) struct Output(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// It is held for no longer than a line takes to be moved in or out.
    queue: Mutex<Queue>,
    changed: Condvar,
    /// Words a notice of lines that were dropped.
    notice: fn(u64) -> String,
}

#[derive(Debug, Default)]
struct Queue {
    lines: VecDeque<String>,
    bytes: usize,
    /// Lines that were dropped and not told of yet.
    dropped: u64,
    /// Whether the thread is writing a line that it has taken out.
    is_writing: bool,
}

impl Queue {
    /// Returns whether there was room.
    fn push(&mut self, line: String) -> bool {
        let bytes = self.bytes + line.len();
        let has_room = self.lines.is_empty() || (self.lines.len() < LINES_MAX && bytes <= BYTES_MAX);
        if has_room {
            self.bytes = bytes;
            self.lines.push_back(line);
        }
        has_room
    }

    fn pop(&mut self) -> Option<String> {
        let line = self.lines.pop_front()?;
        self.bytes -= line.len();
        self.is_writing = true;
        Some(line)
    }

    fn is_done(&self) -> bool {
        self.lines.is_empty() && !self.is_writing
    }
}

impl Output {
    /// Starts the thread called `name`, which writes to `stream`. `notice` words the number of lines that were dropped.
    pub(crate) fn start(name: &str, stream: impl Write + Send + 'static, notice: fn(u64) -> String) -> Self {
        let shared = Arc::new(Shared { queue: Mutex::default(), changed: Condvar::new(), notice });
        let output = Self(Arc::clone(&shared));
        // It may hang for good in a pipe that nobody reads, so it is never joined. Without it nothing is said.
        let _silent =
            std::thread::Builder::new().name(name.to_owned()).spawn(move || shared.write_all(stream));
        output
    }

    /// Has `line`, which ends itself, written. Where there is no room it is dropped and counted.
    pub(crate) fn write(&self, line: String) {
        let mut queue = self.0.lock();
        self.0.tell_dropped(&mut queue);
        if queue.dropped > 0 || !queue.push(line) {
            queue.dropped += 1;
        }
        self.0.changed.notify_all();
    }

    /// Waits until all is written, but not beyond `deadline`.
    fn flush_until(&self, deadline: Instant) {
        let mut queue = self.0.lock();
        while !queue.is_done() || queue.dropped > 0 {
            self.0.tell_dropped(&mut queue);
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.0.changed.wait_timeout(queue, left);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Waits until `outputs` have written all, for `patience` at most.
pub(crate) fn flush(outputs: &[&Output], patience: Duration) {
    let deadline = Instant::now() + patience;
    outputs.iter().for_each(|output| output.flush_until(deadline));
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the notice of dropped lines where they are missing, once there is room.
    fn tell_dropped(&self, queue: &mut Queue) {
        if queue.dropped > 0 && queue.push((self.notice)(queue.dropped)) {
            queue.dropped = 0;
            self.changed.notify_all();
        }
    }

    fn write_all(&self, mut stream: impl Write) {
        loop {
            let line = self.next_line();
            // A reader that is gone is no reason to fail: the run goes on without being heard.
            let _unheard = stream.write_all(line.as_bytes()).and_then(|()| stream.flush());
            self.lock().is_writing = false;
            self.changed.notify_all();
        }
    }

    fn next_line(&self) -> String {
        let mut queue = self.lock();
        loop {
            if let Some(line) = queue.pop() {
                return line;
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, pipe};

    use super::*;

    /// No test that passes waits for it.
    const PATIENCE: Duration = Duration::from_secs(60);

    fn notice(dropped: u64) -> String {
        format!("{dropped} lines dropped\n")
    }

    #[test]
    fn what_nobody_reads_is_dropped_and_counted_where_it_is_missing() {
        const LINES: usize = 20_000;
        let (reader, writer) = pipe().unwrap();
        let output = Output::start("test", writer, notice);
        let line = format!("{}\n", "x".repeat(99));
        // Returns although nobody reads: far more than the pipe and the queue hold.
        (0..LINES).for_each(|_| output.write(line.clone()));
        assert!(output.0.lock().bytes <= BYTES_MAX);
        let read = std::thread::spawn(move || {
            BufReader::new(reader).lines().map_while(Result::ok).take_while(|line| line != "last").collect()
        });
        flush(&[&output], PATIENCE);
        output.write("last\n".to_owned());
        let lines: Vec<String> = read.join().unwrap();
        let (kept, notices): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.starts_with('x'));
        let dropped: usize = notices
            .iter()
            .map(|line| line.strip_suffix(" lines dropped").unwrap().parse::<usize>().unwrap())
            .sum();
        assert!(dropped > 0);
        assert_eq!(kept.len() + dropped, LINES);
        assert!(!lines.last().unwrap().starts_with('x'), "the notice stands where lines are missing");
    }

    #[test]
    fn a_reader_that_is_gone_holds_nobody_up() {
        let (reader, writer) = pipe().unwrap();
        let output = Output::start("test", writer, notice);
        drop(reader);
        (0..5000).for_each(|_| output.write("unheard\n".to_owned()));
        flush(&[&output], PATIENCE);
        assert!(output.0.lock().is_done());
    }

    #[test]
    fn a_line_may_be_longer_than_the_queue() {
        let (reader, writer) = pipe().unwrap();
        let output = Output::start("test", writer, notice);
        let line = format!("{}\n", "x".repeat(2 * BYTES_MAX));
        output.write(line.clone());
        let mut read = String::new();
        BufReader::new(reader).read_line(&mut read).unwrap();
        assert!(read == line);
    }
}
