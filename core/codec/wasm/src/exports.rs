//! What the page calls.
#![allow(unsafe_code, reason = "exported names are the page's, and it speaks of memory in addresses")]

use core::slice;

use lanstream_codec::planar::Planar;
use lanstream_codec::{Code, Error, decode as decode_into};

use crate::room;
use crate::spans::Spans;

/// A call that makes no sense, whatever the code: there is no such number of an [`Error`].
const WRONG_CALL: u32 = 255;

/// Sees to it that so many bytes are there from an address on, and returns that address: always the same. 0 where they can't
/// be had.
#[unsafe(no_mangle)]
extern "C" fn room(bytes: u32) -> u32 {
    if room::reserve(bytes) { room::start() as u32 } else { 0 }
}

/// Decodes `bytes` from `at` on into `pixels` from `pixels_at` on, in rows of `width`, and returns 0 or an error's number.
#[unsafe(no_mangle)]
extern "C" fn decode(code: u32, at: u32, bytes: u32, width: u32, pixels_at: u32, pixels: u32) -> u32 {
    let code = u8::try_from(code).ok().and_then(Code::from_number);
    let spans = Spans::within(&room::addresses(), at, bytes, pixels_at, pixels);
    let (Some(code), Some(spans)) = (code, spans) else { return WRONG_CALL };
    let (start, bytes) = spans.code();
    // SAFETY: `Spans` are within the memory, after all that is Rust's, apart from each other, and memory never shrinks.
    let bytes = unsafe { slice::from_raw_parts(start, bytes) };
    let (start, pixels) = spans.pixels();
    // SAFETY: the same, and the pixels are aligned; the page runs nothing else while it waits for this call to return.
    let pixels = unsafe { slice::from_raw_parts_mut(start, pixels) };
    decode_into(code, bytes, width as usize, pixels).map_or_else(Error::number, |()| 0)
}

/// Fills `count` rows of `width` pixels from `pixels_at` on with what the rows from `first` on show of the picture in planes
/// whose block lies at `at`. `planar` is what the four bytes of a band's head say of it, as one number. Returns 0, or that the
/// call makes no sense.
#[unsafe(no_mangle)]
extern "C" fn convert(planar: u32, width: u32, height: u32, at: u32, pixels_at: u32, first: u32, count: u32) -> u32 {
    let [width, height, first, count] = [width, height, first, count].map(|number| number as usize);
    let rows = first..first.saturating_add(count);
    let Some(planar) = Planar::from_wire(planar.to_le_bytes()).filter(|_| is_side(width) && is_side(height) && rows.end <= height) else {
        return WRONG_CALL;
    };
    let bytes = u32::try_from(planar.bytes(width, height)).unwrap_or(u32::MAX);
    let Some(spans) = Spans::within(&room::addresses(), at, bytes, pixels_at, (width * count) as u32) else {
        return WRONG_CALL;
    };
    let (start, bytes) = spans.code();
    // SAFETY: as for `decode`.
    let block = unsafe { slice::from_raw_parts(start, bytes) };
    let (start, pixels) = spans.pixels();
    // SAFETY: as for `decode`.
    let pixels = unsafe { slice::from_raw_parts_mut(start, pixels) };
    planar.convert((width, height), block, rows, pixels);
    0
}

/// So that no product of two wraps around.
fn is_side(pixels: usize) -> bool {
    (1..=1 << 14).contains(&pixels)
}
