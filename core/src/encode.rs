//! Turns the tiles that a viewer lacks into groups, groups into patches, and patches into bytes.

pub mod band;
pub mod cache;
pub mod cost_model;
mod link_estimator;
mod method;
mod method_stats;
pub mod motion;
mod paint_cost;
pub mod plan;
pub mod pool;
mod probe;
mod rect_encoder;
mod swizzle;
pub mod unit_costs;
pub mod update_encoder;
mod writer;

pub use band::Band;
pub use cost_model::AckTiming;
pub use method::Method;
pub use pool::Pool;
pub use update_encoder::UpdateEncoder;
pub use writer::{Capabilities, WriteStatus, Writer};

use bytes::{BufMut, BytesMut};

use crate::frame::Frame;
use crate::frame_buffer::PixelFormat;
use crate::protocol::{Encoding, Patch};

/// A cell as it goes over the wire: a pixel as red, green, blue, 255, and what is of planes as it is.
pub fn rgbx(pixel: [u8; 4], format: PixelFormat) -> [u8; 4] {
    let [a, b, c, d] = pixel;
    match format {
        PixelFormat::Bgrx8 => [c, b, a, 255],
        PixelFormat::Rgbx8 => [a, b, c, 255],
        PixelFormat::Planar(_) => [a, b, c, d],
    }
}

/// Appends the data of a group of one colour; `None`: it is not.
fn solid(frame: &Frame, group: &plan::TileGroup, out: &mut BytesMut) -> Option<Patch> {
    let plan::Content::Solid(pixel) = group.content else { return None };
    out.put_slice(&rgbx(pixel, frame.layout().format));
    Some(Patch::new(group.rect, Encoding::Solid))
}
