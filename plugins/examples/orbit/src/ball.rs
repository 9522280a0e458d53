//! The shape of the cursor: a ball with a soft edge, which points with its middle.

use lanstream_plugin::core::source::CursorShape;

/// Pixels in a row, and rows.
const SIDE: u16 = 17;
/// Red, green and blue.
const COLOR: [u8; 3] = [0xff, 0xa0, 0x20];

/// Returns the shape. It is the only one, so its serial never changes.
pub(crate) fn shape() -> CursorShape {
    let pixels = (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (x, y)));
    let rgba = pixels.flat_map(|(x, y)| pixel(x, y)).collect();
    let middle = SIDE / 2;
    CursorShape { serial: 1, width: SIDE, height: SIDE, hot_x: middle, hot_y: middle, rgba }
}

/// Returns red, green, blue and alpha of a pixel. The edge lets through as much as lies outside.
fn pixel(x: u16, y: u16) -> [u8; 4] {
    let middle = f64::from(SIDE / 2);
    let distance = (f64::from(x) - middle).hypot(f64::from(y) - middle);
    let inside = (middle + 0.5 - distance).clamp(0.0, 1.0);
    let [red, green, blue] = COLOR;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 0 to 255")]
    let alpha = (inside * 255.0).round() as u8;
    [red, green, blue, alpha]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_middle_covers_the_picture_and_its_corners_do_not() {
        let shape = shape();
        assert_eq!(shape.rgba.len(), usize::from(SIDE) * usize::from(SIDE) * 4);
        assert_eq!((pixel(0, 0)[3], pixel(8, 8)[3], pixel(8, 0)[3]), (0, 255, 128));
    }
}
