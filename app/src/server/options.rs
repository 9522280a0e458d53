//! Options of a server.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::SystemTime;

use lanstream_core::protocol;
use lanstream_http::Offer;

/// How to serve.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The address to listen on; `None` means loopback, both families.
    pub bind: Option<IpAddr>,
    /// The port; 0: a free one.
    pub port: u16,
    /// How pixels may travel.
    pub transport: Transport,
    /// The certificate of WebTransport sessions; `None` means one of our own making, which browsers accept by its hash.
    pub tls: Option<TlsFiles>,
    /// Names the server answers to besides its own, `name` or `name:port`.
    pub allow_hosts: Vec<String>,
    /// Pages that may connect besides its own, `scheme://host[:port]`.
    pub allow_origins: Vec<String>,
    /// Most frames a second; `None` means as many as the source has.
    pub fps_max: Option<u32>,
    /// What tells the time to certificates; `None` means the system.
    pub wall_clock: Option<fn() -> SystemTime>,
}

/// How pixels may travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// By whatever the viewer finds to be best.
    #[default]
    Auto,
    /// Only in one HTTP response.
    Http,
    /// Only by WebSocket.
    WebSocket,
    /// By WebTransport, and where a viewer has none by another.
    WebTransport,
}

/// A certificate and its key, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, the server's own first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

impl Transport {
    /// What viewers are offered, with WebTransport on this port.
    pub(super) fn offer(self, webtransport: Option<u16>) -> Offer {
        let (http, websocket) = (self != Self::WebSocket, self != Self::Http);
        let preferred = (self == Self::WebTransport).then_some(protocol::Transport::WebTransport);
        Offer { http, websocket, webtransport, preferred }
    }
}
