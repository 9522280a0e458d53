//! The sinks that are built in: one function each, one line each in the table.
//!
//! Every viewer loads the page and opens its control channel through the HTTP listener, so `sinks/http` and
//! `sinks/websocket` are in every build. Their features decide whether pixels come by them too.

pub(crate) mod factory;

#[cfg(feature = "webtransport")]
use std::net::SocketAddr;
use std::sync::Arc;

use lanstream_core::sink::{Endpoint, Sink};
use lanstream_http::{Asset, HttpSink, Listeners, Upgrade, UpgradeError, Upgraded};
use lanstream_viewer::FILES;
use lanstream_websocket::{ControlAcceptor, HandshakeError, WebSocketSink};

pub use factory::{Opening, SinkError, SinkFactory};

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
    use lanstream_webtransport::{Config, Identity, OpenError, WebTransportSink, bind};
    let identity = opening.tls.map_or(Identity::SelfSigned, |files| Identity::Files {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
    });
    let page_port = opening.page.first().map_or(0, SocketAddr::port);
    let config = Config { identity, page_port, wall_clock: opening.wall_clock };
    let open = |sockets| tokio::runtime::Handle::current().block_on(WebTransportSink::open(sockets, &config));
    let refused: SinkError = match bind(opening.page).map(open) {
        Ok(Ok(sink)) => return Ok(Some(Box::new(sink))),
        // A system may give a socket, and not all that QUIC asks of it.
        Ok(Err(error @ OpenError::Socket(_))) => error.into(),
        Ok(Err(error)) => return Err(error.into()),
        Err(error) => error.into(),
    };
    if opening.is_required {
        return Err(refused);
    }
    tracing::warn!(error = %refused, "viewers are not offered WebTransport");
    Ok(None)
}

/// The viewer's files, as the page's sink serves them.
static VIEWER: [Asset; FILES.len()] = {
    let mut assets = [Asset { path: "", bytes: &[] }; FILES.len()];
    let mut index = 0;
    while index < FILES.len() {
        assets[index] = Asset { path: FILES[index].path, bytes: FILES[index].bytes };
        index += 1;
    }
    assets
};

/// Opens the sinks of the page: its listener, and the control channels that it passes on.
pub(crate) fn page(listeners: Listeners) -> [Box<dyn Sink>; 2] {
    let websocket = WebSocketSink::default();
    let upgrade = control_channel(websocket.acceptor());
    [Box::new(HttpSink::new(listeners, &VIEWER, vec![upgrade])), Box::new(websocket)]
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
