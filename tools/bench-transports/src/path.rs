//! The ways from the server into a page that are measured.

use serde::Serialize;

/// A way that messages take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Path {
    /// One HTTP response, read into buffers that the page brings
    HttpByob,
    /// One HTTP response, read as it comes
    Http,
    /// A WebSocket message for each message
    Websocket,
    /// WebSocket messages of 256 KiB
    WebsocketPieces,
    /// One WebTransport stream, tuned
    Stream,
    /// One WebTransport stream, the simplest loop on default settings
    StreamPlain,
    /// A WebTransport stream for each message
    Streams,
    /// WebTransport datagrams, none sent twice
    Datagrams,
}

/// What carries a path's messages, as far as the server's end goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// A response without end.
    Http,
    /// A socket of its own beside the control channel.
    WebSocket,
    /// A session.
    WebTransport,
}

impl Path {
    /// What carries it.
    pub(crate) fn carrier(self) -> Carrier {
        match self {
            Self::HttpByob | Self::Http => Carrier::Http,
            Self::Websocket | Self::WebsocketPieces => Carrier::WebSocket,
            Self::Stream | Self::StreamPlain | Self::Streams | Self::Datagrams => Carrier::WebTransport,
        }
    }
}
