//! Lines of words that scroll up by one line a frame, as a terminal under load does: each line's own number leads it.

use std::io::Write;

use lanstream_core::SIDE_MAX;

use crate::canvas::{Canvas, Pixel};
use crate::font::{self, GLYPH_HEIGHT, GLYPH_WIDTH};

/// Pixels a font pixel takes, each way.
const SCALE: usize = 2;
/// From one character to the next, in pixels.
const CELL_WIDTH: usize = (GLYPH_WIDTH + 1) * SCALE;
/// From one line to the next, in pixels.
const CELL_HEIGHT: usize = (GLYPH_HEIGHT + 2) * SCALE;
/// Characters in a line of the widest picture. A line lies on the stack: capturing does not allocate.
const COLUMNS_MAX: usize = (SIDE_MAX as usize).div_ceil(CELL_WIDTH);
const INK: Pixel = [222, 222, 214, 255];
const PAPER: Pixel = [24, 26, 32, 255];
/// What lines are made of.
const WORDS: [&str; 16] = [
    "FRAME", "PIXEL", "EXACT", "STREAM", "TILE", "DAMAGE", "ZERO", "COPY", "IN", "THE", "SAME", "INSTANT",
    "X11", "1080P", "OVER", "LOOPBACK",
];

pub(super) fn draw(canvas: &mut Canvas<'_>, number: u32) {
    let mut line = [b' '; COLUMNS_MAX];
    let line = &mut line[..(canvas.size().width as usize).div_ceil(CELL_WIDTH)];
    let mut index = number;
    for (y, row) in canvas.rows() {
        let within = y as usize % CELL_HEIGHT;
        if within == 0 {
            write_line(line, index);
            index = index.wrapping_add(1);
        }
        row.fill(PAPER);
        let glyph_row = within / SCALE;
        if glyph_row < GLYPH_HEIGHT {
            draw_glyph_row(row, line, glyph_row);
        }
    }
}

/// Puts line `index` of an endless text into `line`; it ends raggedly, as text does.
fn write_line(line: &mut [u8], index: u32) {
    line.fill(b' ');
    let mut dice = u64::from(index).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let margin = (dice >> 40) as usize % (line.len() * 2 / 3 + 1);
    let mut rest = line;
    // A full line cuts off what does not fit, which is what the error would say.
    let _ = write!(rest, "{index:010}:");
    while rest.len() > margin {
        dice = dice.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
        let _ = write!(rest, " {}", WORDS[(dice >> 60) as usize]);
    }
}

fn draw_glyph_row(row: &mut [Pixel], line: &[u8], glyph_row: usize) {
    for (character, cell) in line.iter().zip(row.chunks_mut(CELL_WIDTH)) {
        let bits = font::glyph(*character)[glyph_row];
        for (x, pixel) in cell.iter_mut().enumerate().take(GLYPH_WIDTH * SCALE) {
            if bits >> (GLYPH_WIDTH - 1 - x / SCALE) & 1 == 1 {
                *pixel = INK;
            }
        }
    }
}
