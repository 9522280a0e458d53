//! The wire format, version 4: see `docs/protocol.md`, whose golden vectors both ends are tested on.
//!
//! Every message is a [`HEADER_BYTES`] header (length of the body, kind) and a body, all integers little-endian. A stream carries
//! them back to back; a WebSocket message carries exactly one. Reading never panics: `Ok(None)` is "more bytes needed",
//! `Err` is a peer that does not speak this protocol.

mod band;
mod server;
mod viewer;
mod wire;

pub use band::{BAND_BYTES, BandHead, Encoding, PATCH_BYTES, Patch};
pub use server::{
    Certificates, FRAGMENT_OVERHEAD, Fragment, GoodbyeCode, NoticeCode, ServerMessage, SourceState,
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

/// Why bytes are not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The header gives a length over the limit.
    #[error("message of {0} bytes is longer than the limit")]
    TooLong(usize),
    /// A WebSocket message holds less than one message.
    #[error("message ends early")]
    Incomplete,
    /// A WebSocket message holds more than one message.
    #[error("bytes after the message")]
    Trailing,
    /// The kind is not one that this end receives.
    #[error("unknown message kind {0:#04x}")]
    UnknownKind(u8),
    /// The body is shorter or longer than its kind says.
    #[error("body of message kind {0:#04x} has the wrong length")]
    WrongLength(u8),
    /// A field has a value that means nothing.
    #[error("message kind {0:#04x} has an invalid field")]
    InvalidField(u8),
}
