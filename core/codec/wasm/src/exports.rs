//! What the page calls.
#![allow(unsafe_code, reason = "exported names are the page's, and it speaks of memory in addresses")]

use core::ops::Range;
use core::slice;

use lanstream_codec::planar::{COLUMNS, Planar};
use lanstream_codec::{Code, Error, decode as decode_into};

use crate::room;
use crate::spans::Spans;

/// Longest side of a picture.
const SIDE_MAX: u32 = 1 << 14;
/// A call that makes no sense, whatever the code: there is no such number of an [`Error`].
const WRONG_CALL: u32 = 255;

/// Sees to it that so many bytes are there from an address on, and returns that address: always the same. 0 where they
/// can't be had.
#[unsafe(no_mangle)]
extern "C" fn room(bytes: u32) -> u32 {
    let start = u32::try_from(room::start()).ok();
    start.filter(|_| room::reserve(bytes)).unwrap_or(0)
}

/// Decodes `bytes` from `at` on into `pixels` from `pixels_at` on, in rows of `width`, and returns 0 or an error's
/// number.
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

/// Fills `columns` times `rows` pixels from `pixels_at` on with what the picture in planes shows from column `left` of
/// row `top` on whose block lies at `at`. `planar` is what the four bytes of a band's head say of it, as one number.
/// Returns 0, or that the call makes no sense.
#[unsafe(no_mangle)]
extern "C" fn convert(
    planar: u32,
    width: u32,
    height: u32,
    at: u32,
    pixels_at: u32,
    left: u32,
    top: u32,
    columns: u32,
    rows: u32,
) -> u32 {
    let Some(planar) = Planar::from_wire(planar.to_le_bytes()) else { return WRONG_CALL };
    let (Some(columns), Some(rows)) = (part(left, columns, width), part(top, rows, height)) else {
        return WRONG_CALL;
    };
    let size = (width as usize, height as usize);
    let bytes = u32::try_from(planar.bytes(size.0, size.1)).unwrap_or(u32::MAX);
    let pixels = u32::try_from(columns.len() * rows.len()).unwrap_or(u32::MAX);
    let spans = Spans::within(&room::addresses(), at, bytes, pixels_at, pixels);
    let Some(spans) = spans.filter(|_| columns.start.is_multiple_of(COLUMNS)) else { return WRONG_CALL };
    let (start, bytes) = spans.code();
    // SAFETY: as for `decode`.
    let block = unsafe { slice::from_raw_parts(start, bytes) };
    let (start, pixels) = spans.pixels();
    // SAFETY: as for `decode`.
    let pixels = unsafe { slice::from_raw_parts_mut(start, pixels) };
    planar.convert_part(size, block, (columns, rows), pixels);
    0
}

/// So many of a side's pixels from `start` on, if it has so many, and is short enough that no product of two wraps
/// around.
fn part(start: u32, count: u32, side: u32) -> Option<Range<usize>> {
    let end = start.checked_add(count).filter(|end| *end <= side && side <= SIDE_MAX)?;
    (count > 0).then_some(start as usize..end as usize)
}
