//! Unit costs of patches and pixels, by which a plan decides whether two groups are better sent as one.

use super::estimate::Count;
use super::method::{COMPLEXITY_LEVELS, complexity};
use crate::encode::group::{Content, TileGroup};

/// Nanoseconds; only their ratios count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnitCosts {
    /// Cost of a patch, whatever its content.
    pub(crate) patch: f32,
    /// Cost of a raw pixel.
    pub(crate) raw: f32,
    /// Cost of an encoded pixel, by the complexity of its group.
    pub(crate) coded: [f32; COMPLEXITY_LEVELS],
    /// Cost of a moved pixel.
    pub(crate) moved: f32,
}

/// Time of a patch in a browser; a kilobyte of pixels takes 0.7 µs from here to the canvas.
pub(super) const PATCH_NS: f32 = 4000.0;
const RAW_PX_NS: f32 = 2.6;

impl UnitCosts {
    /// Unit costs of raw pixels on a fast link.
    pub(crate) const PLAIN: Self =
        Self { patch: PATCH_NS, raw: RAW_PX_NS, coded: [RAW_PX_NS; COMPLEXITY_LEVELS], moved: RAW_PX_NS };

    /// Returns two groups as one, unless two are cheaper.
    pub(crate) fn joined(&self, group: TileGroup, other: TileGroup) -> Option<TileGroup> {
        let both = group.spanning(other);
        let is_cheaper = self.of(&both) <= self.of(&group) + self.of(&other);
        group.grown(other).or_else(|| is_cheaper.then_some(both))
    }

    /// Returns the cost of a group. A solid group costs no more than its patch.
    pub(crate) fn of(&self, group: &TileGroup) -> f32 {
        let area = group.rect.area();
        let pixel = match group.content {
            Content::Raw => self.raw,
            Content::Coded => self.coded[complexity(area, group.edge_count)],
            Content::Moved => self.moved,
            Content::Solid(_) => 0.0,
        };
        self.patch + area.estimate() * pixel
    }
}
