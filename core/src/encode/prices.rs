//! What patches and their pixels cost, so that a plan can tell whether two groups are better sent as one.

use super::plan::{Fill, Group};
use super::way::{DENSITIES, density};

/// Nanoseconds; only their ratios count.
#[derive(Clone, Copy, Debug)]
pub struct Prices {
    /// One more patch, whatever is in it.
    pub patch: f32,
    /// A raw pixel.
    pub raw: f32,
    /// A coded pixel, by how busy its group is.
    pub coded: [f32; DENSITIES],
    /// A moved pixel.
    pub moved: f32,
}

/// A patch takes a browser about so long, and a kilobyte of pixels 0.7 µs from here to the canvas.
pub(super) const PATCH_NS: f32 = 4000.0;
const RAW_PX_NS: f32 = 2.6;

impl Prices {
    /// Of raw pixels on a fast pipe.
    pub const PLAIN: Self =
        Self { patch: PATCH_NS, raw: RAW_PX_NS, coded: [RAW_PX_NS; DENSITIES], moved: RAW_PX_NS };

    /// Of a group. One colour costs no more than its patch.
    pub(super) fn of(&self, group: &Group) -> f32 {
        let area = group.rect.area();
        let pixel = match group.fill {
            Fill::Raw => self.raw,
            Fill::Coded => self.coded[density(area, group.busy)],
            Fill::Moved => self.moved,
            Fill::Solid(_) => 0.0,
        };
        self.patch + area as f32 * pixel
    }
}
