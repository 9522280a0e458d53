//! What a server is made of: its configuration, the transports it offers, and who carries control channels.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use lanstream_core::admission::{Admission, ViewerGuard};
use lanstream_core::protocol::Transport;
use lanstream_core::viewer::Control;
use tokio::net::TcpStream;

use crate::assets::Asset;

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
        f.debug_struct("Config").field("offer", &self.offer).finish_non_exhaustive()
    }
}
