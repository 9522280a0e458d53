//! Plugins: shared libraries that bring sources and sinks, over the C interface of `plugins/include/lanstream.h`.
//!
//! A plugin is loaded in a process of its own ([`RemotePlugin`]), which is this program started again with
//! [`HOST_COMMAND`]: its frames are memory that both processes share, and a crash ends one source or sink. In this
//! process ([`LoadedPlugin`]) it is loaded for debuggers and for measuring.
//!
//! Both give factories to the registries of sources and of frame sinks. Whatever a plugin says, such as sizes, regions
//! and texts, is checked before it is used. On Linux, `conformance` tries whether a plugin keeps the rules of the
//! interface.

mod audio;
mod check;
#[cfg(target_os = "linux")]
pub mod conformance;
mod cursor;
mod error;
mod extensions;
mod folders;
#[cfg(target_os = "linux")]
mod installed;
mod instance;
mod interrupt;
mod lent;
mod loaded;
mod open;
mod playback;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod sandbox;
mod sink;
mod trust;

pub use error::LoadError;
pub use folders::Folders;
#[cfg(target_os = "linux")]
pub use installed::{InstalledError, InstalledPlugin, forget, installed};
pub use loaded::LoadedPlugin;
#[cfg(all(any(test, fuzzing), target_os = "linux"))]
pub use process::fuzzing;
#[cfg(target_os = "linux")]
pub use process::{HOST_COMMAND, Launch, RemotePlugin, serve};
#[cfg(target_os = "linux")]
pub use sandbox::Sandbox;
pub use trust::Trust;
