//! Turns the tiles that a viewer lacks into groups, groups into patches, and patches into bytes.

pub mod band;
pub mod coder;
mod encoder;
pub mod model;
pub mod motion;
mod painting;
mod pipe;
pub mod plan;
pub mod pool;
pub mod prices;
mod rates;
pub mod shelf;
mod swizzle;
mod trial;
mod way;
mod writer;

pub use band::Band;
pub use coder::Coder;
pub use model::Answer;
pub use pool::Pool;
pub use way::Way;
pub use writer::{Fill, Repertoire, Writer};

use bytes::{BufMut, BytesMut};

use crate::frame::{Frame, PixelFormat};
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
fn solid(frame: &Frame, group: &plan::Group, out: &mut BytesMut) -> Option<Patch> {
    let plan::Fill::Solid(pixel) = group.fill else { return None };
    out.put_slice(&rgbx(pixel, frame.layout().format));
    Some(Patch::new(group.rect, Encoding::Solid))
}
