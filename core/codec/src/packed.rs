//! Every pixel as red, green, blue: three quarters of the bytes, for less than it takes to copy them once more.

#[cfg(feature = "encode")]
use alloc::vec::Vec;

use crate::Error;
#[cfg(feature = "encode")]
use crate::budget::Budget;
use crate::pixel::{BLACK, pixel};
use crate::reader::Reader;

/// Bytes of a pixel that is packed.
pub const RGB_BYTES: usize = 3;
/// Pixels that are unpacked at once: four vectors of them are three of their bytes.
const BLOCK: usize = 16;
/// Their bytes.
const BLOCK_BYTES: usize = BLOCK * RGB_BYTES;

#[cfg(feature = "encode")]
pub(crate) fn encode(pixels: &[u32], budget: &Budget, out: &mut Vec<u8>) -> bool {
    let is_enough = budget.is_enough(pixels.len() * RGB_BYTES);
    if is_enough {
        crate::pixel::extend(out, pixels);
    }
    is_enough
}

pub(crate) fn decode(mut bytes: Reader<'_>, pixels: &mut [u32]) -> Result<(), Error> {
    let packed = bytes.bytes(pixels.len() * RGB_BYTES)?;
    bytes.end()?;
    let (blocks, rest) = pixels.as_chunks_mut::<BLOCK>();
    let (packed_blocks, packed_rest) = packed.as_chunks::<BLOCK_BYTES>();
    for (block, packed) in blocks.iter_mut().zip(packed_blocks) {
        unpack(packed, block);
    }
    for (target, packed) in rest.iter_mut().zip(packed_rest.as_chunks::<RGB_BYTES>().0) {
        *target = pixel(*packed);
    }
    Ok(())
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
fn unpack(packed: &[u8; BLOCK_BYTES], pixels: &mut [u32; BLOCK]) {
    let quads = pixels.as_chunks_mut::<4>().0;
    for (quad, packed) in quads.iter_mut().zip(words(packed).as_chunks::<3>().0) {
        let [a, b, c] = *packed;
        *quad = [a, a >> 24 | b << 8, b >> 16 | c << 16, c >> 8].map(|pixel| pixel | BLACK);
    }
}

/// A load, a shuffle and a store for four pixels: the compiler does not find them by itself.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline(always)]
fn unpack(packed: &[u8; BLOCK_BYTES], pixels: &mut [u32; BLOCK]) {
    use core::arch::wasm32::{i8x16, i8x16_swizzle, u32x4, u32x4_extract_lane as lane, u32x4_splat, v128_or};

    // A place that there is none of gives 0. A fourth vector would end behind the block, so it begins a word sooner.
    let places = i8x16(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
    let last_places = i8x16(4, 5, 6, -1, 7, 8, 9, -1, 10, 11, 12, -1, 13, 14, 15, -1);
    let [a, b, c, d, e, f, g, h, i, j, k, l] = words(packed);
    let loaded = [
        (u32x4(a, b, c, d), places),
        (u32x4(d, e, f, g), places),
        (u32x4(g, h, i, j), places),
        (u32x4(i, j, k, l), last_places),
    ];
    let quads = pixels.as_chunks_mut::<4>().0;
    for (quad, (packed, places)) in quads.iter_mut().zip(loaded) {
        let unpacked = v128_or(i8x16_swizzle(packed, places), u32x4_splat(BLACK));
        *quad = [lane::<0>(unpacked), lane::<1>(unpacked), lane::<2>(unpacked), lane::<3>(unpacked)];
    }
}

#[inline(always)]
fn words(packed: &[u8; BLOCK_BYTES]) -> [u32; BLOCK_BYTES / 4] {
    let words = packed.as_chunks::<4>().0;
    core::array::from_fn(|at| u32::from_le_bytes(words[at]))
}
