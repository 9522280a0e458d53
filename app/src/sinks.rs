//! The sinks that are built in: one function each, one line each in the table.
//!
//! Every viewer loads the page and opens its control channel through the HTTP listener, so `sinks/http` and `sinks/websocket` are
//! in every build. Their features decide whether pixels come by them too.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use lanstream_core::sink::{Endpoint, Sink, TransportInfo};
use lanstream_http::{HttpSink, Listeners, Upgrade, UpgradeError, Upgraded};
use lanstream_websocket::{ControlAcceptor, HandshakeError, WebSocketSink};

use crate::assets;
use crate::server::Options;

/// Reason why a sink could not be opened.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// Returns the built-in sinks, in the order in which viewers are told of their transports.
pub fn built_in() -> Vec<SinkFactory> {
    Vec::from([
        #[cfg(feature = "http")]
        SinkFactory { transports: vec![lanstream_http::TRANSPORT], open: None },
        #[cfg(feature = "websocket")]
        SinkFactory { transports: vec![lanstream_websocket::TRANSPORT], open: None },
        #[cfg(feature = "webtransport")]
        SinkFactory::new(
            vec![lanstream_webtransport::STREAM, lanstream_webtransport::DATAGRAMS],
            webtransport,
        ),
    ])
}

/// Sessions over UDP, on the page's port where that is free.
#[cfg(feature = "webtransport")]
fn webtransport(opening: &Opening<'_>) -> Result<Option<Box<dyn Sink>>, SinkError> {
    use lanstream_webtransport::{Config, Identity, WebTransportSink, bind};
    let sockets = match bind(opening.page) {
        Ok(sockets) => sockets,
        Err(error) if !opening.is_required => {
            tracing::warn!(%error, "viewers are not offered WebTransport");
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    let identity = opening.options.tls.as_ref().map_or(Identity::SelfSigned, |files| Identity::Files {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
    });
    let page_port = opening.page.first().map_or(0, SocketAddr::port);
    let wall_clock = opening.options.wall_clock.unwrap_or(std::time::SystemTime::now);
    let config = Config { identity, page_port, wall_clock };
    let sink = tokio::runtime::Handle::current().block_on(WebTransportSink::open(sockets, &config))?;
    Ok(Some(Box::new(sink)))
}

/// Opens the sinks of the page: its listener, and the control channels that it passes on.
pub(crate) fn page(listeners: Listeners) -> [Box<dyn Sink>; 2] {
    let websocket = WebSocketSink::default();
    let upgrade = control_channel(websocket.acceptor());
    [Box::new(HttpSink::new(listeners, assets::VIEWER, vec![upgrade])), Box::new(websocket)]
}

fn control_channel(acceptor: ControlAcceptor) -> Upgrade {
    Upgrade {
        path: ControlAcceptor::PATH,
        endpoint: Endpoint { scheme: ControlAcceptor::SCHEME, port: None },
        accept: Arc::new(move |admission, head| {
            let (response, channel) = acceptor.accept(admission, head).map_err(|error| match error {
                HandshakeError::Admission(error) => UpgradeError::Admission(error),
                HandshakeError::Malformed(reason) => UpgradeError::Malformed(reason),
            })?;
            Ok(Upgraded { response, run: Box::new(move |stream| Box::pin(channel.run(stream))) })
        }),
    }
}

/// What a sink is opened with.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Opening<'a> {
    /// Options of the server.
    pub options: &'a Options,
    /// Addresses of the page's listener, which share one port.
    pub page: &'a [SocketAddr],
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
    /// Returns an entry for a sink of these transports. `open` is called in the context of the tokio runtime that will serve the
    /// sink, and returns `None` if it can't be had and is not required.
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

#[cfg(test)]
mod tests {
    use lanstream_core::sink::Transports;

    use super::*;

    #[test]
    fn the_built_in_transports_differ_in_number_and_name() {
        let all = built_in().into_iter().flat_map(|factory| factory.transports).collect();
        assert!(Transports::new(all, None).is_ok());
    }
}
