//! Pixels to tokens.

use alloc::vec::Vec;

use super::{
    ABOVE, ABOVE_LONG, ABOVE_SHORT_MAX, DIFF, INDEX, LEFT, LEFT_LONG, LEFT_SHORT_MAX, LUMA, PIXEL, RECENT,
    place,
};
use crate::budget::{Budget, STEP_PX};
use crate::pixel::{BLACK, channels};
use crate::reader::extend_number;
use crate::runs;

pub(crate) fn encode(pixels: &[u32], width: usize, budget: &Budget, out: &mut Vec<u8>) -> bool {
    let mut encoder = Encoder { recent: [BLACK; RECENT], left: BLACK };
    let (mut at, mut ask_at) = (0, 0);
    while at < pixels.len() {
        if at >= ask_at {
            if !budget.allows(at, out, 0) {
                return false;
            }
            ask_at = at + STEP_PX;
        }
        at += encoder.next(pixels, width, at, out);
    }
    budget.allows(at, out, 0)
}

struct Encoder {
    recent: [u32; RECENT],
    left: u32,
}

impl Encoder {
    /// Appends one token, and returns how many pixels it stands for.
    fn next(&mut self, pixels: &[u32], width: usize, at: usize, out: &mut Vec<u8>) -> usize {
        let pixel = pixels[at];
        let above = if at < width { BLACK } else { pixels[at - width] };
        if pixel != self.left && pixel != above {
            self.single(pixel, out);
            return 1;
        }
        let (left, above) = self.runs(pixels, width, at);
        if left >= above {
            run(left, LEFT, LEFT_LONG, LEFT_SHORT_MAX, out);
        } else {
            run(above, ABOVE, ABOVE_LONG, ABOVE_SHORT_MAX, out);
            self.left = pixels[at + above - 1];
        }
        left.max(above)
    }

    /// For how many pixels it goes on as left, and as above.
    fn runs(&self, pixels: &[u32], width: usize, at: usize) -> (usize, usize) {
        let rest = &pixels[at..];
        let left = if rest[0] == self.left { runs::of(rest, self.left) } else { 0 };
        let above = match at.checked_sub(width) {
            Some(start) => runs::same(rest, &pixels[start..start + rest.len()]),
            None => runs::of(&rest[..rest.len().min(width - at)], BLACK),
        };
        (left, above)
    }

    fn single(&mut self, pixel: u32, out: &mut Vec<u8>) {
        debug_assert_eq!(pixel >> 24, 255, "pixels are opaque");
        let place = place(pixel);
        let recent = &mut self.recent[usize::from(place)];
        if *recent == pixel {
            out.push(INDEX | place);
        } else {
            *recent = pixel;
            near(self.left, pixel, out);
        }
        self.left = pixel;
    }
}

/// Appends a pixel by how far it is from the one on its left.
fn near(left: u32, pixel: u32, out: &mut Vec<u8>) {
    let ([left_red, left_green, left_blue], [red, green, blue]) = (channels(left), channels(pixel));
    // Each wraps around, and is counted from the least that can be told.
    let (dr, dg, db) =
        (red.wrapping_sub(left_red), green.wrapping_sub(left_green), blue.wrapping_sub(left_blue));
    let (r, g, b) = (dr.wrapping_add(2), dg.wrapping_add(2), db.wrapping_add(2));
    if (r | g | b) < 4 {
        return out.push(DIFF | r << 4 | g << 2 | b);
    }
    let (r, g, b) =
        (dr.wrapping_sub(dg).wrapping_add(8), dg.wrapping_add(32), db.wrapping_sub(dg).wrapping_add(8));
    if (r | b) < 16 && g < 64 {
        return out.extend_from_slice(&[LUMA | g, r << 4 | b]);
    }
    out.extend_from_slice(&[PIXEL, red, green, blue]);
}

fn run(pixels: usize, short: u8, long: u8, short_max: usize, out: &mut Vec<u8>) {
    match u8::try_from(pixels - 1) {
        Ok(more) if pixels <= short_max => out.push(short | more),
        _ => {
            out.push(long);
            extend_number(out, pixels - short_max - 1);
        }
    }
}
