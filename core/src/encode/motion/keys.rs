//! Keys of stretches of a row of pixels: equal for equal stretches, hardly ever for others.
//!
//! A key is the stretch as the digits of a number in [`BASE`], modulo 2^64, so that the key of one stretch follows from
//! that of its neighbour by what entered and what left. All four bytes of a pixel count, as they do where frames are
//! compared.

use crate::frame_buffer::PIXEL_BYTES;

/// One pixel's bytes.
pub(super) type Pixel = [u8; PIXEL_BYTES];

/// Pixels of a stretch: eight letters or two tiles, so that a line of text is seldom like another.
const STRETCH: u32 = 64;
pub(super) const STRETCH_PX: usize = STRETCH as usize;
/// Where stretches are looked at in every so many pixels of a row alone, each pixel is multiplied once.
const STEP: u32 = 8;
pub(super) const STEP_PX: usize = STEP as usize;
/// Pixels of the stretches that start at as many neighbouring ones: whatever the step, one of them is met.
pub(super) const SPAN: u32 = STRETCH + STEP - 1;
const SPAN_PX: usize = SPAN as usize;

/// Odd, so that no digit is lost, with bits all over, so that the key's top bits depend on all digits.
const BASE: u64 = 0x9E37_79B9_7F4A_7C15;
/// The places of digits in a step, the first digit's first.
const PLACES: [u64; STEP_PX] = {
    let mut places = [1; STEP_PX];
    let mut place = STEP_PX - 1;
    while place > 0 {
        places[place - 1] = BASE.wrapping_mul(places[place]);
        place -= 1;
    }
    places
};
const BASE_OF_STEP: u64 = BASE.wrapping_pow(STEP);
const BASE_OF_STRETCH: u64 = BASE.wrapping_pow(STRETCH);

/// The keys of the stretches that start at each of the first pixels.
pub(super) fn neighbours(pixels: &[Pixel; SPAN_PX]) -> [u64; STEP_PX] {
    let (steps, _) = pixels[..STRETCH_PX].as_chunks();
    let append = |key: u64, step| key.wrapping_mul(BASE_OF_STEP).wrapping_add(key_of(step));
    let mut key = steps.iter().fold(0, append);
    let mut keys = [key; STEP_PX];
    for (next, (left, entered)) in keys[1..].iter_mut().zip(pixels.iter().zip(&pixels[STRETCH_PX..])) {
        key = key.wrapping_mul(BASE).wrapping_add(digit(*entered));
        key = key.wrapping_sub(digit(*left).wrapping_mul(BASE_OF_STRETCH));
        *next = key;
    }
    keys
}

/// Visits the stretches of a row that start at every step, with their first pixel's number.
#[inline]
pub(super) fn at_steps(row: &[Pixel], mut visit: impl FnMut(usize, u64)) {
    const STEPS: usize = STRETCH_PX / STEP_PX;
    let mut within = [0; STEPS];
    let mut key = 0_u64;
    for (index, step) in row.as_chunks().0.iter().enumerate() {
        let entered = key_of(step);
        let left = std::mem::replace(&mut within[index % STEPS], entered);
        key = key.wrapping_mul(BASE_OF_STEP).wrapping_add(entered);
        key = key.wrapping_sub(left.wrapping_mul(BASE_OF_STRETCH));
        if index + 1 >= STEPS {
            visit((index + 1 - STEPS) * STEP_PX, key);
        }
    }
}

#[inline]
fn key_of(step: &[Pixel; STEP_PX]) -> u64 {
    let parts = step.iter().zip(PLACES).map(|(pixel, place)| digit(*pixel).wrapping_mul(place));
    parts.fold(0, u64::wrapping_add)
}

#[inline]
fn digit(pixel: Pixel) -> u64 {
    u64::from(u32::from_le_bytes(pixel))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_has_one_key_however_it_is_reached() {
        let row: Vec<Pixel> = (0..300_u32).map(|x| x.wrapping_mul(0x85EB_CA6B).to_le_bytes()).collect();
        let mut stepped = 0;
        at_steps(&row, |x, key| {
            for ahead in 0..STEP_PX.min(x + 1) {
                if let Some(span) = row[x - ahead..].first_chunk() {
                    assert_eq!(
                        neighbours(span)[ahead],
                        key,
                        "the stretch at {x}, {ahead} after a span's start"
                    );
                }
            }
            stepped += 1;
        });
        assert_eq!(stepped, (300 - STRETCH_PX) / STEP_PX + 1);
        at_steps(&row[..STRETCH_PX - 1], |_, _| panic!("a row that is too short has no stretch"));
    }
}
