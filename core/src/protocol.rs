//! The wire format, version 4: see `docs/protocol.md`, whose golden vectors both ends are tested on.
//!
//! Every message is a [`HEADER_BYTES`] header (length of the body, kind) and a body, all integers little-endian. A
//! stream carries them back to back; a WebSocket message carries exactly one. Reading never panics: `Ok(None)` is "more
//! bytes needed", `Err` is a peer that does not speak this protocol.

mod band;
mod error;
pub mod kind;
mod server;
mod viewer;
mod wire;

pub use band::{BAND_BYTES, BandHead, Encoding, PATCH_BYTES, Patch};
pub use error::ParseError;
pub use server::{
    Certificates, CursorAt, FRAGMENT_OVERHEAD, Fragment, GoodbyeCode, NoticeCode, Proven, ServerMessage,
    SourceState, Version,
};
pub use viewer::{
    Ack, HELLO_CODES, HELLO_VERIFY, Hello, Nack, ROUTE_PLAIN, Route, TransportId, ViewerMessage,
};

/// The version that both ends must speak.
pub const VERSION: u16 = 4;

/// Bytes of a message's header: body length (4), kind (1), flags (1), zero (2).
pub const HEADER_BYTES: usize = 8;

/// Longest message a viewer may send. Its longest is a tenth of that.
pub const VIEWER_MESSAGE_BYTES_MAX: usize = 1024;

/// Longest message that a server sends, other than a band; the longest honest one is a large cursor.
pub const SERVER_MESSAGE_BYTES_MAX: usize = 2 << 20;
