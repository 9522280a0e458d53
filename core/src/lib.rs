//! The part of lanstream that is neither a device nor a network: frames, damage, pipeline, protocol, sessions.
//!
//! ```text
//! Source ── wait, capture ──▶ Frame ── Stage stamps changed tiles ──▶ Feed ── Slot per viewer ──▶ Session ──▶ bytes
//! ```
//!
//! A [`source::Source`] brings pooled [`frame::Frame`]s up to date; the [`pipeline::Pipeline`] compares each with the
//! one before and stamps the tiles that differ; the [`feed`] hands the newest frame to each viewer; a
//! [`session::Session`] turns "what this viewer holds" and "the newest frame" into the bytes of one update. Sinks carry
//! those bytes.
//!
//! Nothing here opens a socket, reads a clock, starts a thread or calls the system: time is an argument.

#[cfg(not(loom))]
pub mod admission;
pub mod demand;
pub mod encode;
#[cfg(not(loom))]
pub mod feed;

pub mod frame;
pub mod frame_buffer;
pub mod geometry;
pub mod hash;
pub mod options;
pub mod picture;
#[cfg(not(loom))]
pub mod pipeline;
pub mod pool;
pub mod protocol;
pub mod region;
pub mod registry;
pub mod self_capture;
pub mod session;
#[cfg(not(loom))]
pub mod sink;
pub mod slot;
pub mod source;
pub mod stage;
pub mod stamps;
pub mod state;
pub mod text;
pub mod tile;
pub mod time;
#[cfg(not(loom))]
pub mod viewer;

mod sync;
#[cfg(not(loom))]
mod transport;

pub use lanstream_codec::planar;
