//! One running server: the source's thread, the sinks' threads, and how they end.

mod frame_sinks;
mod listeners;
mod options;
mod source_thread;
mod statistics;
mod timers;
mod unpark;

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use lanstream_core::admission::{Admission, Farewell, Guard, Secret, Settings};
use lanstream_core::frame_sink::FrameSinkError;
use lanstream_core::pipeline::{self, Audience, FeedHandle, Marker, Pipeline};
use lanstream_core::protocol::{Certificates, GoodbyeCode};
use lanstream_core::sink::DuplicateTransportError;
use lanstream_core::source::{Error, Opener, Source};
use lanstream_http::BindError;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle as Task;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::encoders::Encoders;
use crate::event::{Event, SinkStats, Stats};
use crate::sinks::SinkError;
pub use frame_sinks::NamedSink;
use frame_sinks::{Ends, FrameSinks, OpenFrameSinks};
use listeners::{OpenSinks, reachable};
pub use options::{Options, TransportChoice};
use source_thread::SourceRun;
pub use statistics::Totals;
use timers::FineTimers;

/// Threads that carry bytes to viewers: more than the cores of a small machine would only take turns.
const SINK_THREADS_MAX: usize = 4;
/// Time for viewers to be told that it is over, at the end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(600);
/// Time for the source to return from what it does then. A display server that hangs would keep it forever.
const SOURCE_TIMEOUT: Duration = Duration::from_millis(200);

type Observer = Arc<dyn Fn(Event) + Send + Sync>;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is nothing to show.
    #[error(transparent)]
    Source(#[from] Error),
    /// The port can't be had.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A sink can't be had that is asked for.
    #[error(transparent)]
    Sink(SinkError),
    /// A frame sink can't be had.
    #[error("the sink {name}: {error}")]
    FrameSink {
        /// Its name.
        name: String,
        /// Why.
        error: FrameSinkError,
    },
    /// The transport that was chosen is none of this build's.
    #[error("there is no transport {name:?} in this build; there are: {known}")]
    TransportUnknown {
        /// What was chosen.
        name: String,
        /// Names that can be chosen.
        known: String,
    },
    /// The build has no transport for pixels.
    #[error(
        "this build carries no pixels: build it with one of the features http, websocket or webtransport"
    )]
    NoTransport,
    /// Two sinks carry what viewers could not tell apart.
    #[error(transparent)]
    DuplicateTransport(#[from] DuplicateTransportError),
    /// The system gives no threads or random bytes.
    #[error("the system refused what a server needs: {0}")]
    System(#[from] std::io::Error),
}

/// Returns the event of a server that viewers can reach at `url`.
fn ready(url: &str, source: &dyn Source) -> Event {
    let size = source.layout().size;
    Event::Ready { url: url.to_owned(), source: source.description().name, size: [size.width, size.height] }
}

/// A running server. Dropping it ends it, as [`stop`](Self::stop) does.
pub struct Server {
    url: String,
    /// The page's address, without a secret.
    page: String,
    admission: Arc<Admission>,
    state: Arc<pipeline::PipelineState>,
    feed_handle: FeedHandle,
    shutdown: CancellationToken,
    ended: CancellationToken,
    ending: Arc<OnceLock<Error>>,
    observer: Observer,
    source_thread: Option<JoinHandle<()>>,
    frame_sinks: FrameSinks,
    /// Is cancelled when the source's thread is at its end.
    source_gone: CancellationToken,
    /// The sinks.
    serving: Vec<Task<()>>,
    runtime: Option<Runtime>,
    /// Ends last: anyone who needed it is gone.
    _encoders: Encoders,
    _timers: FineTimers,
}

impl Server {
    /// Opens the source, listens, and serves in the background. Without frame sinks nothing is captured until a viewer
    /// is let in.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(
        mut open: Opener,
        options: &Options,
        observer: impl Fn(Event) + Send + Sync + 'static,
    ) -> Result<Self, StartError> {
        let observer: Observer = Arc::new(observer);
        let runtime = runtime()?;
        let sinks = OpenSinks::open(&runtime, options)?;
        let transports = sinks.transports()?;
        let frame_sinks = OpenFrameSinks::open(&options.frame_sinks)?;
        let source = open()?;
        let encoders = Encoders::start()?;
        let token = options.token.clone().map_or_else(|| random().map(Secret::new), Ok)?;
        let page = format!("http://{}/", reachable(sinks.page));
        let url = format!("{page}#{}", token.to_hex());
        let (feed, feed_handle) = pipeline::feed();
        let state = Arc::new(pipeline::PipelineState::default());
        let viewer_events = Arc::clone(&observer);
        let admission = Arc::new(Admission::new(Settings {
            guard: Guard::new(&sinks.addresses(), &options.allow_hosts, &options.allow_origins),
            token,
            feed_handle: feed_handle.clone(),
            clock: clock::now,
            state: Arc::clone(&state),
            transports,
            encoders: encoders.pool(),
            draw: || {
                random().unwrap_or_else(|error| panic!("the system stopped giving random bytes: {error}"))
            },
            observer: Box::new(move |event| viewer_events(event.into())),
        }));
        let shutdown = CancellationToken::new();
        let ended = CancellationToken::new();
        let ending = Arc::<OnceLock<Error>>::default();
        let serving = sinks.serve(&runtime, &admission, &shutdown);
        // Now that nothing of what the user gave can be wrong. No one can come before, without the token.
        observer(ready(&url, source.as_ref()));
        let interval = options.fps_max.map(|fps| Duration::from_secs(1) / fps.max(1));
        let observed = Arc::clone(&observer);
        let pipeline = Pipeline::new(
            feed,
            interval,
            clock::now,
            Arc::clone(&state),
            Marker::of(admission.epoch()),
            Box::new(move |observation| observed(observation.into())),
        );
        let run = SourceRun {
            open,
            pipeline,
            state: Arc::clone(&state),
            observer: Arc::clone(&observer),
            ended: ended.clone(),
            ending: Arc::clone(&ending),
        };
        let frame_sinks = frame_sinks.start(&feed_handle, &observer)?;
        let (source_thread, source_gone) = run.spawn(source)?;
        Ok(Self {
            url,
            page,
            admission,
            state,
            feed_handle,
            shutdown,
            ended,
            ending,
            observer,
            source_thread: Some(source_thread),
            frame_sinks,
            source_gone,
            serving,
            runtime: Some(runtime),
            _encoders: encoders,
            _timers: FineTimers::request(),
        })
    }

    /// Where viewers come, with the token.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns a URL that lets one viewer in, once, within `lifetime`: for a page of this program, or where others
    /// might read it later. That viewer can come back for as long as its page is open.
    pub fn ticket_url(&self, lifetime: Duration) -> String {
        format!("{}#{}", self.page, self.admission.page_ticket(lifetime).to_hex())
    }

    /// How viewers get WebTransport sessions: for programs that open their own.
    pub fn certificates(&self) -> Certificates {
        Certificates::clone(&self.admission.certificates())
    }

    /// Counts since the last call; keep `before` between calls.
    pub fn stats(&self, before: &mut Totals) -> Stats {
        statistics::since(before, &self.admission.traffic(), &self.state)
    }

    /// Numbers of the frame sinks that have not ended.
    pub fn sink_stats(&self) -> Vec<SinkStats> {
        self.frame_sinks.stats()
    }

    /// Is cancelled when all frame sinks have ended, finished or failed; never if there are none.
    pub fn sinks_ended(&self) -> &CancellationToken {
        self.frame_sinks.over()
    }

    /// Returns what tells, also after the server has stopped, why the first frame sink that failed did.
    pub fn sink_failure(&self) -> impl Fn() -> Option<String> + use<> {
        let ends: Arc<Ends> = Arc::clone(self.frame_sinks.ends());
        move || ends.failure()
    }

    /// Viewers that take frames now: a page that is hidden takes none.
    pub fn audience(&self) -> &Audience {
        &self.state.audience
    }

    /// Returns whether a frame sink has not ended.
    pub fn has_frame_sinks(&self) -> bool {
        self.frame_sinks.are_running()
    }

    /// Number of viewers that are here.
    pub fn viewers(&self) -> usize {
        self.admission.counters().len()
    }

    /// Is cancelled when the source has ended for good.
    pub fn ended(&self) -> &CancellationToken {
        &self.ended
    }

    /// Why the source has ended, once it has: [`Finished`](lanstream_core::source::ErrorKind::Finished) where all of it
    /// was shown.
    pub fn ending(&self) -> Option<&Error> {
        self.ending.get()
    }

    /// Runs `future` among the server's own tasks until it is done.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        self.runtime.as_ref().map(|runtime| runtime.block_on(future))
    }

    /// Tells viewers that it is over, lets frame sinks finish, which may take long, ends all threads and gives
    /// everything back.
    pub fn stop(mut self) {
        self.finish();
    }

    /// In reverse order of the start: sinks first, so that viewers are told while there is still something to tell.
    fn finish(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        let farewell =
            self.ending.get().map_or_else(Farewell::stopped, |error| Farewell::ended(&error.message));
        let have_sinks_ended = self.sinks_ended().is_cancelled() && self.viewers() == 0;
        let ended = match farewell.code {
            GoodbyeCode::Stopped if have_sinks_ended => Event::sinks_ended(),
            _ => farewell.clone().into(),
        };
        self.admission.dismiss(farewell);
        self.shutdown.cancel();
        let serving = std::mem::take(&mut self.serving);
        let all = async {
            for sink in serving {
                let _ended = sink.await;
            }
        };
        let told = runtime.block_on(async { timeout(SHUTDOWN_TIMEOUT, all).await });
        if told.is_err() {
            tracing::warn!("not every viewer could be told in time");
        }
        self.state.stop.store(true, Ordering::SeqCst);
        self.feed_handle.wake();
        self.join_source(&runtime);
        // Now that the last frame is there.
        self.frame_sinks.finish(&runtime, &self.observer);
        runtime.shutdown_background();
        (self.observer)(ended);
    }

    fn join_source(&mut self, runtime: &Runtime) {
        let Some(thread) = self.source_thread.take() else { return };
        thread.thread().unpark();
        let gone = runtime.block_on(async { timeout(SOURCE_TIMEOUT, self.source_gone.cancelled()).await });
        if gone.is_err() {
            tracing::warn!("the source does not answer: its thread is left behind");
        } else if thread.join().is_err() {
            tracing::error!("the source's thread had panicked");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.finish();
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("admission", &self.admission).finish_non_exhaustive()
    }
}

fn runtime() -> Result<Runtime, std::io::Error> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.min(SINK_THREADS_MAX))
        .thread_name("sink")
        .enable_all()
        .build()
}

pub(crate) fn random() -> Result<[u8; 32], std::io::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(std::io::Error::from)?;
    Ok(bytes)
}
