//! Images that a program pushes, as a source: a plot, a camera, a renderer of its own.
//!
//! [`channel`] returns the program's end and the function that opens the source. Pushing never waits: the newest image
//! wins, and one that nobody has taken is replaced. The pixels of an image are the memory of its frame, so nothing
//! copies them once they were pushed.
//!
//! ```
//! use lanstream_push::{Format, Image, channel};
//!
//! let (pusher, mut open) = channel("plot");
//! let source = open()?;
//! pusher.push(Image::new(Format::Gray8, 4, 2, vec![128; 8]))?;
//! assert_eq!(source.description().name, "plot");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod buffers;
mod convert;
mod image;
mod pushed;
mod pusher;
mod source;

use std::sync::Arc;

use lanstream_core::source::{Error, ErrorKind, Opener, Source};

pub use image::{Format, Image, PushError};
pub use pusher::{PushStats, Pusher};

use pusher::Shared;
use source::PushSource;

/// Returns a handle to push images with, and the function that opens their source, once. `name` is what viewers are
/// told that they see.
pub fn channel(name: impl Into<String>) -> (Pusher, Opener) {
    let shared = Arc::new(Shared::new());
    let mut source = Some(PushSource::new(name.into(), Arc::clone(&shared)));
    let open = move || match source.take() {
        Some(source) => Ok(Box::new(source) as Box<dyn Source>),
        None => Err(Error::new(ErrorKind::Ended, "the program's images have one source")),
    };
    (Pusher(shared), Box::new(open))
}
