//! One running server: the source's thread, the sinks' threads, and how they end.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::task::{Wake, Waker};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, SystemTime};

use lanstream_core::admission::{Admission, Farewell, Settings, ViewerEvent};
use lanstream_core::feed::{self, FeedHandle, Status};
use lanstream_core::guard::{Guard, Secret};
use lanstream_core::pipeline::{self, Pipeline};
use lanstream_core::protocol::{self, Certificates, GoodbyeCode};
use lanstream_core::self_capture::Marker;
use lanstream_core::source::{Description, Error, ErrorKind, Source};
use lanstream_core::viewer::HistogramSnapshot;
use lanstream_http::{BindError, Listeners, Offer};
use lanstream_webtransport::Sockets;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle as Task;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::assets;
use crate::clock;
use crate::encoders::Encoders;
use crate::event::{Event, Stats};
use crate::webtransport;

/// Threads that carry bytes to viewers: more than the cores of a small machine would only take turns.
const SINK_THREADS_MAX: usize = 4;
/// Time between two attempts to open a source that was lost.
const REOPEN_PAUSE: Duration = Duration::from_millis(500);
/// Time for viewers to be told that it is over, at the end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(600);
/// Time for the source to return from what it does then. A display server that hangs would keep it forever.
const SOURCE_TIMEOUT: Duration = Duration::from_millis(200);

/// Opens a source: at the start, and again after it was lost.
pub type Opener = Box<dyn FnMut() -> Result<Box<dyn Source>, Error> + Send>;

type Observer = Arc<dyn Fn(Event) + Send + Sync>;

/// How to serve.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The address to listen on; `None` means loopback, both families.
    pub bind: Option<IpAddr>,
    /// The port; 0: a free one.
    pub port: u16,
    /// How pixels may travel.
    pub transport: Transport,
    /// The certificate of WebTransport sessions; `None` means one of our own making, which browsers accept by its hash.
    pub tls: Option<TlsFiles>,
    /// Names the server answers to besides its own, `name` or `name:port`.
    pub allow_hosts: Vec<String>,
    /// Pages that may connect besides its own, `scheme://host[:port]`.
    pub allow_origins: Vec<String>,
    /// Most frames a second; `None` means as many as the source has.
    pub fps_max: Option<u32>,
    /// What tells the time to certificates; `None` means the system.
    pub wall_clock: Option<fn() -> SystemTime>,
}

/// How pixels may travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// By whatever the viewer finds to be best.
    #[default]
    Auto,
    /// Only in one HTTP response.
    Http,
    /// Only by WebSocket.
    WebSocket,
    /// By WebTransport, and where a viewer has none by another.
    WebTransport,
}

/// A certificate and its key, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, the server's own first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

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
    /// There is no UDP port for WebTransport, which was asked for.
    #[error(transparent)]
    Udp(#[from] lanstream_webtransport::BindError),
    /// WebTransport can't be served.
    #[error(transparent)]
    WebTransport(#[from] lanstream_webtransport::StartError),
    /// The system gives no threads or random bytes.
    #[error("the system refused what a server needs: {0}")]
    System(#[from] std::io::Error),
}

/// A running server. Dropping it ends it, as [`stop`](Self::stop) does.
pub struct Server {
    url: String,
    admission: Arc<Admission>,
    state: Arc<pipeline::PipelineState>,
    feed_handle: FeedHandle,
    shutdown: CancellationToken,
    ended: CancellationToken,
    ending: Arc<OnceLock<Error>>,
    observer: Observer,
    source_thread: Option<JoinHandle<()>>,
    /// Is cancelled when the source's thread is at its end.
    source_gone: CancellationToken,
    /// The sinks.
    serving: Vec<Task<()>>,
    runtime: Option<Runtime>,
    /// Ends last: anyone who needed it is gone.
    _encoders: Encoders,
}

impl Server {
    /// Opens the source, listens, and serves in the background. Nothing is captured until a viewer is let in.
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
        let ports = Ports::bind(&runtime, options)?;
        let source = open()?;
        let encoders = Encoders::start()?;
        let token = Secret::new(random()?);
        let url = format!("http://{}/#{}", reachable(ports.http.addresses()[0]), token.to_hex());
        let (feed, feed_handle) = feed::feed();
        let state = Arc::new(pipeline::PipelineState::default());
        let viewer_events = Arc::clone(&observer);
        let admission = Arc::new(Admission::new(Settings {
            guard: Guard::new(&ports.addresses(), &options.allow_hosts, &options.allow_origins),
            token,
            feed_handle: feed_handle.clone(),
            clock: clock::now,
            state: Arc::clone(&state),
            encoders: encoders.pool(),
            draw: || {
                random().unwrap_or_else(|error| panic!("the system stopped giving random bytes: {error}"))
            },
            observer: Box::new(move |event| viewer_events(event.into())),
        }));
        let shutdown = CancellationToken::new();
        let ended = CancellationToken::new();
        let ending = Arc::<OnceLock<Error>>::default();
        let serving = ports.serve(&runtime, &admission, options, &shutdown)?;
        // Now that nothing of what the user gave can be wrong. No one can come before, without the token.
        let size = source.layout().size;
        observer(Event::Ready { url: url.clone(), source: source.name(), size: [size.width, size.height] });
        let interval = options.fps_max.map(|fps| Duration::from_secs(1) / fps.max(1));
        let described = Arc::clone(&observer);
        let pipeline = Pipeline::new(
            feed,
            interval,
            clock::now,
            Arc::clone(&state),
            Marker::of(admission.epoch()),
            Box::new(move |description| described(description.clone().into())),
        );
        let run = SourceRun {
            open,
            pipeline,
            state: Arc::clone(&state),
            observer: Arc::clone(&observer),
            ended: ended.clone(),
            ending: Arc::clone(&ending),
        };
        let source_gone = CancellationToken::new();
        let gone = source_gone.clone().drop_guard();
        let source_thread = std::thread::Builder::new().name("source".into()).spawn(move || {
            run.run(source);
            drop(gone);
        })?;
        Ok(Self {
            url,
            admission,
            state,
            feed_handle,
            shutdown,
            ended,
            ending,
            observer,
            source_thread: Some(source_thread),
            source_gone,
            serving,
            runtime: Some(runtime),
            _encoders: encoders,
        })
    }

    /// Where viewers come, with the token.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How viewers get WebTransport sessions: for programs that open their own.
    pub fn certificates(&self) -> Certificates {
        Certificates::clone(&self.admission.certificates())
    }

    /// Counts since the last call; keep `before` between calls.
    pub fn stats(&self, before: &mut Totals) -> Stats {
        let counters = self.admission.counters();
        let sum = |number: fn(&lanstream_core::viewer::Counters) -> u64| {
            counters.iter().map(|own| number(own)).sum::<u64>()
        };
        let totals = Totals {
            at: clock::now().0,
            frames: self.state.frames.load(Ordering::Relaxed),
            bytes: sum(|own| own.bytes.load(Ordering::Relaxed)),
            updates: sum(|own| own.updates.load(Ordering::Relaxed)),
        };
        let earlier = std::mem::replace(before, totals);
        let seconds = (totals.at - earlier.at).max(1) as f64 / 1e6;
        let mut latencies = HistogramSnapshot::default();
        counters.iter().for_each(|own| own.latencies.drain_to(&mut latencies));
        Stats {
            viewers: counters.len(),
            fps: (totals.frames - earlier.frames) as f64 / seconds,
            painted: totals.updates.saturating_sub(earlier.updates) as f64
                / seconds
                / counters.len().max(1) as f64,
            mbps: totals.bytes.saturating_sub(earlier.bytes) as f64 * 8e-6 / seconds,
            latency_ms: latencies.quantile(0.5) / 1e3,
            latency_p99_ms: latencies.quantile(0.99) / 1e3,
            capture_us: self.state.capture_us.load(Ordering::Relaxed),
            compare_us: self.state.compare_us.load(Ordering::Relaxed),
            missed_damage: self.state.missed_damage.load(Ordering::Relaxed),
            proven: sum(|own| own.proven.load(Ordering::Relaxed)),
            refuted: sum(|own| own.refuted.load(Ordering::Relaxed)),
        }
    }

    /// Is cancelled when the source has ended for good.
    pub fn ended(&self) -> &CancellationToken {
        &self.ended
    }

    /// Why the source has ended, once it has: [`Finished`](ErrorKind::Finished) where all of it was shown.
    pub fn ending(&self) -> Option<&Error> {
        self.ending.get()
    }

    /// Runs `future` among the server's own tasks until it is done.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        self.runtime.as_ref().map(|runtime| runtime.block_on(future))
    }

    /// Tells viewers that it is over, ends all threads and gives everything back.
    pub fn stop(mut self) {
        self.finish();
    }

    /// In reverse order of the start: sinks first, so that viewers are told while there is still something to tell.
    fn finish(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        let farewell =
            self.ending.get().map_or_else(Farewell::stopped, |error| Farewell::ended(&error.message));
        self.admission.dismiss(farewell.clone());
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
        runtime.shutdown_background();
        (self.observer)(farewell.into());
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

/// What a server listens on.
struct Ports {
    http: Listeners,
    udp: Option<Sockets>,
}

impl Ports {
    fn bind(runtime: &Runtime, options: &Options) -> Result<Self, StartError> {
        let _entered = runtime.enter();
        let http = lanstream_http::bind(options.bind, options.port)?;
        let udp = webtransport::bind(http.addresses(), options)?;
        Ok(Self { http, udp })
    }

    fn addresses(&self) -> Vec<SocketAddr> {
        let udp = self.udp.as_ref().map_or(&[][..], Sockets::addresses);
        [self.http.addresses(), udp].concat()
    }

    /// Starts the sinks, which run until `shutdown`.
    fn serve(
        self,
        runtime: &Runtime,
        admission: &Arc<Admission>,
        options: &Options,
        shutdown: &CancellationToken,
    ) -> Result<Vec<Task<()>>, StartError> {
        let offer = options.transport.offer(self.udp.as_ref().map(Sockets::port));
        let mut serving = Vec::new();
        if let Some(udp) = self.udp {
            let (port, shutdown) = (self.http.port(), shutdown.clone());
            serving.push(webtransport::start(runtime, udp, port, admission, options, shutdown)?);
        }
        let http = lanstream_http::serve(self.http, http(admission, offer, shutdown), shutdown.clone());
        serving.push(runtime.spawn(http));
        Ok(serving)
    }
}

/// Counts at one moment, for [`Server::stats`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    at: u64,
    frames: u64,
    bytes: u64,
    updates: u64,
}

impl Transport {
    /// What viewers are offered, with WebTransport on this port.
    fn offer(self, webtransport: Option<u16>) -> Offer {
        let (http, websocket) = (self != Self::WebSocket, self != Self::Http);
        let preferred = (self == Self::WebTransport).then_some(protocol::Transport::WebTransport);
        Offer { http, websocket, webtransport, preferred }
    }
}

fn http(admission: &Arc<Admission>, offer: Offer, shutdown: &CancellationToken) -> lanstream_http::Config {
    let shutdown = shutdown.clone();
    lanstream_http::Config {
        admission: Arc::clone(admission),
        assets: assets::VIEWER,
        offer,
        control: Arc::new(move |socket| {
            Box::pin(lanstream_websocket::serve(
                socket.stream,
                socket.control,
                socket.viewer_guard,
                shutdown.clone(),
            ))
        }),
    }
}

/// Where this machine reaches a listener: one on all addresses is no place to go to.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn runtime() -> Result<Runtime, std::io::Error> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.min(SINK_THREADS_MAX))
        .thread_name("sink")
        .enable_all()
        .build()
}

fn random() -> Result<[u8; 32], std::io::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(std::io::Error::from)?;
    Ok(bytes)
}

impl From<Description> for Event {
    fn from(Description { name, stalled, alterations }: Description) -> Self {
        Self::Description { name, stalled, alterations }
    }
}

impl From<ViewerEvent> for Event {
    fn from(event: ViewerEvent) -> Self {
        match event {
            ViewerEvent::Joined { viewer, viewers } => Self::ViewerJoined { viewer, viewers },
            ViewerEvent::Left { viewer, viewers, counters, reason } => Self::ViewerLeft {
                viewer,
                viewers,
                updates: counters.updates.load(Ordering::Relaxed),
                bytes: counters.bytes.load(Ordering::Relaxed),
                first_ms: f64::from(counters.first_us.load(Ordering::Relaxed)) / 1e3,
                reason,
            },
        }
    }
}

impl From<Farewell> for Event {
    fn from(farewell: Farewell) -> Self {
        let code = if farewell.code == GoodbyeCode::Ended { "source-ended" } else { "stopped" };
        Self::Ended { code, reason: farewell.text }
    }
}

/// What the source's thread runs.
struct SourceRun {
    open: Opener,
    pipeline: Pipeline,
    state: Arc<pipeline::PipelineState>,
    observer: Observer,
    ended: CancellationToken,
    ending: Arc<OnceLock<Error>>,
}

impl SourceRun {
    fn run(mut self, mut source: Box<dyn Source>) {
        let mut state = "live";
        loop {
            let name = source.name();
            (self.observer)(Event::Source { state, text: name.clone() });
            self.pipeline.announce(Status::Live { name });
            let Err(error) = self.pipeline.run(source.as_mut()) else { return };
            drop(source);
            if error.kind != ErrorKind::Lost {
                return self.end(error);
            }
            (self.observer)(Event::Source { state: "lost", text: error.message.clone() });
            let Some(reopened) = self.reopen(&error.message) else { return };
            source = reopened;
            state = "back";
        }
    }

    fn end(mut self, error: Error) {
        (self.observer)(Event::Source { state: "ended", text: error.message.clone() });
        let status = Status::Ended { reason: error.message.clone() };
        self.pipeline.announce(status.clone());
        // It ends once, so nothing is there yet.
        let _first = self.ending.set(error);
        self.ended.cancel();
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        while !self.state.stop.load(Ordering::SeqCst) {
            if !self.pipeline.listen(&waker) {
                std::thread::park();
            }
            // To those who come after it, too.
            self.pipeline.announce(status.clone());
        }
    }

    /// Tries until the source is back, or the server stops.
    fn reopen(&mut self, reason: &str) -> Option<Box<dyn Source>> {
        while !self.state.stop.load(Ordering::SeqCst) {
            self.pipeline.announce(Status::Lost { reason: reason.to_owned() });
            std::thread::park_timeout(REOPEN_PAUSE);
            match (self.open)() {
                Ok(source) => return Some(source),
                Err(error) => tracing::debug!(%error, "the source is not back yet"),
            }
        }
        None
    }
}

/// Wakes a thread that waits for nothing else.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
