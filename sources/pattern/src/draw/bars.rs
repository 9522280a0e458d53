//! Colour bars after SMPTE EG 1: seven bars, a strip of them reversed, a ramp, and a marker that moves.

use super::bounce;
use crate::canvas::{BLACK, Canvas, Pixel, WHITE};

/// The bars at 75 %: grey, yellow, cyan, green, magenta, red, blue.
const BARS: [Pixel; 7] = [
    [191, 191, 191, 255],
    [191, 191, 0, 255],
    [0, 191, 191, 255],
    [0, 191, 0, 255],
    [191, 0, 191, 255],
    [191, 0, 0, 255],
    [0, 0, 191, 255],
];
/// The strip below: each second bar reversed, black between.
const REVERSED: [Pixel; 7] = [BARS[6], BLACK, BARS[4], BLACK, BARS[2], BLACK, BARS[0]];
/// Width of the marker and height of its track in pixels.
const MARKER: u32 = 24;
/// Pixels that the marker moves in a frame: odd, so that it does not keep to tile edges.
const STEP: u32 = 7;

pub(super) fn draw(canvas: &mut Canvas<'_>, number: u32) {
    let size = canvas.size();
    let (bars_end, strip_end) = (size.height * 2 / 3, size.height * 3 / 4);
    for (y, row) in canvas.rows() {
        if y < bars_end {
            stripes(row, &BARS);
        } else if y < strip_end {
            stripes(row, &REVERSED);
        } else {
            ramp(row);
        }
    }
    let x = bounce(number, STEP, size.width.saturating_sub(MARKER));
    let y = (size.height / 2).cast_signed();
    canvas.fill(0, y, size.width, MARKER, BLACK);
    canvas.fill(x, y, MARKER, MARKER, WHITE);
}

fn stripes(row: &mut [Pixel], colours: &[Pixel; 7]) {
    let width = row.len();
    let edge = |bar: usize| bar * width / colours.len();
    for (bar, colour) in colours.iter().enumerate() {
        row[edge(bar)..edge(bar + 1)].fill(*colour);
    }
}

/// Every grey from black to white: a mirror that is not exact shows bands here.
fn ramp(row: &mut [Pixel]) {
    let width = row.len();
    for (x, pixel) in row.iter_mut().enumerate() {
        let grey = u8::try_from(x * 256 / width).unwrap_or(u8::MAX);
        *pixel = [grey, grey, grey, 255];
    }
}
