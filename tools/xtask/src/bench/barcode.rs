//! A frame's number as black and white cells: 24 bits and 8 check bits, drawn at both ends of what changes.
//!
//! It is drawn twice so that a frame counts as seen only when its last row has arrived too, and so that a picture mixed
//! of two frames shows two numbers.

use crate::screen::{Image, PIXEL_BYTES};

/// Side of a cell in pixels: survives a lossy mirror.
const SIDE: u16 = 12;
const CELL: usize = SIDE as usize;
/// Cells in a row.
const COUNT: u16 = 32;
const CELLS: usize = COUNT as usize;
/// Pixels that a barcode takes.
pub(crate) const WIDTH: u16 = COUNT * SIDE;
/// Rows that a barcode takes.
pub(crate) const HEIGHT: u16 = SIDE;
/// Keeps an all black picture from reading as number 0.
const CHECK_SALT: u32 = 0xa5;
/// Green above it is white.
const WHITE_ABOVE: u8 = 0x80;

/// Draws `number` at the top left and at the bottom right of an image of at least two barcodes' height.
pub(crate) fn draw(image: &mut Image, number: u32) {
    let stride = image.stride();
    let bottom = (usize::from(image.height) - CELL) * stride + stride - CELLS * CELL * PIXEL_BYTES;
    let code = encode(number);
    for top_left in [0, bottom] {
        for row in 0..CELL {
            draw_row(&mut image.bytes_mut()[top_left + row * stride..], code);
        }
    }
}

/// The number at the top left of an image of at least one barcode's size.
pub(crate) fn read(image: &Image) -> Option<u32> {
    let middle = &image.bytes()[CELL / 2 * image.stride()..];
    let code =
        (0..CELLS).fold(0, |code, cell| code << 1 | u32::from(is_white(middle, cell * CELL + CELL / 2)));
    let number = code >> 8;
    (encode(number) == code).then_some(number)
}

/// Where `number` is drawn in an image: pixel for pixel, or blurred by a lossy mirror at the top left.
pub(crate) fn find(image: &Image, number: u32) -> Option<(u16, u16)> {
    let has_room = image.width >= WIDTH && image.height >= HEIGHT;
    find_sharp(image, number).or_else(|| (has_room && read(image) == Some(number)).then_some((0, 0)))
}

fn find_sharp(image: &Image, number: u32) -> Option<(u16, u16)> {
    let code = encode(number);
    let stride = image.stride();
    let matches = |x: u16, y: u16| {
        let top = usize::from(y) * stride + usize::from(x) * PIXEL_BYTES;
        [CELL / 2, 0, CELL - 1].iter().all(|row| shows(&image.bytes()[top + row * stride..], code))
    };
    let (columns, rows) = (image.width.checked_sub(WIDTH)?, image.height.checked_sub(HEIGHT)?);
    (0..=rows).find_map(|y| (0..=columns).find(|x| matches(*x, y)).map(|x| (x, y)))
}

fn draw_row(row: &mut [u8], code: u32) {
    for (cell, pixels) in row.chunks_exact_mut(CELL * PIXEL_BYTES).take(CELLS).enumerate() {
        pixels.fill(if bit(code, cell) { 0xff } else { 0 });
    }
}

fn shows(row: &[u8], code: u32) -> bool {
    (0..CELLS * CELL).all(|x| is_white(row, x) == bit(code, x / CELL))
}

fn is_white(row: &[u8], x: usize) -> bool {
    row[x * PIXEL_BYTES + 1] > WHITE_ABOVE
}

fn bit(code: u32, cell: usize) -> bool {
    code >> (CELLS - 1 - cell) & 1 == 1
}

/// What the cells show, the highest bit first.
pub(crate) fn encode(number: u32) -> u32 {
    number << 8 | ((number ^ number >> 8 ^ number >> 16) & 0xff) ^ CHECK_SALT
}
