//! Random pixels. The generator is xorshift64: fast enough for 1080p at any rate, and nothing packs it.

use crate::canvas::Canvas;

/// 2^64 divided by the golden ratio, odd: no frame number makes the state zero, in which the generator would stay.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

pub(super) fn draw(canvas: &mut Canvas<'_>, number: u32) {
    let mut state = (u64::from(number) + 1).wrapping_mul(GOLDEN);
    for (_, row) in canvas.rows() {
        let (pairs, last) = row.as_chunks_mut::<2>();
        for pair in pairs {
            state = next(state);
            let [a, b, c, _, d, e, f, _] = state.to_le_bytes();
            *pair = [[a, b, c, 255], [d, e, f, 255]];
        }
        for pixel in last {
            state = next(state);
            let [a, b, c, ..] = state.to_le_bytes();
            *pixel = [a, b, c, 255];
        }
    }
}

fn next(mut state: u64) -> u64 {
    state ^= state << 13;
    state ^= state >> 7;
    state ^ state << 17
}
