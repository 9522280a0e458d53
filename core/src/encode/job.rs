//! Patch jobs: groups, and how the bytes of each are produced.

use super::group::{Content, TileGroup};
use super::rect_encoder::RectJob;

/// Pixels of a group that is worth a thread's help: one takes as long to wake up as a smaller group takes to encode.
pub(super) const HELPED_PX_MIN: usize = 64 << 10;

/// A group and how its patch is produced.
#[derive(Clone, Copy, Debug)]
pub(super) struct PatchJob {
    /// The tiles.
    pub(super) group: TileGroup,
    /// How its bytes are produced.
    pub(super) kind: JobKind,
}

/// How a group's bytes are produced.
#[derive(Clone, Copy, Debug)]
pub(super) enum JobKind {
    /// Raw pixels are copied.
    Raw,
    /// One pixel value fills it.
    Solid,
    /// It is copied from another place of the previous frame.
    Moved,
    /// It is encoded when it is written.
    Encoded(RectJob),
    /// It is encoded through the frame's cache, by any free thread.
    Shared(RectJob, usize),
}

impl PatchJob {
    /// Returns the job of a group for a viewer that takes raw and solid patches only.
    pub(super) fn plain(group: &TileGroup) -> Self {
        let kind = if let Content::Solid(_) = group.content { JobKind::Solid } else { JobKind::Raw };
        Self { group: *group, kind }
    }

    /// Returns whether worker threads should help with it.
    pub(super) fn is_helped(&self) -> bool {
        matches!(self.kind, JobKind::Shared(..)) && self.group.rect.area() >= HELPED_PX_MIN
    }
}
