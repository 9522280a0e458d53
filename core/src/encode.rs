//! Encoding of updates: tiles that a viewer lacks become groups, groups become patches, and patches become the bytes of
//! bands.
//!
//! ```text
//! Writer ── begin ──▶ UpdateEncoder ── feedback ──▶ CostModel
//!   │ for each band:
//!   ├── plan ──▶ Plan: tiles stamped after the base ──▶ TileGroup ──▶ PatchJob
//!   └── Band ── poll_ready, encode ──▶ head, table, patches ── write_row ──▶ rows of raw patches
//! ```
//!
//! Everything goes down: the writer splits an update into bands, the [`UpdateEncoder`] decides and encodes, and neither
//! knows of sessions and sinks. What is encoded once for several viewers is in the frame's [`cache`], which the
//! [`EncodePool`]'s threads fill as well.

mod adaptive;
mod band;
pub(crate) mod cache;
mod cost;
mod group;
mod job;
mod motion;
mod plan;
mod pool;
mod rect_encoder;
mod swizzle;
mod update_encoder;
mod writer;

pub(crate) use cost::AckTiming;
pub(crate) use pool::FRAMES_MAX as ENCODING_FRAMES_MAX;
pub use pool::{ENCODE_THREADS_MAX, EncodePool};
pub(crate) use swizzle::rgbx;
pub(crate) use update_encoder::UpdateEncoder;
pub use writer::WriteStatus;
pub(crate) use writer::Writer;
