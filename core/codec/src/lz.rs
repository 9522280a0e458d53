//! Repeats from anywhere before.
//!
//! A row of sequences: a byte with the number of new pixels in its high and that of repeated pixels less 2 in its low
//! four bits, where 15 says that a number follows which is to be added, first that of the new ones; then the new
//! pixels' red, green and blue; then how many pixels before its own place the repeat starts, less 1. Numbers are of
//! seven bits a byte, low ones first, the eighth says that there are more. A repeat may lap what it makes. A sequence
//! whose new pixels are the last of all ends there: it has 0 for the number of repeated ones.

#[cfg(feature = "encode")]
mod encode;

#[cfg(feature = "encode")]
pub(crate) use encode::encode;

use crate::Error;
use crate::pixel::pixel;
use crate::reader::Reader;

/// Pixels of the shortest repeat: two would take six bytes as new ones, and one byte or two as a repeat.
const REPEAT_MIN: usize = 2;
/// Says that the rest of a count follows.
const MORE: u8 = 15;

pub(crate) fn decode(mut bytes: Reader<'_>, pixels: &mut [u32]) -> Result<(), Error> {
    let mut at = 0;
    while at < pixels.len() {
        let counts = bytes.byte()?;
        let (new, repeated) = (count(counts >> 4, &mut bytes)?, counts & 15);
        at = put_new(&mut bytes, pixels, at, new)?;
        if at == pixels.len() {
            return if repeated == 0 { bytes.end() } else { Err(Error::Beyond) };
        }
        let repeated = count(repeated, &mut bytes)? + REPEAT_MIN;
        let before = bytes.number()? + 1;
        at = repeat(pixels, at, before, repeated)?;
    }
    bytes.end()
}

fn count(short: u8, bytes: &mut Reader<'_>) -> Result<usize, Error> {
    let more = if short == MORE { bytes.number()? } else { 0 };
    Ok(usize::from(short) + more)
}

fn put_new(bytes: &mut Reader<'_>, pixels: &mut [u32], at: usize, count: usize) -> Result<usize, Error> {
    let target = pixels[at..].get_mut(..count).ok_or(Error::Beyond)?;
    let colours = bytes.bytes(count * 3)?;
    for (target, colour) in target.iter_mut().zip(colours.as_chunks().0) {
        *target = pixel(*colour);
    }
    Ok(at + count)
}

fn repeat(pixels: &mut [u32], at: usize, before: usize, count: usize) -> Result<usize, Error> {
    let start = at.checked_sub(before).ok_or(Error::Before)?;
    if count > pixels.len() - at {
        return Err(Error::Beyond);
    }
    if before == 1 {
        let colour = pixels[start];
        pixels[at..at + count].fill(colour);
        return Ok(at + count);
    }
    // What laps is copied in pieces, of which each makes the next one possible.
    let mut done = 0;
    while done < count {
        let piece = (count - done).min(before + done);
        pixels.copy_within(start..start + piece, at + done);
        done += piece;
    }
    Ok(at + count)
}
