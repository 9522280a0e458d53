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
        let green = (y / 2).wrapping_add(number.wrapping_mul(2)) as u8;
        let (mut red, mut blue) =
            (number.wrapping_mul(4) as u8, y.wrapping_sub(number.wrapping_mul(3)) as u8);
        for pixel in row {
            *pixel = [red, green, blue, 255];
            red = red.wrapping_add(1);
            blue = blue.wrapping_add(3);
        }
    }
}

fn shapes(canvas: &mut Canvas<'_>, number: u32) {
    let size = canvas.size();
    let unit = size.width.min(size.height) / 8;
    let (across, down) = (size.width.saturating_sub(unit), size.height.saturating_sub(unit));
    let radius = (unit / 2) as i32;
    canvas.fill(bounce(number, 11, across), bounce(number, 5, down), unit, unit, ORANGE);
    canvas.disc(bounce(number, 8, across) + radius, bounce(number, 13, down) + radius, radius, BLUE);
    canvas.fill(bounce(number, 17, size.width), 0, 2, size.height, WHITE);
    canvas.fill(0, bounce(number, 9, size.height), size.width, 2, BLACK);
}
