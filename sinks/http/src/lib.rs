//! Serves everything a viewer needs over HTTP on one origin: its files, the exchange of the token, its pixels as one
//! response without end, and upgrades, which other sinks carry.
//!
//! What is sent, and when, is decided by core's session; this crate only carries it.

mod assets;
mod body;
mod config;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod listen;
mod respond;
mod routes;
mod serve;
mod sink;
mod socket;
mod upgrade;

pub use assets::Asset;
pub use config::{HTTP_STREAMS_MAX, TRANSPORT};
pub use listen::{BindError, Listeners, bind};
pub use sink::HttpSink;
pub use upgrade::{Accept, Run, Upgrade, UpgradeError, Upgraded};
