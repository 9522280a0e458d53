//! The sources that are built in: one function each, one line each in the command line.

use crate::server::Opener;

/// A monitor, a window or a part of the screen.
#[cfg(feature = "screen")]
pub fn screen(target: lanstream_screen::Target, options: lanstream_screen::Options) -> Opener {
    Box::new(move || lanstream_screen::open(&target, &options))
}

/// A test pattern.
#[cfg(feature = "pattern")]
pub fn pattern(options: lanstream_pattern::Options) -> Opener {
    Box::new(move || Ok(Box::new(lanstream_pattern::Pattern::new(options)?)))
}
