//! The sink: accepts sessions, keeps the certificate fresh, and ends when told to.

use std::fmt;
use std::future::poll_fn;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lanstream_core::admission::{Admission, ConnectionLimiter, ConnectionPermit, PumpReceiver};
use lanstream_core::protocol::Certificates;
use lanstream_core::sink::{Endpoint as SessionEndpoint, Serving, Shutdown, Sink, TransportInfo};
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};
use tokio_util::task::TaskTracker;
use wtransport::config::ServerConfigBuilder;
use wtransport::config::states::WantsIdentity;
use wtransport::endpoint::endpoint_side;
use wtransport::endpoint::{IncomingSession, SessionRequest};
use wtransport::tls::rustls::ServerConfig as TlsConfig;
use wtransport::{Connection, Endpoint, ServerConfig};

use crate::admit::{Request, RequestError, admit};
use crate::identity::{self, Identity, IdentityError, SelfSigned};
use crate::listen::Sockets;
use crate::rotation::Rotation;
use crate::session::run_session;
use crate::transports::{DATAGRAMS, STREAM};
use crate::tuning;

/// Connections at a time: sixteen viewers, each with one that it is about to leave, and as many that ask. Beyond it the
/// one that has asked the longest is closed.
const CONNECTIONS_MAX: usize = 64;
/// Connections at a time, those included that ended here while the peer keeps them: one that gives no room for the
/// library's first words can't be closed, as only the library holds it.
const CONNECTIONS_OPEN_MAX: usize = 2 * CONNECTIONS_MAX;
/// Time from the first packet until the request is answered, and the answer taken where it is a refusal.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for sessions to end when all does, and for the last words to leave.
const SESSIONS_TIMEOUT: Duration = Duration::from_millis(350);
const GOODBYE_TIMEOUT: Duration = Duration::from_millis(150);
/// Time between two looks at the clock: it may have been set, or have stood still while the machine slept.
const CLOCK_INTERVAL: Duration = Duration::from_secs(10);

/// How to open the sink.
#[derive(Clone, Debug)]
pub struct Config {
    /// By what the server is known.
    pub identity: Identity,
    /// The port of the page, from which the sockets' may differ.
    pub page_port: u16,
    /// Tells what time it is, for certificates.
    pub wall_clock: fn() -> SystemTime,
}

/// Reason why there are no sessions.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no certificate.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The system refuses a socket.
    #[error("no QUIC on this socket: {0}")]
    Socket(#[from] std::io::Error),
}

type Endpoints = Vec<Endpoint<endpoint_side::Server>>;

/// Sessions of viewers on sockets of their own.
pub struct WebTransportSink {
    addresses: Vec<SocketAddr>,
    port: u16,
    page_port: u16,
    endpoints: Endpoints,
    presented: ActiveCertificate,
    wall_clock: fn() -> SystemTime,
}

impl WebTransportSink {
    /// Opens QUIC endpoints on the sockets, with a certificate.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(sockets: Sockets, config: &Config) -> Result<Self, OpenError> {
        let presented = ActiveCertificate::new(config)?;
        let (addresses, port) = (sockets.addresses().to_vec(), sockets.port());
        let open = |socket| open(socket, presented.tls().clone());
        let endpoints: Endpoints = sockets.sockets.into_iter().map(open).collect::<Result<_, _>>()?;
        let Config { page_port, wall_clock, .. } = *config;
        Ok(Self { addresses, port, page_port, endpoints, presented, wall_clock })
    }

    /// Returns the port as viewers are told of it: 0 means the page's own.
    fn announced_port(&self) -> u16 {
        if self.port == self.page_port { 0 } else { self.port }
    }
}

impl Sink for WebTransportSink {
    fn transports(&self) -> Vec<TransportInfo> {
        let endpoint = Some(SessionEndpoint { scheme: "https", port: Some(self.port) });
        [STREAM, DATAGRAMS].map(|transport| TransportInfo { endpoint, ..transport }).to_vec()
    }

    fn addresses(&self) -> Vec<SocketAddr> {
        self.addresses.clone()
    }

    fn serve(self: Box<Self>, admission: Arc<Admission>, shutdown: Shutdown) -> Serving {
        let port = self.announced_port();
        let Self { endpoints, presented, wall_clock, .. } = *self;
        admission.certify(presented.certificates(port));
        Box::pin(async move {
            let endpoints = Arc::new(endpoints);
            let (limiter, tasks) = (ConnectionLimiter::new(CONNECTIONS_MAX), TaskTracker::new());
            let mut accepting = JoinSet::new();
            for index in 0..endpoints.len() {
                let (endpoints, admission, limiter) = (endpoints.clone(), admission.clone(), limiter.clone());
                accepting.spawn(accept_all(endpoints, index, admission, limiter, tasks.clone()));
            }
            tokio::select! {
                () = shutdown => {}
                () = rotate_certificates(presented, port, &endpoints, &admission, wall_clock) => {}
            }
            // An endpoint that is closed must not be asked for more.
            accepting.shutdown().await;
            close(&endpoints, &tasks).await;
        })
    }
}

impl fmt::Debug for WebTransportSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebTransportSink").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

/// Waits for sessions, which end by themselves with their viewers' control channels. What goes on without one is closed
/// as it is.
async fn close(endpoints: &Endpoints, tasks: &TaskTracker) {
    tasks.close();
    let _ended = timeout(SESSIONS_TIMEOUT, tasks.wait()).await;
    endpoints.iter().for_each(|endpoint| endpoint.close(0_u32.into(), b"lanstream has ended"));
    let told = async {
        for endpoint in endpoints {
            endpoint.wait_idle().await;
        }
    };
    // Anyone who does not hear of it finds out without us.
    let _told = timeout(GOODBYE_TIMEOUT, told).await;
}

/// The certificate, and those before and after it.
enum ActiveCertificate {
    Users(Box<TlsConfig>),
    Ours(Box<Rotation<SelfSigned>>),
}

impl ActiveCertificate {
    fn new(config: &Config) -> Result<Self, IdentityError> {
        let now = (config.wall_clock)();
        Ok(match &config.identity {
            Identity::SelfSigned => Self::Ours(Box::new(Rotation::new(now, SelfSigned::new(now)?))),
            Identity::Files { certificate, key } => Self::Users(Box::new(identity::read(certificate, key)?)),
        })
    }

    fn tls(&self) -> &TlsConfig {
        match self {
            Self::Users(tls) => tls,
            Self::Ours(rotation) => &rotation.presented().tls,
        }
    }

    fn certificates(&self, port: u16) -> Certificates {
        let hashes = match self {
            Self::Users(_) => Vec::new(),
            Self::Ours(rotation) => rotation.announced().map(|made| made.hash).collect(),
        };
        Certificates { port, hashes }
    }
}

fn open(socket: UdpSocket, tls: TlsConfig) -> Result<Endpoint<endpoint_side::Server>, std::io::Error> {
    let address = socket.local_addr()?;
    Endpoint::server(endpoint_config(ServerConfig::builder().with_bind_socket(socket), address, tls))
}

fn endpoint_config(
    builder: ServerConfigBuilder<WantsIdentity>,
    address: SocketAddr,
    tls: TlsConfig,
) -> ServerConfig {
    builder.with_custom_tls_and_transport(tls, tuning::transport(address.ip())).allow_migration(false).build()
}

/// Replaces certificates of our own in time. Never ends.
async fn rotate_certificates(
    mut presented: ActiveCertificate,
    port: u16,
    endpoints: &Endpoints,
    admission: &Admission,
    wall_clock: fn() -> SystemTime,
) {
    let mut checks = interval(CLOCK_INTERVAL);
    loop {
        checks.tick().await;
        let ActiveCertificate::Ours(rotation) = &mut presented else { continue };
        let now = wall_clock();
        match rotation.advance(now, || SelfSigned::new(now)) {
            Ok(change) => {
                if change.presented {
                    present(endpoints, &rotation.presented().tls);
                }
                if change.announced {
                    admission.certify(presented.certificates(port));
                }
            }
            Err(error) => tracing::warn!(%error, "the certificate stays as it is for now"),
        }
    }
}

/// Sessions that are open keep the certificate that they met.
fn present(endpoints: &Endpoints, tls: &TlsConfig) {
    tracing::info!("a new certificate is presented");
    for endpoint in endpoints {
        let reloaded = endpoint.local_addr().and_then(|address| {
            let builder = ServerConfig::builder().with_bind_address(address);
            // The socket stays: only the rest of the settings is taken.
            endpoint.reload_config(endpoint_config(builder, address, tls.clone()), false)
        });
        if let Err(error) = reloaded {
            tracing::warn!(%error, "an endpoint keeps its old certificate");
        }
    }
}

async fn accept_all(
    endpoints: Arc<Endpoints>,
    index: usize,
    admission: Arc<Admission>,
    limiter: Arc<ConnectionLimiter>,
    tasks: TaskTracker,
) {
    loop {
        let incoming = endpoints[index].accept().await;
        if !incoming.remote_address_validated() {
            // Until it has shown that it hears what is sent to its address, it gets no place, and fewer bytes than it
            // sent.
            incoming.retry();
            continue;
        }
        let open: usize = endpoints.iter().map(Endpoint::open_connections).sum();
        let permit = limiter.enter(incoming.remote_address().ip()).filter(|_| open < CONNECTIONS_OPEN_MAX);
        let Some(permit) = permit else {
            tracing::info!(open, "too many WebTransport connections are open: one more was refused");
            incoming.refuse();
            continue;
        };
        let admission = Arc::clone(&admission);
        tasks.spawn(async move { session(incoming, &admission, &permit).await });
    }
}

async fn session(incoming: IncomingSession, admission: &Admission, permit: &ConnectionPermit) {
    let accepted = tokio::select! {
        accepted = timeout(REQUEST_TIMEOUT, accept_session(incoming, admission, permit)) => accepted,
        () = poll_fn(|context| permit.poll_evicted(context)) => return,
    };
    match accepted {
        Ok(Some((connection, pump_receiver))) => {
            let end = run_session(connection, pump_receiver).await;
            tracing::debug!(%end, "a WebTransport session ended");
        }
        Ok(None) => {}
        Err(_) => tracing::debug!("a connection asked for no session, or did not take the answer"),
    }
}

/// Hears what a connection asks for, and answers. Returns `None` if it gets no session.
async fn accept_session(
    incoming: IncomingSession,
    admission: &Admission,
    permit: &ConnectionPermit,
) -> Option<(Connection, PumpReceiver)> {
    let ended = |error| tracing::debug!(%error, "a connection ended before there was a session");
    let request = incoming.await.map_err(ended).ok()?;
    let asked = Request { authority: request.authority(), origin: request.origin(), path: request.path() };
    match admit(admission, &asked) {
        Ok(pump_receiver) => {
            permit.admit();
            Some((request.accept().await.map_err(ended).ok()?, pump_receiver))
        }
        Err(reason) => {
            deny(request, &reason).await;
            None
        }
    }
}

async fn deny(request: SessionRequest, reason: &RequestError) {
    tracing::info!(%reason, "a WebTransport session was denied");
    match reason {
        RequestError::NotFound => request.not_found().await,
        RequestError::Refused(_) | RequestError::AdmissionError(_) => request.forbidden().await,
    }
}
