//! Turns the tiles that a viewer lacks into patches, and patches into bytes.

pub mod plan;
mod swizzle;

use bytes::{BufMut, BytesMut};

pub use plan::Plan;

use crate::frame::{Frame, PixelFormat};
use crate::protocol::{Encoding, Patch};

/// Appends one row of a raw patch, `y` counted from the patch's top.
pub fn raw_row(frame: &Frame, patch: &Patch, y: u32, out: &mut BytesMut) {
    let row = frame.row(patch.rect.x, patch.rect.y + y, patch.rect.width);
    swizzle::extend_rgbx(out, row, frame.layout().format);
}

/// Appends the data of a solid patch.
pub fn solid(frame: &Frame, patch: &Patch, out: &mut BytesMut) {
    let pixel = frame.row(patch.rect.x, patch.rect.y, 1);
    let rgbx = rgbx([pixel[0], pixel[1], pixel[2], pixel[3]], frame.layout().format);
    out.put_slice(&rgbx);
}

/// A pixel as it goes over the wire: red, green, blue, 255.
pub fn rgbx(pixel: [u8; 4], format: PixelFormat) -> [u8; 4] {
    let [a, b, c, _] = pixel;
    match format {
        PixelFormat::Bgrx8 => [c, b, a, 255],
        PixelFormat::Rgbx8 => [a, b, c, 255],
    }
}

/// Bytes of the data of `patch`, beyond which row by row nothing is left.
pub fn rows(patch: &Patch) -> u32 {
    match patch.encoding {
        Encoding::Raw => patch.rect.height,
        Encoding::Solid => 1,
    }
}
