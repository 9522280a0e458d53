//! Native pixels in the pages of a Tauri application: images that it renders, or what a source of lanstream captures,
//! in a `<lan-stream>` element.
//!
//! ```no_run
//! use tauri_plugin_lanstream::LanstreamExt;
//! use tauri_plugin_lanstream::lanstream::{Format, Image};
//!
//! # fn run<R: tauri::Runtime>(builder: tauri::Builder<R>) {
//! builder.plugin(tauri_plugin_lanstream::init()).setup(|app| {
//!     let pusher = app.lanstream().push("renderer")?;
//!     pusher.push(Image::new(Format::Rgb8, 640, 480, vec![128; 640 * 480 * 3]))?;
//!     Ok(())
//! });
//! # }
//! ```
//!
//! A page gets the stream's URL by `open('renderer')` of the package `tauri-plugin-lanstream-api`.

mod builder;
mod commands;
mod error;
mod origins;
mod streams;

use tauri::{Manager, Runtime, plugin::TauriPlugin};

pub use builder::Builder;
pub use error::Error;
pub use lanstream;
pub use streams::Streams;

/// Returns the plugin as it is without options: pages can show what the application starts.
pub fn init<R: Runtime>() -> TauriPlugin<R> {
    Builder::default().build()
}

/// Access to the streams of an application, from whatever manages its state.
pub trait LanstreamExt<R: Runtime> {
    /// Returns the streams.
    fn lanstream(&self) -> &Streams;
}

impl<R: Runtime, T: Manager<R>> LanstreamExt<R> for T {
    fn lanstream(&self) -> &Streams {
        self.state::<Streams>().inner()
    }
}

/// The example of README.md.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
