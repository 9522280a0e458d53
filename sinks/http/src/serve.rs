//! The accept loop: takes connections, answers their requests, and ends when told to.

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioIo, TokioTimer};
use lanstream_core::admission::{ConnectionLimiter, ConnectionPermit};
use lanstream_core::sink::Shutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::yield_now;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::body::Body;
use crate::config::Config;
use crate::listen::Listeners;
use crate::respond::{self, RequestError};
use crate::routes::{self, Reply};
use crate::socket::{Socket, ViewerFlag};
use crate::upgrade;

/// Connections at a time that are not control channels: sixteen viewers with a stream and six page loads each. Beyond
/// it the one without a key that has been idle the longest is closed.
const CONNECTIONS_MAX: usize = 128;
/// Time for a request's head to arrive, and for which an idle connection is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Header fields of a request; browsers send about twenty.
const HEADERS_MAX: usize = 48;
/// Bytes of a request's head. Also where hyper stops gathering a response's chunks before it writes.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// Pause after an error of `accept`, which is the system's lack of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `shutdown`, then waits for upgraded connections to end by themselves. Other connections end at once.
pub(crate) async fn serve(listeners: Listeners, config: Config, shutdown: Shutdown) {
    let stop = CancellationToken::new();
    let limiter = ConnectionLimiter::new(CONNECTIONS_MAX);
    let tasks = TaskTracker::new();
    for listener in listeners.sockets {
        tasks.spawn(accept_all(listener, config.clone(), Arc::clone(&limiter), tasks.clone(), stop.clone()));
    }
    shutdown.await;
    stop.cancel();
    tasks.close();
    tasks.wait().await;
}

async fn accept_all(
    listener: TcpListener,
    config: Config,
    limiter: Arc<ConnectionLimiter>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some(permit) = limiter.enter(peer.ip()) else {
            tracing::info!("{CONNECTIONS_MAX} connections are viewers': one more was closed");
            continue;
        };
        let connection = Connection {
            config: config.clone(),
            permit,
            viewer_flag: ViewerFlag::default(),
            tasks: tasks.clone(),
        };
        let shutdown = shutdown.clone();
        tasks.spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = connection.serve(stream) => {}
                () = poll_fn(|context| connection.permit.poll_evicted(context)) => {}
            }
        });
        // What it has said already is heard before others can take its place.
        yield_now().await;
    }
}

/// A connection from its first byte until it ends or changes hands.
struct Connection {
    config: Config,
    permit: ConnectionPermit,
    viewer_flag: ViewerFlag,
    tasks: TaskTracker,
}

impl Connection {
    async fn serve(&self, stream: TcpStream) {
        let service = service_fn(|request| self.respond(request));
        let served = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_headers(HEADERS_MAX)
            .max_buf_size(HEAD_BYTES_MAX)
            // Who has asked and will say no more is answered like anyone; that a viewer is gone its control channel
            // tells.
            .half_close(true)
            .serve_connection(TokioIo::new(Socket::new(stream, self.viewer_flag.clone())), service)
            .with_upgrades()
            .await;
        if let Err(error) = served {
            tracing::debug!(%error, "a connection ended");
        }
    }

    async fn respond(&self, mut request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        self.permit.touch();
        let upgrade = hyper::upgrade::on(&mut request);
        let (head, _) = request.into_parts();
        let mut response = match routes::answer(&self.config, &head) {
            Ok(reply) => self.carry_out(reply, upgrade),
            Err(reason) => self.deny(&head, &reason).await,
        };
        if let Some(origin) = routes::foreign_origin(&self.config, &head) {
            respond::share(&mut response, origin);
        }
        Ok(response)
    }

    fn carry_out(&self, reply: Reply, upgrade: OnUpgrade) -> Response<Body> {
        match reply {
            Reply::Response(response) => response,
            Reply::Known(response) => {
                self.permit.recognize();
                response
            }
            Reply::Pixels(response) => {
                self.admit();
                response
            }
            Reply::Upgrade(response, run) => {
                self.admit();
                self.tasks.spawn(async {
                    if let Some(stream) = upgrade::taken_over(upgrade).await {
                        run(stream).await;
                    }
                });
                response
            }
        }
    }

    fn admit(&self) {
        self.permit.admit();
        self.viewer_flag.admit();
    }

    async fn deny(&self, head: &Parts, reason: &RequestError) -> Response<Body> {
        tracing::info!(method = %head.method, path = head.uri.path(), %reason, "denied");
        if reason.status() == StatusCode::UNAUTHORIZED {
            sleep(self.config.admission.back_off()).await;
        }
        respond::rejection(reason)
    }
}
