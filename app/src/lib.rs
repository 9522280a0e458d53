//! lanstream as a library: give it something that opens a [`Source`], get a URL that shows it.
//!
//! ```no_run
//! use lanstream::{Options, Server, sources};
//!
//! let source = sources::registry().configure("pattern", Default::default(), Default::default())?;
//! let server = Server::start(source.open, &Options::default(), |event| eprintln!("{event:?}"))?;
//! println!("{}", server.url());
//! server.stop();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod assets;
mod clock;
mod encoders;
mod event;
pub mod frame_sinks;
#[cfg(feature = "plugins")]
pub mod plugins;
mod registries;
mod server;
pub mod sinks;
pub mod sources;

pub use event::{Event, SinkStats, Stats};
pub use lanstream_core as core;
pub use lanstream_core::protocol::Certificates;
pub use lanstream_core::source::{Error as SourceError, ErrorKind as SourceErrorKind, Opener, Source};
pub use registries::Registries;
pub use server::{NamedSink, Options, Server, StartError, Totals, TransportChoice};
pub use sinks::factory::TlsFiles;
