//! Serves everything a viewer needs over HTTP on one origin: its files, the exchange of the token, its pixels as one
//! response without end, and the upgrade to the control channel, which another sink carries.
//!
//! What is sent, and when, is decided by core's session; this crate only carries it.

mod assets;
mod body;
mod listen;
mod respond;
mod routes;
mod serve;
mod server;
mod upgrade;

pub use assets::Asset;
pub use listen::{BindError, Listeners, bind};
pub use serve::serve;
pub use server::{Config, ControlHandler, ControlSocket, Offer};
