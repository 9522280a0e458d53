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
//! [`Pool`]'s threads fill as well.

mod adaptive;
mod band;
pub mod cache;
mod cost;
mod group;
mod job;
pub mod motion;
mod plan;
pub mod pool;
mod rect_encoder;
mod swizzle;
mod update_encoder;
mod writer;

pub use adaptive::AdaptiveEncoder;
pub(crate) use cost::AckTiming;
pub use pool::Pool;
pub(crate) use swizzle::rgbx;
pub use update_encoder::UpdateEncoder;
pub use writer::WriteStatus;
pub(crate) use writer::Writer;
