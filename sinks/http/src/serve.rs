//! The accept loop: takes connections, answers their requests, and ends when told to.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use lanstream_core::sink::Shutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::body::Body;
use crate::config::Config;
use crate::listen::Listeners;
use crate::respond;
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

/// Serves until `shutdown`, then waits for upgraded connections to end by themselves. Other connections end at once.
pub(crate) async fn serve(listeners: Listeners, config: Config, shutdown: Shutdown) {
    let stop = CancellationToken::new();
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let tasks = TaskTracker::new();
    for listener in listeners.sockets {
        tasks.spawn(accept_all(listener, config.clone(), Arc::clone(&permits), tasks.clone(), stop.clone()));
    }
    shutdown.await;
    stop.cancel();
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
    let mut response = match routes::answer(config, &head) {
        Ok(Reply::Response(response)) => response,
        Ok(Reply::Upgrade(response, run)) => {
            tasks.spawn(async {
                if let Some(stream) = upgrade::taken_over(upgrade).await {
                    run(stream).await;
                }
            });
            response
        }
        Err(reason) => {
            tracing::info!(method = %head.method, path = head.uri.path(), %reason, "denied");
            respond::rejection(&reason)
        }
    };
    if let Some(origin) = routes::foreign_origin(config, &head) {
        respond::share(&mut response, origin);
    }
    Ok(response)
}
