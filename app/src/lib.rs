//! Native pixels in a web page on the same machine, as a library.
//!
//! [`Stream`] shows images that this program pushes:
//!
//! ```no_run
//! use lanstream::{Format, Image, Stream};
//!
//! let stream = Stream::open()?;
//! println!("{}", stream.url());
//! stream.push(Image::new(Format::Rgb8, 640, 480, vec![128; 640 * 480 * 3]))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Server`] shows any [`Source`]: a built-in one, a plugin's, or one of your own.
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
#[cfg(feature = "push")]
mod stream;
pub mod token_file;

pub use event::{Event, SinkStats, Stats};
pub use lanstream_core as core;
pub use lanstream_core::protocol::Certificates;
pub use lanstream_core::source::{Error as SourceError, ErrorKind as SourceErrorKind, Opener, Source};
#[cfg(feature = "push")]
pub use lanstream_push::{Format, Image, PushError, PushStats, Pusher};
pub use registries::Registries;
pub use server::{NamedSink, Options, Server, StartError, Totals, TransportChoice};
pub use sinks::factory::TlsFiles;
#[cfg(feature = "push")]
pub use stream::{Stream, StreamBuilder, StreamStats};

/// The examples of docs/rust.md.
#[cfg(all(doctest, feature = "push", feature = "pattern"))]
#[doc = include_str!("../../docs/rust.md")]
mod rust_page {}
