//! One colour a frame.

use crate::canvas::Canvas;

/// 2^32 divided by the golden ratio: neighbouring numbers get colours far apart.
const GOLDEN: u32 = 0x9e37_79b1;

pub(super) fn draw(canvas: &mut Canvas<'_>, number: u32) {
    let [red, green, blue, _] = number.wrapping_add(1).wrapping_mul(GOLDEN).to_be_bytes();
    for (_, row) in canvas.rows() {
        row.fill([red, green, blue, 255]);
    }
}
