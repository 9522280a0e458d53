//! Frame sinks of a run: a thread for each, which waits until there is something for its sink.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::Context;
use std::thread::JoinHandle;
use std::time::Duration;

use lanstream_core::frame_sink::{Driver, DriverStep, FrameSink, FrameSinkError, SinkHandle, SinkOpener};
use lanstream_core::pipeline::FeedHandle;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Observer, StartError, unpark};
use crate::clock;
use crate::event::{Event, SinkStats};

/// Time after which people are told what the end waits for.
const FINISH_TOLD_AFTER: Duration = Duration::from_secs(1);

/// A frame sink that a server is to have.
#[derive(Clone)]
pub struct NamedSink {
    /// Its name, for people.
    pub name: String,
    /// Opens it.
    pub open: SinkOpener,
}

impl std::fmt::Debug for NamedSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NamedSink").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Sinks that are open, and wait for the feed.
pub(super) struct OpenFrameSinks(Vec<(String, Box<dyn FrameSink>)>);

impl OpenFrameSinks {
    pub(super) fn open(sinks: &[NamedSink]) -> Result<Self, StartError> {
        let open = |sink: &NamedSink| match (sink.open)() {
            Ok(open) => Ok((sink.name.clone(), open)),
            Err(error) => Err(StartError::FrameSink { name: sink.name.clone(), error }),
        };
        sinks.iter().map(open).collect::<Result<_, _>>().map(Self)
    }

    /// Starts their threads.
    pub(super) fn start(
        self,
        feed_handle: &FeedHandle,
        observer: &Observer,
    ) -> Result<FrameSinks, std::io::Error> {
        let ends = Arc::new(Ends { left: Mutex::new(self.0.len()), ..Ends::default() });
        let mut sinks = FrameSinks { running: Vec::new(), ends: Arc::clone(&ends) };
        for (name, sink) in self.0 {
            // The source's thread has not begun, so that it can't be gone.
            let Some(driver) = Driver::new(sink, feed_handle, clock::now) else { continue };
            let (handle, observer, ends) = (driver.handle(), Arc::clone(observer), Arc::clone(&ends));
            let run = SinkRun { name: name.clone(), observer, ends };
            let builder = std::thread::Builder::new().name(format!("frame-sink {name}"));
            let thread = builder.spawn(move || run.run(driver))?;
            sinks.running.push(Running { name, handle, thread });
        }
        Ok(sinks)
    }
}

/// Threads of sinks, which end with it.
pub(super) struct FrameSinks {
    running: Vec<Running>,
    ends: Arc<Ends>,
}

struct Running {
    name: String,
    handle: SinkHandle,
    thread: JoinHandle<()>,
}

/// How sinks have ended.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// Sinks that have not ended.
    left: Mutex<usize>,
    /// Why the first that failed did.
    failure: Mutex<Option<String>>,
    /// Is cancelled when all have ended.
    all: CancellationToken,
}

impl Ends {
    /// Returns why the first sink that failed did.
    pub(super) fn failure(&self) -> Option<String> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fail(&self, message: String) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(message);
    }

    fn count(&self) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left -= 1;
        if *left == 0 {
            self.all.cancel();
        }
    }
}

impl FrameSinks {
    pub(super) fn ends(&self) -> &Arc<Ends> {
        &self.ends
    }

    /// Is cancelled when all sinks have ended; never where there are none.
    pub(super) fn over(&self) -> &CancellationToken {
        &self.ends.all
    }

    /// Returns whether a sink has not ended.
    pub(super) fn are_running(&self) -> bool {
        self.running.iter().any(|sink| !sink.thread.is_finished())
    }

    pub(super) fn stats(&self) -> Vec<SinkStats> {
        let stats = |sink: &Running| SinkStats {
            sink: sink.name.clone(),
            frames: sink.handle.frames(),
            skipped: sink.handle.skipped(),
            waiting: sink.handle.waiting(),
            held_ms: u64::try_from(sink.handle.held(clock::now()).as_millis()).unwrap_or(u64::MAX),
        };
        self.running.iter().filter(|sink| !sink.thread.is_finished()).map(stats).collect()
    }

    /// Lets the sinks take what waits, and waits until they have finished. The source must have ended.
    pub(super) fn finish(&mut self, runtime: &Runtime, observer: &Observer) {
        if self.running.is_empty() {
            return;
        }
        self.running.iter().for_each(|sink| sink.handle.close());
        let all = self.ends.all.clone();
        if runtime.block_on(async { timeout(FINISH_TOLD_AFTER, all.cancelled()).await }).is_err() {
            for sink in self.running.iter().filter(|sink| !sink.thread.is_finished()) {
                let text =
                    "waiting until it has finished; asked to stop again, the run ends at once".to_owned();
                observer(Event::Sink { sink: sink.name.clone(), state: "finishing", text });
            }
        }
        for sink in self.running.drain(..).rev() {
            if sink.thread.join().is_err() {
                tracing::error!("the thread of the sink {} had panicked", sink.name);
            }
        }
    }
}

impl Drop for FrameSinks {
    /// Where the server did not come to run: nothing has come, so that there is nothing to wait for.
    fn drop(&mut self) {
        self.running.iter().for_each(|sink| sink.handle.close());
        self.running.drain(..).for_each(|sink| drop(sink.thread.join()));
    }
}

/// What a sink's thread runs.
struct SinkRun {
    name: String,
    observer: Observer,
    ends: Arc<Ends>,
}

impl SinkRun {
    fn run(self, driver: Driver) {
        let (state, text) = match drive(driver) {
            Ok(()) => ("finished", "it has all frames".to_owned()),
            Err(error) => {
                self.ends.fail(format!("the sink {} has failed: {}", self.name, error.message));
                ("failed", error.message)
            }
        };
        (self.observer)(Event::Sink { sink: self.name.clone(), state, text });
    }
}

impl Drop for SinkRun {
    /// Also of a thread that panics.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.ends.fail(format!("the sink {} has failed: its thread had panicked", self.name));
        }
        self.ends.count();
    }
}

/// Gives a sink what comes until it has all.
fn drive(mut driver: Driver) -> Result<(), FrameSinkError> {
    let waker = unpark::waker();
    let context = Context::from_waker(&waker);
    loop {
        match driver.advance(&context)? {
            DriverStep::Wait(None) => std::thread::park(),
            DriverStep::Wait(Some(time)) => std::thread::park_timeout(time),
            DriverStep::Complete | DriverStep::Over => return driver.finish(),
        }
    }
}
