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
/// Pixels that are unpacked at once, as many as a vector holds.
const QUAD: usize = 4;
/// Their bytes.
const QUAD_BYTES: usize = QUAD * RGB_BYTES;

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
    let (quads, rest) = pixels.as_chunks_mut::<QUAD>();
    let (packed_quads, packed_rest) = packed.as_chunks::<QUAD_BYTES>();
    for (quad, packed) in quads.iter_mut().zip(packed_quads) {
        *quad = unpack(packed);
    }
    for (target, packed) in rest.iter_mut().zip(packed_rest.as_chunks::<RGB_BYTES>().0) {
        *target = pixel(*packed);
    }
    Ok(())
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
fn unpack(packed: &[u8; QUAD_BYTES]) -> [u32; QUAD] {
    let [a, b, c] = words(packed);
    [a, a >> 24 | b << 8, b >> 16 | c << 16, c >> 8].map(|pixel| pixel | BLACK)
}

/// One shuffle: the compiler does not find it by itself.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline(always)]
fn unpack(packed: &[u8; QUAD_BYTES]) -> [u32; QUAD] {
    use core::arch::wasm32::{i8x16, i8x16_swizzle, u32x4, u32x4_extract_lane as lane, u32x4_splat, v128_or};

    let [a, b, c] = words(packed);
    // A place that there is none of gives 0.
    let places = i8x16(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
    let pixels = v128_or(i8x16_swizzle(u32x4(a, b, c, 0), places), u32x4_splat(BLACK));
    [lane::<0>(pixels), lane::<1>(pixels), lane::<2>(pixels), lane::<3>(pixels)]
}

#[inline(always)]
fn words(packed: &[u8; QUAD_BYTES]) -> [u32; 3] {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = *packed;
    [[a, b, c, d], [e, f, g, h], [i, j, k, l]].map(u32::from_le_bytes)
}
