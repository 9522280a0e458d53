//! Accepts sessions, keeps the certificate fresh, and ends when told to.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lanstream_core::admission::{Admission, PumpReceiver};
use lanstream_core::protocol::Certificates;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;
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
use crate::tuning;

/// Connections at a time: sixteen viewers, each with one that it is about to leave.
const CONNECTIONS_MAX: usize = 32;
/// Connections at a time, those included that ended here while the peer keeps them: one that gives no room for the library's
/// first words can't be closed, as only the library holds it.
const CONNECTIONS_OPEN_MAX: usize = 2 * CONNECTIONS_MAX;
/// Time from the first packet until the request is answered, and the answer taken where it is a refusal.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for sessions to end when all does, and for the last words to leave.
const SESSIONS_TIMEOUT: Duration = Duration::from_millis(350);
const GOODBYE_TIMEOUT: Duration = Duration::from_millis(150);
/// Time between two looks at the clock: it may have been set, or have stood still while the machine slept.
const CLOCK_INTERVAL: Duration = Duration::from_secs(10);

/// What sessions need.
#[derive(Clone, Debug)]
pub struct Config {
    /// Who is here.
    pub admission: Arc<Admission>,
    /// By what the server is known.
    pub identity: Identity,
    /// The port of the page, from which the sockets' may differ.
    pub page_port: u16,
    /// Tells what time it is, for certificates.
    pub wall_clock: fn() -> SystemTime,
}

/// Why there are no sessions.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no certificate.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The system refuses a socket.
    #[error("no QUIC on this socket: {0}")]
    Socket(#[from] std::io::Error),
}

type Endpoints = Vec<Endpoint<endpoint_side::Server>>;

/// Starts to accept sessions, and tells viewers how to get them. What is returned runs until `shutdown`.
///
/// # Errors
/// See [`StartError`].
pub async fn serve(
    sockets: Sockets,
    config: Config,
    shutdown: CancellationToken,
) -> Result<impl Future<Output = ()>, StartError> {
    let port = if sockets.port() == config.page_port { 0 } else { sockets.port() };
    let presented = ActiveCertificate::new(&config).await?;
    let open = |socket| open(socket, presented.tls().clone());
    let endpoints: Endpoints = sockets.sockets.into_iter().map(open).collect::<Result<_, _>>()?;
    let endpoints = Arc::new(endpoints);
    config.admission.certify(presented.certificates(port));
    Ok(async move {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut accepting = JoinSet::new();
        for index in 0..endpoints.len() {
            accepting.spawn(accept_all(Arc::clone(&endpoints), index, config.clone(), Arc::clone(&places)));
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = rotate_certificates(presented, port, &endpoints, &config) => {}
        }
        // An endpoint that is closed must not be asked for more.
        accepting.shutdown().await;
        // Sessions end by themselves, with their viewers' control channels. What goes on without one is closed as it is.
        let _ended = timeout(SESSIONS_TIMEOUT, places.acquire_many(CONNECTIONS_MAX as u32)).await;
        endpoints.iter().for_each(|endpoint| endpoint.close(0_u32.into(), b"lanstream has ended"));
        let told = async {
            for endpoint in endpoints.iter() {
                endpoint.wait_idle().await;
            }
        };
        // Anyone who does not hear of it finds out without us.
        let _told = timeout(GOODBYE_TIMEOUT, told).await;
    })
}

/// The certificate, and those before and after it.
enum ActiveCertificate {
    Users(Box<TlsConfig>),
    Ours(Box<Rotation<SelfSigned>>),
}

impl ActiveCertificate {
    async fn new(config: &Config) -> Result<Self, IdentityError> {
        let now = (config.wall_clock)();
        Ok(match &config.identity {
            Identity::SelfSigned => Self::Ours(Box::new(Rotation::new(now, SelfSigned::new(now)?))),
            Identity::Files { certificate, key } => {
                Self::Users(Box::new(identity::read(certificate, key).await?))
            }
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
    config: &Config,
) {
    let mut checks = interval(CLOCK_INTERVAL);
    loop {
        checks.tick().await;
        let ActiveCertificate::Ours(rotation) = &mut presented else { continue };
        let now = (config.wall_clock)();
        match rotation.advance(now, || SelfSigned::new(now)) {
            Ok(change) => {
                if change.presented {
                    present(endpoints, &rotation.presented().tls);
                }
                if change.announced {
                    config.admission.certify(presented.certificates(port));
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

async fn accept_all(endpoints: Arc<Endpoints>, index: usize, config: Config, places: Arc<Semaphore>) {
    loop {
        let incoming = endpoints[index].accept().await;
        let open: usize = endpoints.iter().map(Endpoint::open_connections).sum();
        let place = Arc::clone(&places).try_acquire_owned().ok().filter(|_| open < CONNECTIONS_OPEN_MAX);
        let Some(place) = place else {
            tracing::warn!(open, "too many WebTransport connections are open: one more was refused");
            incoming.refuse();
            continue;
        };
        let config = config.clone();
        tokio::spawn(async move {
            session(incoming, &config).await;
            drop(place);
        });
    }
}

async fn session(incoming: IncomingSession, config: &Config) {
    match timeout(REQUEST_TIMEOUT, accept_session(incoming, config)).await {
        Ok(Some((connection, pump_receiver))) => {
            let end = run_session(connection, pump_receiver).await;
            tracing::debug!(%end, "a WebTransport session ended");
        }
        Ok(None) => {}
        Err(_) => tracing::debug!("a connection asked for no session, or did not take the answer"),
    }
}

/// Hears what a connection asks for, and answers. Returns `None` if it gets no session.
async fn accept_session(incoming: IncomingSession, config: &Config) -> Option<(Connection, PumpReceiver)> {
    let ended = |error| tracing::debug!(%error, "a connection ended before there was a session");
    let request = incoming.await.map_err(ended).ok()?;
    let asked = Request { authority: request.authority(), origin: request.origin(), path: request.path() };
    match admit(&config.admission, &asked) {
        Ok(pump_receiver) => Some((request.accept().await.map_err(ended).ok()?, pump_receiver)),
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
