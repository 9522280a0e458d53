//! A gradient that drifts over the whole picture, with shapes that move over it: smooth, like video, and never still.

use super::bounce;
use crate::canvas::{BLACK, Canvas, Pixel, WHITE};

const ORANGE: Pixel = [255, 140, 0, 255];
const BLUE: Pixel = [30, 90, 255, 255];

pub(super) fn draw(canvas: &mut Canvas<'_>, number: u32) {
    gradient(canvas, number);
    shapes(canvas, number);
}

fn gradient(canvas: &mut Canvas<'_>, number: u32) {
    for (y, row) in canvas.rows() {
        let green = low_byte((y / 2).wrapping_add(number.wrapping_mul(2)));
        let mut red = low_byte(number.wrapping_mul(4));
        let mut blue = low_byte(y.wrapping_sub(number.wrapping_mul(3)));
        for pixel in row {
            *pixel = [red, green, blue, 255];
            red = red.wrapping_add(1);
            blue = blue.wrapping_add(3);
        }
    }
}

fn low_byte(number: u32) -> u8 {
    number.to_le_bytes()[0]
}

fn shapes(canvas: &mut Canvas<'_>, number: u32) {
    let size = canvas.size();
    let unit = size.width.min(size.height) / 8;
    let (across, down) = (size.width.saturating_sub(unit), size.height.saturating_sub(unit));
    let radius = (unit / 2).cast_signed();
    canvas.fill(bounce(number, 11, across), bounce(number, 5, down), unit, unit, ORANGE);
    canvas.disc(bounce(number, 8, across) + radius, bounce(number, 13, down) + radius, radius, BLUE);
    canvas.fill(bounce(number, 17, size.width), 0, 2, size.height, WHITE);
    canvas.fill(0, bounce(number, 9, size.height), size.width, 2, BLACK);
}
