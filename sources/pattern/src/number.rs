//! The frame's number in the picture, for machines: 24 bits and 8 check bits as black and white cells, top left.
//!
//! A cell is large enough to survive a lossy mirror, and the check bits tell a number from a picture that merely
//! looks like one. `xtask bench glass` draws and reads the same cells.

use lanstream_core::{PIXEL_BYTES, Size};

use crate::canvas::{BLACK, Canvas, WHITE};

/// Side of a cell in pixels.
const CELL: u32 = 12;
/// Cells in the row: the number's low 24 bits, then the check bits.
const CELLS: u32 = 32;
/// Smallest picture that has room for the number.
pub const NUMBER_SIZE: Size = Size { width: CELLS * CELL, height: CELL };
/// The number's bits that are drawn.
const NUMBER_MASK: u32 = 0xff_ffff;
/// Keeps an all black picture from reading as number 0.
const CHECK_SALT: u32 = 0xa5;
/// Green above it is white.
const WHITE_ABOVE: u8 = 0x80;

/// Which frame's number a picture in [`Rgbx8`](lanstream_core::PixelFormat::Rgbx8) shows, modulo 2^24, if
/// any.
pub fn read_number(size: Size, stride: usize, bytes: &[u8]) -> Option<u32> {
    if !fits(size) {
        return None;
    }
    let middle = (CELL / 2) as usize * stride;
    let mut code = 0;
    for cell in 0..CELLS {
        let green = middle + (cell * CELL + CELL / 2) as usize * PIXEL_BYTES + 1;
        code = code << 1 | u32::from(*bytes.get(green)? > WHITE_ABOVE);
    }
    let number = code >> 8;
    (encode(number) == code).then_some(number)
}

/// Draws the number where there is room for it.
pub(crate) fn draw(canvas: &mut Canvas<'_>, number: u32) {
    if !fits(canvas.size()) {
        return;
    }
    let code = encode(number & NUMBER_MASK);
    for cell in 0..CELLS {
        let pixel = if code >> (CELLS - 1 - cell) & 1 == 1 { WHITE } else { BLACK };
        canvas.fill((cell * CELL).cast_signed(), 0, CELL, CELL, pixel);
    }
}

fn fits(size: Size) -> bool {
    size.width >= NUMBER_SIZE.width && size.height >= NUMBER_SIZE.height
}

fn encode(number: u32) -> u32 {
    number << 8 | ((number ^ number >> 8 ^ number >> 16) & 0xff) ^ CHECK_SALT
}
