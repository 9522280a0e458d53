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

/// A pixel as it goes over the wire: red, green, blue, 255.
pub fn rgbx(pixel: [u8; 4], format: PixelFormat) -> [u8; 4] {
    let [a, b, c, _] = pixel;
    match format {
        PixelFormat::Bgrx8 => [c, b, a, 255],
        PixelFormat::Rgbx8 => [a, b, c, 255],
    }
}

/// Appends the data of a group of one colour; `None`: it is not.
fn solid(frame: &Frame, group: &plan::Group, out: &mut BytesMut) -> Option<Patch> {
    let plan::Fill::Solid(pixel) = group.fill else { return None };
    out.put_slice(&rgbx(pixel, frame.layout().format));
    Some(Patch::new(group.rect, Encoding::Solid))
}
