//! Carries a viewer's pixels over WebTransport: one stream for each route, datagrams for what is of no use later.
//!
//! Who may come in, and what is sent, is decided by core; this crate carries it, and keeps a certificate that browsers accept
//! by its hash for as long as the process runs.

mod admit;
mod carry;
mod identity;
mod listen;
mod ring;
mod rotation;
mod scatter;
mod serve;
mod silence;
mod tuning;
mod window;

pub use identity::{Identity, IdentityError};
pub use listen::{BindError, Sockets, bind};
pub use serve::{Server, StartError, serve};
pub use tuning::{WINDOW_BYTES, transport};
pub use window::Capped;
