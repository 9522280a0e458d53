//! Entries of the table of sinks: what a sink carries, and how it is opened.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use lanstream_core::sink::{Sink, TransportInfo};

/// Reason why a sink could not be opened.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// What a sink is opened with.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Opening<'a> {
    /// Addresses of the page's listener, which share one port.
    pub page: &'a [SocketAddr],
    /// Certificate of the user's, for a sink that encrypts.
    pub tls: Option<&'a TlsFiles>,
    /// What tells the time to certificates.
    pub wall_clock: fn() -> SystemTime,
    /// Whether the server must not start without the sink: viewers asked for its transport, or there is no other.
    pub is_required: bool,
}

type Open = dyn Fn(&Opening<'_>) -> Result<Option<Box<dyn Sink>>, SinkError> + Send + Sync;

/// Entry of the table of sinks.
#[derive(Clone)]
pub struct SinkFactory {
    pub(crate) transports: Vec<TransportInfo>,
    /// `None` if a sink of the page carries them.
    pub(crate) open: Option<Arc<Open>>,
}

impl SinkFactory {
    /// Returns an entry for a sink of these transports. `open` is called in the context of the tokio runtime that will
    /// serve the sink, and returns `None` if it can't be had and is not required.
    pub fn new(
        transports: Vec<TransportInfo>,
        open: impl Fn(&Opening<'_>) -> Result<Option<Box<dyn Sink>>, SinkError> + Send + Sync + 'static,
    ) -> Self {
        Self { transports, open: Some(Arc::new(open)) }
    }

    /// Returns the transports that the sink carries.
    pub fn transports(&self) -> &[TransportInfo] {
        &self.transports
    }
}

impl fmt::Debug for SinkFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SinkFactory").field("transports", &self.transports).finish_non_exhaustive()
    }
}

/// A certificate and its key, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, the server's own first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}
