//! Starts WebTransport beside the HTTP server, or says why there is none.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use lanstream_core::admission::Admission;
use lanstream_webtransport::{Identity, Sockets, StartError};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle as Task;
use tokio_util::sync::CancellationToken;

use crate::server::{Options, Transport};

/// The sockets, where they can be had and are wanted. `addresses` are the page's.
///
/// # Errors
/// Where there are none although WebTransport is asked for.
pub(crate) fn bind(
    addresses: &[SocketAddr],
    options: &Options,
) -> Result<Option<Sockets>, lanstream_webtransport::BindError> {
    if !matches!(options.transport, Transport::Auto | Transport::WebTransport) {
        return Ok(None);
    }
    match lanstream_webtransport::bind(addresses) {
        Ok(sockets) => Ok(Some(sockets)),
        Err(error) if options.transport == Transport::Auto => {
            tracing::warn!(%error, "viewers are not offered WebTransport");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Serves on the sockets until `shutdown`.
///
/// # Errors
/// Where there is no certificate, or no QUIC.
pub(crate) fn start(
    runtime: &Runtime,
    sockets: Sockets,
    page_port: u16,
    admission: &Arc<Admission>,
    options: &Options,
    shutdown: CancellationToken,
) -> Result<Task<()>, StartError> {
    let identity = options.tls.as_ref().map_or(Identity::SelfSigned, |files| Identity::Files {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
    });
    let config = lanstream_webtransport::Config {
        admission: Arc::clone(admission),
        identity,
        page_port,
        wall_clock: options.wall_clock.unwrap_or(SystemTime::now),
    };
    let serving = runtime.block_on(lanstream_webtransport::serve(sockets, config, shutdown))?;
    Ok(runtime.spawn(serving))
}
