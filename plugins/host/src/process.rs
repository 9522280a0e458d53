//! A plugin in a process of its own: this program, started again with [`HOST_COMMAND`], loads the library and answers
//! over a socket, which is its standard input. `docs/frame-link.md` describes the messages.
//!
//! ```text
//! RemoteSource ── request ──▶ serve ── function call ──▶ plugin
//!      ▲  └── memfd of each frame ──▶ │                     │ writes pixels into it
//!      └────────── reply ────────────┘◀────────────────────┘
//!
//! RemoteSink ─── request ───▶ serve ── function call ──▶ plugin
//!      ▲  └── memfd of a stream ──▶ │                     │ reads pixels from it
//!      └────────── reply ───────────┘◀────────────────────┘
//! ```

mod channel;
mod containment;
mod cursor;
pub(crate) mod descriptor;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod launch;
mod link;
mod memory;
mod message;
mod remote;
mod restart;
mod serve;
mod serve_sink;
mod sink;
mod source;
pub(crate) mod wire;
mod wire_types;

pub(crate) use containment::contain;
pub use launch::Launch;
pub use remote::RemotePlugin;
pub use serve::serve;

/// Command of this program that loads a plugin and serves it on standard input. What follows is for [`serve`].
pub const HOST_COMMAND: &str = "plugin-host";
