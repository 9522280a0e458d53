//! The picture hash: what a viewer computes over its canvas and the server over the frame it sent.
//!
//! Eight lanes take the pixels in turn, each `lane = (lane ^ pixel) * K` in 32 bits with a rotation, so that a vector
//! unit runs them together and JavaScript can run them with `Math.imul`. Not a cryptographic hash: it finds errors, not
//! forgers.

use lanstream_codec::planar::Planar;

use crate::encode::rgbx;
use crate::frame::Frame;
use crate::frame_buffer::PixelFormat;
use crate::geometry::Size;

/// Lanes.
const LANES: u8 = 8;
/// Odd, from the golden ratio: spreads every bit upwards.
const K: u32 = 0x9E37_79B1;

/// The hash of all pixels of `frame`, row by row, as a viewer shows them, and where they lie in planes of all cells of
/// those too.
pub(crate) fn frame_hash(frame: &Frame) -> u64 {
    let format = frame.layout().format;
    let mut state = Lanes::new();
    if let PixelFormat::Planar(planar) = format {
        state.show(planar, frame.size(), frame.rows(0..frame.cells().height));
    }
    let cells = frame.cells();
    for y in 0..cells.height {
        for cell in frame.row(0, y, cells.width).as_chunks().0 {
            state.push(u32::from_le_bytes(rgbx(*cell, format)));
        }
    }
    state.finish()
}

/// The same of a viewer's picture: its cells, and what they mean where they are not packed red, green, blue, 255
/// pixels.
pub fn picture_hash(cells: &[u8], size: Size, planar: Option<Planar>) -> u64 {
    let mut state = Lanes::new();
    if let Some(planar) = planar {
        state.show(planar, size, cells);
    }
    for cell in cells.as_chunks().0 {
        state.push(u32::from_le_bytes(*cell));
    }
    state.finish()
}

struct Lanes {
    lanes: [u32; LANES as usize],
    next: u8,
}

impl Lanes {
    fn new() -> Self {
        Self { lanes: [1, 2, 3, 4, 5, 6, 7, 8], next: 0 }
    }

    #[inline]
    fn push(&mut self, pixel: u32) {
        let lane = &mut self.lanes[usize::from(self.next)];
        *lane = (*lane ^ pixel).wrapping_mul(K).rotate_left(15);
        self.next = (self.next + 1) % LANES;
    }

    /// Takes the pixels that a block of planes shows.
    fn show(&mut self, planar: Planar, size: Size, block: &[u8]) {
        let (width, height) = (size.width as usize, size.height as usize);
        let mut row = vec![0; width];
        for y in 0..height {
            planar.convert((width, height), block, y..y + 1, &mut row);
            row.iter().for_each(|pixel| self.push(*pixel));
        }
    }

    fn finish(self) -> u64 {
        let (mut low, mut high) = (0_u32, u32::from(self.next));
        for lane in self.lanes {
            low = (low ^ lane).wrapping_mul(K).rotate_left(13);
            high = high.wrapping_add(low).wrapping_mul(K).rotate_left(17);
        }
        u64::from(high) << 32 | u64::from(low)
    }
}
