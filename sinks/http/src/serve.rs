//! Accepts connections, answers their requests, and ends when told to.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use lanstream_core::admission::{Admission, Secret, ViewerGuard};
use lanstream_core::protocol::Transport;
use lanstream_core::viewer::Control;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::assets::Asset;
use crate::body::Body;
use crate::listen::Listeners;
use crate::respond::{self, RequestError};
use crate::routes::{self, Reply};
use crate::upgrade;

/// Connections at a time: sixteen viewers with a stream, a control channel and six page loads each.
const CONNECTIONS_MAX: usize = 128;
/// Time for a request's head to arrive, and for which an idle connection is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Header fields of a request; browsers send about twenty.
const HEADERS_MAX: usize = 48;
/// Bytes of a request's head. Also where hyper stops gathering a response's chunks before it writes.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// Pause after an error of `accept`, which is the system's lack of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What every connection needs.
#[derive(Clone)]
pub struct Config {
    /// Who is here.
    pub admission: Arc<Admission>,
    /// The viewer's files.
    pub assets: &'static [Asset],
    /// Which transports viewers may use.
    pub offer: Offer,
    /// Carries control channels.
    pub control: ControlHandler,
}

/// Which transports viewers may use for pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// One HTTP response.
    pub http: bool,
    /// The control channel's WebSocket.
    pub websocket: bool,
    /// WebTransport sessions, on this UDP port.
    pub webtransport: Option<u16>,
    /// The one that viewers are to take if they can, without measuring.
    pub preferred: Option<Transport>,
}

impl Offer {
    /// The names of all, as a JSON array.
    pub(crate) fn names(self) -> String {
        let all = [
            (self.http, Transport::Http),
            (self.websocket, Transport::WebSocket),
            (self.webtransport.is_some(), Transport::WebTransport),
        ];
        let offered = all.into_iter().filter(|(is_offered, _)| *is_offered);
        format!("[{}]", offered.map(|(_, transport)| quoted(transport)).collect::<Vec<_>>().join(","))
    }

    /// The name of the preferred, as JSON.
    pub(crate) fn preferred(self) -> String {
        self.preferred.map_or_else(|| "null".into(), quoted)
    }
}

fn quoted(transport: Transport) -> String {
    format!("\"{}\"", transport.name())
}

/// Takes over a connection that became a control channel.
pub type ControlHandler =
    Arc<dyn Fn(ControlSocket) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// A control channel whose handshake is done.
pub struct ControlSocket {
    /// The connection, at its first WebSocket frame.
    pub stream: TcpStream,
    /// What is said on it.
    pub control: Control,
    /// The viewer's presence, for as long as it is held.
    pub viewer_guard: ViewerGuard,
}

impl fmt::Debug for ControlSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ControlSocket").field("viewer_guard", &self.viewer_guard).finish_non_exhaustive()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("offer", &self.offer).finish_non_exhaustive()
    }
}

/// Serves until `shutdown`, then waits for the control channels to say goodbye. Other connections end at once.
pub async fn serve(listeners: Listeners, config: Config, shutdown: CancellationToken) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let tasks = TaskTracker::new();
    for listener in listeners.sockets {
        tasks.spawn(accept_all(
            listener,
            config.clone(),
            Arc::clone(&permits),
            tasks.clone(),
            shutdown.clone(),
        ));
    }
    tasks.close();
    tasks.wait().await;
}

async fn accept_all(
    listener: TcpListener,
    config: Config,
    permits: Arc<Semaphore>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Ok(permit) = Arc::clone(&permits).try_acquire_owned() else {
            tracing::warn!("{CONNECTIONS_MAX} connections are open: one more was closed");
            continue;
        };
        let connection = connection(stream, config.clone(), tasks.clone());
        let shutdown = shutdown.clone();
        tasks.spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = connection => {}
            }
            drop(permit);
        });
    }
}

async fn connection(stream: TcpStream, config: Config, tasks: TaskTracker) {
    let service = service_fn(|request| respond(&config, &tasks, request));
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        // Who has asked and will say no more is answered like anyone; that a viewer is gone its control channel tells.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended");
    }
}

async fn respond(
    config: &Config,
    tasks: &TaskTracker,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let upgrade = hyper::upgrade::on(&mut request);
    let (head, _) = request.into_parts();
    let answered = routes::answer(config, &head).and_then(|answer| match answer {
        Reply::Response(response) => Ok(response),
        Reply::Control(key) => {
            let response = upgrade::accept(&head)?;
            start_control(config, tasks, &key, upgrade)?;
            Ok(response)
        }
    });
    let mut response = answered.unwrap_or_else(|reason| {
        tracing::info!(method = %head.method, path = head.uri.path(), %reason, "denied");
        respond::rejection(&reason)
    });
    if let Some(origin) = routes::foreign_origin(config, &head) {
        respond::share(&mut response, origin);
    }
    Ok(response)
}

/// Gives the viewer its place and its connection to the control handler, which runs until the viewer leaves.
fn start_control(
    config: &Config,
    tasks: &TaskTracker,
    key: &Secret,
    upgrade: hyper::upgrade::OnUpgrade,
) -> Result<(), RequestError> {
    let (control, viewer_guard) = config.admission.enter(key)?;
    let handler = Arc::clone(&config.control);
    tasks.spawn(async move {
        if let Some(stream) = upgrade::taken_over(upgrade).await {
            handler(ControlSocket { stream, control, viewer_guard }).await;
        }
    });
    Ok(())
}
