//! The sink: control channels until the run ends, and pixels on them.

use std::sync::Arc;

use lanstream_core::admission::Admission;
use lanstream_core::sink::{Serving, Shutdown, Sink, TransportInfo};
use tokio_util::sync::CancellationToken;

use crate::channel::TRANSPORT;
use crate::handshake::ControlAcceptor;

/// Carrier of control channels.
#[derive(Debug, Default)]
pub struct WebSocketSink {
    stop: CancellationToken,
}

impl WebSocketSink {
    /// Returns what answers the handshakes of its control channels, for an HTTP server.
    pub fn acceptor(&self) -> ControlAcceptor {
        ControlAcceptor { stop: self.stop.clone() }
    }
}

impl Sink for WebSocketSink {
    fn transports(&self) -> Vec<TransportInfo> {
        vec![TRANSPORT]
    }

    fn serve(self: Box<Self>, _: Arc<Admission>, shutdown: Shutdown) -> Serving {
        Box::pin(async move {
            shutdown.await;
            self.stop.cancel();
        })
    }
}
