//! The picture hash: what a viewer computes over its canvas and the server over the frame it sent.
//!
//! Eight lanes take the pixels in turn, each `lane = (lane ^ pixel) * K` in 32 bits with a rotation, so that a vector unit
//! runs them together and JavaScript can run them with `Math.imul`. Not a cryptographic hash: it finds errors, not
//! forgers.

use crate::encode::rgbx;
use crate::frame::Frame;

/// Lanes.
const LANES: usize = 8;
/// Odd, from the golden ratio: spreads every bit upwards.
const K: u32 = 0x9E37_79B1;

/// The hash of all pixels of `frame`, row by row, as they go over the wire.
pub fn of(frame: &Frame) -> u64 {
    let size = frame.size();
    let format = frame.layout().format;
    let mut state = State::new();
    for y in 0..size.height {
        for pixel in frame.row(0, y, size.width).as_chunks().0 {
            state.push(u32::from_le_bytes(rgbx(*pixel, format)));
        }
    }
    state.finish()
}

/// The hash of packed red, green, blue, 255 pixels.
pub fn of_rgbx(pixels: &[u8]) -> u64 {
    let mut state = State::new();
    for pixel in pixels.as_chunks().0 {
        state.push(u32::from_le_bytes(*pixel));
    }
    state.finish()
}

struct State {
    lanes: [u32; LANES],
    next: usize,
}

impl State {
    fn new() -> Self {
        Self { lanes: std::array::from_fn(|lane| lane as u32 + 1), next: 0 }
    }

    #[inline]
    fn push(&mut self, pixel: u32) {
        let lane = &mut self.lanes[self.next];
        *lane = (*lane ^ pixel).wrapping_mul(K).rotate_left(15);
        self.next = (self.next + 1) % LANES;
    }

    fn finish(self) -> u64 {
        let (mut low, mut high) = (0_u32, self.next as u32);
        for lane in self.lanes {
            low = (low ^ lane).wrapping_mul(K).rotate_left(13);
            high = high.wrapping_add(low).wrapping_mul(K).rotate_left(17);
        }
        u64::from(high) << 32 | u64::from(low)
    }
}
