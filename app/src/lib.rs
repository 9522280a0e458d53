//! lanstream as a library: give it something that opens a [`Source`], get a URL that shows it.
//!
//! ```no_run
//! use lanstream::{Options, Server, sources};
//!
//! let open = sources::pattern(lanstream_pattern::Options::default());
//! let server = Server::start(open, &Options::default(), |event| eprintln!("{event:?}"))?;
//! println!("{}", server.url());
//! server.stop();
//! # Ok::<(), lanstream::StartError>(())
//! ```

mod assets;
mod clock;
mod encoders;
mod event;
mod server;
pub mod sources;
mod webtransport;

pub use event::{Event, Stats};
pub use lanstream_core::protocol::Certificates;
pub use lanstream_core::source::{Error as SourceError, ErrorKind as SourceErrorKind, Opener, Source};
pub use server::{Options, Server, StartError, TlsFiles, Totals, Transport};
