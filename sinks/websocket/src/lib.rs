//! Carries a viewer's control channel over WebSocket, and its pixels too where the viewer asked for them here.
//!
//! It has no listener of its own: an HTTP server passes it the connections whose handshake [`ControlAcceptor`] has
//! answered. What is said is decided by core; this crate only carries it.

mod channel;
mod frame_meter;
mod handshake;
mod sink;

pub use channel::{ControlChannel, TRANSPORT};
pub use handshake::{ControlAcceptor, HandshakeError};
pub use sink::WebSocketSink;
