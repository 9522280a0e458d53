//! Pixels to sequences: on the left, above, and where the same two pixels were seen last, the longest repeat is taken.

use alloc::vec::Vec;

use super::{MORE, REPEAT_MIN};
use crate::budget::{Budget, STEP_PX};
use crate::pixel;
use crate::reader::extend_number;
use crate::runs;

/// Places in which it is kept where two pixels were seen, as a power of two: the table stays in a core's first cache.
const PLACES_BITS: u32 = 12;
/// Pixels in a row that nothing repeats before every other one is left out, then two of three, and so on.
const PATIENCE_BITS: u32 = 6;

pub(crate) fn encode(pixels: &[u32], width: usize, budget: &Budget, out: &mut Vec<u8>) -> bool {
    let mut seen = Seen([0; 1 << PLACES_BITS]);
    let (mut at, mut new_from, mut ask_at) = (0, 0, 0);
    while at + REPEAT_MIN <= pixels.len() {
        if at >= ask_at {
            if !budget.allows(at, out, (at - new_from) * 3) {
                return false;
            }
            ask_at = at + STEP_PX;
        }
        match longest(pixels, width, at, seen.last(pixels, at)) {
            Some(repeat) => {
                extend_sequence(out, &pixels[new_from..at], Some(repeat));
                at += repeat.count;
                new_from = at;
            }
            None => at += 1 + ((at - new_from) >> PATIENCE_BITS),
        }
    }
    let new = &pixels[new_from..];
    if !budget.allows(pixels.len(), out, new.len() * 3) {
        return false;
    }
    if !new.is_empty() {
        extend_sequence(out, new, None);
    }
    budget.allows(pixels.len(), out, 0)
}

#[derive(Clone, Copy)]
struct Repeat {
    /// How many pixels before its own place it starts.
    before: usize,
    count: usize,
}

fn longest(pixels: &[u32], width: usize, at: usize, seen: usize) -> Option<Repeat> {
    let from = |before: usize| {
        let start = at.checked_sub(before).filter(|start| *start < at)?;
        let is_start = pixels[start..start + REPEAT_MIN] == pixels[at..at + REPEAT_MIN];
        is_start.then(|| Repeat { before, count: runs::same(&pixels[at..], &pixels[start..]) })
    };
    let candidates = [from(1), from(width), from(at - seen)];
    candidates.into_iter().flatten().reduce(|best, other| if other.count > best.count { other } else { best })
}

/// Where two pixels were last seen.
struct Seen([u32; 1 << PLACES_BITS]);

impl Seen {
    /// Where those at `at` were last seen, which is now there; it may have been others.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a place cut to 32 bits is that of other pixels, which are compared before they count"
    )]
    fn last(&mut self, pixels: &[u32], at: usize) -> usize {
        let both = u64::from(pixels[at]) | u64::from(pixels[at + 1]) << 32;
        let place = both.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - PLACES_BITS);
        core::mem::replace(&mut self.0[place as usize], at as u32) as usize
    }
}

fn extend_sequence(out: &mut Vec<u8>, new: &[u32], repeat: Option<Repeat>) {
    let repeated = repeat.map_or(0, |repeat| repeat.count - REPEAT_MIN);
    out.push(short(new.len()) << 4 | short(repeated));
    extend_rest(out, new.len());
    pixel::extend(out, new);
    if let Some(repeat) = repeat {
        extend_rest(out, repeated);
        extend_number(out, repeat.before - 1);
    }
}

fn short(count: usize) -> u8 {
    u8::try_from(count).map_or(MORE, |count| count.min(MORE))
}

fn extend_rest(out: &mut Vec<u8>, count: usize) {
    if let Some(rest) = count.checked_sub(usize::from(MORE)) {
        extend_number(out, rest);
    }
}
