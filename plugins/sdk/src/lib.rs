//! lanstream plugins in Rust. `lanstream plugin new NAME` writes the project of one, and `lanstream plugin check FILE`
//! tries whether it keeps the rules of the interface.
//!
//! A plugin brings sources, sinks or both. A source is written like a built-in one: a
//! [`SourceFactory`](core::registry::SourceFactory) with a name and options, whose opener makes a
//! [`Source`](core::source::Source). One line exports it from a library of the crate type `cdylib`:
//!
//! ```
//! use lanstream_plugin::core::options::{OptionError, OptionSpec, OptionValues};
//! use lanstream_plugin::core::registry::{Configured, Descriptor, SourceFactory};
//! use lanstream_plugin::core::source::{Error, ErrorKind, Listener};
//!
//! #[derive(Default)]
//! struct Camera;
//!
//! impl SourceFactory for Camera {
//!     fn descriptor(&self) -> Descriptor {
//!         Descriptor {
//!             name: "camera".into(),
//!             about: "Show a camera".into(),
//!             examples: "".into(),
//!             options: vec![OptionSpec::integer("number", 0, 9, "Which camera").default("0")],
//!         }
//!     }
//!
//!     fn configure(&self, values: &OptionValues, _: Listener) -> Result<Configured, OptionError> {
//!         let number: u32 = values.parse("number")?.unwrap_or_default();
//!         Ok(Configured::new(Box::new(move || {
//!             Err(Error::new(ErrorKind::NotFound, format!("there is no camera {number}")))
//!         })))
//!     }
//! }
//!
//! lanstream_plugin::export!(Camera);
//! # fn main() {}
//! ```
//!
//! A source that has a cursor apart from its pixels, sound, or playback that viewers control, returns it as a built-in
//! one does, from [`Source::cursor`](core::source::Source::cursor), [`Source::audio`](core::source::Source::audio) and
//! [`Source::playback`](core::source::Source::playback). Whether it has them is asked once, when it has been opened.
//! Sound that is due is taken before each wait, and playback that changed by itself is told of.
//!
//! The source runs on one thread, in a process of its own. Nothing of it crosses the border by unwinding: a panic ends
//! the source with an error.
//!
//! A sink is written like a built-in one as well: a [`FrameSinkFactory`](core::registry::FrameSinkFactory) whose opener
//! makes a [`FrameSink`](core::frame_sink::FrameSink). [`export!`] takes it after `sinks:`.
//!
//! ```
//! use std::sync::Arc;
//!
//! use lanstream_plugin::core::frame_sink::{
//!     Delivery, FrameSink, FrameSinkError, SinkFrame, SinkOpener, SinkStatus, StreamInfo,
//! };
//! use lanstream_plugin::core::options::{OptionError, OptionValues};
//! use lanstream_plugin::core::registry::{Descriptor, FrameSinkFactory};
//! use lanstream_plugin::core::source::{Listener, Report};
//!
//! #[derive(Default)]
//! struct CountFactory;
//!
//! impl FrameSinkFactory for CountFactory {
//!     fn descriptor(&self) -> Descriptor {
//!         Descriptor {
//!             name: "count".into(),
//!             about: "Count frames".into(),
//!             examples: "".into(),
//!             options: Vec::new(),
//!         }
//!     }
//!
//!     fn configure(&self, _: &OptionValues, listener: Listener) -> Result<SinkOpener, OptionError> {
//!         Ok(Arc::new(move || Ok(Box::new(Count { frames: 0, listener: listener.clone() }))))
//!     }
//! }
//!
//! struct Count {
//!     frames: u64,
//!     listener: Listener,
//! }
//!
//! impl FrameSink for Count {
//!     fn delivery(&self) -> Delivery {
//!         Delivery::Every
//!     }
//!
//!     fn begin(&mut self, _stream: &StreamInfo) -> Result<(), FrameSinkError> {
//!         Ok(())
//!     }
//!
//!     fn frame(&mut self, _frame: &SinkFrame<'_>) -> Result<SinkStatus, FrameSinkError> {
//!         self.frames += 1;
//!         Ok(SinkStatus::Open)
//!     }
//!
//!     fn finish(self: Box<Self>) -> Result<(), FrameSinkError> {
//!         self.listener.report(Report::Line { is_error: false, text: format!("{} frames", self.frames) });
//!         Ok(())
//!     }
//! }
//!
//! lanstream_plugin::export!(sinks: [CountFactory]);
//! # fn main() {}
//! ```

mod audio;
mod cursor;
mod extension;
mod instance;
mod playback;
mod reported_playback;
mod sink_instance;
mod sound;
mod table;

pub use lanstream_core as core;
pub use lanstream_plugin_abi as abi;

pub use table::Exports;

/// Exports the plugin's manifest, text in TOML that says what it needs besides pixels, such as
/// `manifest!("network = 'any'")` or `manifest!(include_str!("../manifest.toml"))`.
///
/// The process of a plugin that has one is confined to what it names, before any of the plugin's code runs: `""` allows
/// nothing. `docs/plugins.md` has the keys.
#[macro_export]
macro_rules! manifest {
    ($text:expr) => {
        /// Manifest of the plugin; `docs/plugins.md` describes it.
        #[unsafe(no_mangle)]
        #[allow(non_upper_case_globals, reason = "it is a symbol of the C interface")]
        pub static lanstream_manifest: [u8; $text.len() + 1] = $crate::line($text);
    };
}

/// Returns a text and the end of its last line as bytes, for [`manifest!`].
#[doc(hidden)]
pub const fn line<const LEN: usize>(text: &str) -> [u8; LEN] {
    let mut bytes = [b'\n'; LEN];
    bytes.split_at_mut(text.len()).0.copy_from_slice(text.as_bytes());
    bytes
}

/// Exports sources and sinks from a plugin: types that are [`SourceFactory`](core::registry::SourceFactory) or
/// [`FrameSinkFactory`](core::registry::FrameSinkFactory), and `Default`.
///
/// `export!(Camera, Scanner)` exports sources, `export!(sinks: [Count])` sinks, and
/// `export!(sources: [Camera], sinks: [Count])` both. The plugin's name and version are those of its package.
#[macro_export]
macro_rules! export {
    (sinks: [$($sink:ty),+ $(,)?] $(,)?) => {
        $crate::export!(sources: [], sinks: [$($sink),+]);
    };
    (sources: [$($source:ty),* $(,)?], sinks: [$($sink:ty),* $(,)?] $(,)?) => {
        /// Entry of the plugin; `plugins/include/lanstream.h` describes it.
        #[unsafe(no_mangle)]
        pub extern "C" fn lanstream_plugin(host_major: u32, _host_minor: u32) -> *const $crate::abi::Plugin {
            extern "C" fn factory(id: $crate::abi::Str, index: u32) -> *const ::core::ffi::c_void {
                EXPORTS.factory(id, index)
            }
            static EXPORTS: ::std::sync::LazyLock<$crate::Exports> = ::std::sync::LazyLock::new(|| {
                $crate::Exports::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), factory)
                    $(.source::<$source>())*
                    $(.sink::<$sink>())*
            });
            EXPORTS.entry(host_major)
        }
    };
    ($($source:ty),+ $(,)?) => {
        $crate::export!(sources: [$($source),+], sinks: []);
    };
}
