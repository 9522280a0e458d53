//! Carries a viewer's pixels over WebTransport: one stream for each route, datagrams for what is of no use later.
//!
//! Who may come in, and what is sent, is decided by core; this crate carries it, and keeps a certificate that browsers
//! accept by its hash for as long as the process runs.

mod admit;
mod buffer_pool;
mod capped_cubic;
mod datagrams;
mod identity;
mod listen;
mod path_watchdog;
mod pem_file;
mod rotation;
mod session;
mod sink;
mod transports;
mod tuning;
mod watchdog;

pub use capped_cubic::CappedCubicConfig;
pub use identity::{Identity, IdentityError};
pub use listen::{BindError, Sockets, bind};
pub use pem_file::FileError;
pub use sink::{Config, OpenError, WebTransportSink};
pub use transports::{DATAGRAMS, STREAM};
pub use tuning::{WINDOW_BYTES, transport};
