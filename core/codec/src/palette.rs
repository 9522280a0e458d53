//! A few colours, and which of them each pixel has.
//!
//! The first byte is the number of colours, 2 to 16; then come their red, green and blue; then the pixels in reading
//! order, with 1, 2 or 4 bits each, as many as it takes to tell the colours apart. The first pixel of a byte is in its
//! low bits. Bits that are left of the last byte are 0.

#[cfg(feature = "encode")]
mod encode;

#[cfg(feature = "encode")]
pub(crate) use encode::encode;

use crate::Error;
use crate::pixel::BLACK;
use crate::reader::Reader;

/// As many as 4 bits tell apart.
const COLOURS_MAX: usize = 16;

type Colours = [u32; COLOURS_MAX];

/// Bits of a pixel.
fn bits(colours: usize) -> usize {
    match colours {
        ..=2 => 1,
        3..=4 => 2,
        _ => 4,
    }
}

pub(crate) fn decode(mut bytes: Reader<'_>, pixels: &mut [u32]) -> Result<(), Error> {
    let count = usize::from(bytes.byte()?);
    if !(2..=COLOURS_MAX).contains(&count) {
        return Err(Error::Colour);
    }
    let mut colours = [BLACK; COLOURS_MAX];
    for colour in &mut colours[..count] {
        *colour = bytes.pixel()?;
    }
    let packed = bytes.bytes((pixels.len() * bits(count)).div_ceil(8))?;
    bytes.end()?;
    let highest = match bits(count) {
        1 => unpack::<1>(packed, &colours, pixels),
        2 => unpack::<2>(packed, &colours, pixels),
        _ => unpack::<4>(packed, &colours, pixels),
    };
    if highest < count { Ok(()) } else { Err(Error::Colour) }
}

/// Returns the highest number of a colour that occurs: asked once, not for each pixel. Bits that are left must be 0, so
/// they may be counted as pixels of the first colour.
fn unpack<const BITS: usize>(packed: &[u8], colours: &Colours, pixels: &mut [u32]) -> usize {
    let each = 8 / BITS;
    let mut highest = 0;
    for (byte, pixels) in packed.iter().zip(pixels.chunks_mut(each)) {
        let mut left = usize::from(*byte);
        for pixel in &mut *pixels {
            let number = left & ((1 << BITS) - 1);
            highest = highest.max(number);
            *pixel = colours[number];
            left >>= BITS;
        }
        // What is left of the last byte.
        highest = highest.max(left.saturating_mul(COLOURS_MAX));
    }
    highest
}
