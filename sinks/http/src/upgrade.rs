//! Upgrades: paths whose connections another sink takes over after a handshake of its own.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::Response;
use http::request::Parts;
use hyper_util::rt::TokioIo;
use lanstream_core::admission::{Admission, AdmissionError};
use lanstream_core::sink::Endpoint;
use tokio::net::TcpStream;

use crate::socket::Socket;

/// A path at which connections change hands. Host and Origin have been checked before.
#[derive(Clone)]
pub struct Upgrade {
    /// Path of the handshake, which is a `GET`.
    pub path: &'static str,
    /// Where pages connect to for it: named in their policy.
    pub endpoint: Endpoint,
    /// Answers a handshake.
    pub accept: Arc<Accept>,
}

/// Function that answers the handshake of a request's head.
pub type Accept = dyn Fn(&Arc<Admission>, &Parts) -> Result<Upgraded, UpgradeError> + Send + Sync;

/// Answer to a handshake, and what takes over the connection.
pub struct Upgraded {
    /// Response with the status 101.
    pub response: Response<()>,
    /// Carries the connection to its end.
    pub run: Run,
}

/// Function that takes over a connection, at the first byte after the response.
pub type Run = Box<dyn FnOnce(TcpStream) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// Reason why a handshake is refused.
#[derive(Debug, thiserror::Error)]
pub enum UpgradeError {
    /// The viewer is not admitted.
    #[error(transparent)]
    Admission(#[from] AdmissionError),
    /// The request is none.
    #[error("{0}")]
    Malformed(&'static str),
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade").field("path", &self.path).finish_non_exhaustive()
    }
}

impl fmt::Debug for Upgraded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgraded").field("response", &self.response).finish_non_exhaustive()
    }
}

/// Returns the connection, once the response is written; `None` if the peer is gone, or sent data before the response.
pub(crate) async fn taken_over(upgrade: hyper::upgrade::OnUpgrade) -> Option<TcpStream> {
    let upgraded = upgrade.await.ok()?;
    let parts = upgraded.downcast::<TokioIo<Socket>>().ok()?;
    parts.read_buf.is_empty().then(|| parts.io.into_inner().into_stream())
}
