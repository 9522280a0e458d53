//! Puts a row's bytes into wire order straight into a buffer's spare room, with the widest vectors the processor has.
#![allow(
    unsafe_code,
    reason = "calls code for vectors that were detected, and counts bytes that were just written"
)]

use bytes::{BufMut, BytesMut};
use lanstream_codec::RGB_BYTES;

use crate::frame_buffer::{PIXEL_BYTES, PixelFormat};

/// A cell as it goes over the wire: a pixel as red, green, blue, 255, and what is of planes as it is.
pub(crate) fn rgbx(pixel: [u8; 4], format: PixelFormat) -> [u8; 4] {
    let [a, b, c, d] = pixel;
    match format {
        PixelFormat::Bgrx8 => [c, b, a, 255],
        PixelFormat::Rgbx8 => [a, b, c, 255],
        PixelFormat::Planar(_) => [a, b, c, d],
    }
}

/// Appends `row` as red, green, blue, 255, or as it is where it is of planes.
pub(super) fn extend_rgbx(out: &mut BytesMut, row: &[u8], format: PixelFormat) {
    match format {
        PixelFormat::Bgrx8 | PixelFormat::Rgbx8 => {
            append(out, row.len(), |target| convert(row, target, format))
        }
        PixelFormat::Planar(_) => out.extend_from_slice(row),
    }
}

/// Appends `row` as red, green, blue.
pub(super) fn extend_rgb(out: &mut BytesMut, row: &[u8], format: PixelFormat) {
    append(out, row.len() / PIXEL_BYTES * RGB_BYTES, |target| pack(row, target, format));
}

/// Appends so many bytes, every one of which `write` writes, and reads none.
fn append(out: &mut BytesMut, bytes: usize, write: impl FnOnce(&mut [u8])) {
    out.reserve(bytes);
    let spare = &mut out.spare_capacity_mut()[..bytes];
    // SAFETY: `u8` and `MaybeUninit<u8>` have one layout, and `write` only writes to the slice.
    let target = unsafe { std::slice::from_raw_parts_mut(spare.as_mut_ptr().cast::<u8>(), bytes) };
    write(target);
    // SAFETY: so many bytes after the buffer's length were reserved, and `write` wrote every one.
    unsafe { out.advance_mut(bytes) };
}

/// Appends `row` as pixels that lie in memory as red, green, blue, 255.
pub(super) fn extend_pixels(out: &mut Vec<u32>, row: &[u8], format: PixelFormat) {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { extend_pixels_avx2(out, row, format) };
    }
    extend_pixels_portable(out, row, format);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn extend_pixels_avx2(out: &mut Vec<u32>, row: &[u8], format: PixelFormat) {
    extend_pixels_portable(out, row, format);
}

#[inline(always)]
fn extend_pixels_portable(out: &mut Vec<u32>, row: &[u8], format: PixelFormat) {
    let pixels = row.as_chunks::<4>().0.iter().map(|pixel| u32::from_le_bytes(*pixel));
    match format {
        PixelFormat::Bgrx8 => out.extend(pixels.map(from_bgrx)),
        PixelFormat::Rgbx8 | PixelFormat::Planar(_) => out.extend(pixels.map(from_rgbx)),
    }
}

fn convert(row: &[u8], target: &mut [u8], format: PixelFormat) {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { convert_avx2(row, target, format) };
    }
    convert_portable(row, target, format);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn convert_avx2(row: &[u8], target: &mut [u8], format: PixelFormat) {
    convert_portable(row, target, format);
}

fn pack(row: &[u8], target: &mut [u8], format: PixelFormat) {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { pack_avx2(row, target, format) };
    }
    pack_portable(row, target, format);
}

/// Eight pixels with two shuffles; the compiler takes many for it.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn pack_avx2(row: &[u8], target: &mut [u8], format: PixelFormat) {
    use std::arch::x86_64::{
        __m256i, _mm256_loadu_si256, _mm256_permutevar8x32_epi32, _mm256_setr_epi8, _mm256_setr_epi32,
        _mm256_shuffle_epi8, _mm256_storeu_si256,
    };
    const PIXELS: usize = size_of::<__m256i>() / PIXEL_BYTES;
    // In each half: three bytes of each pixel, then nothing.
    let places = match format {
        PixelFormat::Bgrx8 => _mm256_setr_epi8(
            2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, //
            2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1,
        ),
        PixelFormat::Rgbx8 | PixelFormat::Planar(_) => _mm256_setr_epi8(
            0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1, //
            0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1,
        ),
    };
    let join = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7);
    let mut done = 0;
    // A vector is written whole: what is too much of it, the next one overwrites.
    while done + PIXELS <= row.len() / PIXEL_BYTES && done * RGB_BYTES + size_of::<__m256i>() <= target.len()
    {
        // SAFETY: eight pixels from `done` on are in the row.
        let pixels = unsafe { _mm256_loadu_si256(row.as_ptr().add(done * PIXEL_BYTES).cast()) };
        let packed = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(pixels, places), join);
        // SAFETY: a vector's bytes from there on are in the target.
        unsafe { _mm256_storeu_si256(target.as_mut_ptr().add(done * RGB_BYTES).cast(), packed) };
        done += PIXELS;
    }
    pack_portable(&row[done * PIXEL_BYTES..], &mut target[done * RGB_BYTES..], format);
}

fn pack_portable(row: &[u8], target: &mut [u8], format: PixelFormat) {
    let targets = target.as_chunks_mut::<RGB_BYTES>().0;
    for (target, pixel) in targets.iter_mut().zip(row.as_chunks::<4>().0) {
        let [red, green, blue, _] = rgbx(*pixel, format);
        *target = [red, green, blue];
    }
}

#[inline(always)]
fn convert_portable(row: &[u8], target: &mut [u8], format: PixelFormat) {
    match format {
        PixelFormat::Bgrx8 => each_pixel(row, target, from_bgrx),
        PixelFormat::Rgbx8 | PixelFormat::Planar(_) => each_pixel(row, target, from_rgbx),
    }
}

#[inline(always)]
fn from_bgrx(pixel: u32) -> u32 {
    pixel & 0xff00 | pixel >> 16 & 0xff | (pixel & 0xff) << 16 | 0xff00_0000
}

#[inline(always)]
fn from_rgbx(pixel: u32) -> u32 {
    pixel | 0xff00_0000
}

#[inline(always)]
fn each_pixel(row: &[u8], target: &mut [u8], convert: impl Fn(u32) -> u32) {
    let (pixels, _) = row.as_chunks::<4>();
    let (targets, _) = target.as_chunks_mut::<4>();
    for (target, pixel) in targets.iter_mut().zip(pixels) {
        *target = convert(u32::from_le_bytes(*pixel)).to_le_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_in_both_orders() {
        for pixels in 0..70_usize {
            let row: Vec<u8> = (0..pixels * 4).map(|i| (i * 7).to_le_bytes()[0]).collect();
            for format in [PixelFormat::Bgrx8, PixelFormat::Rgbx8] {
                let mut out = BytesMut::from(&b"head"[..]);
                extend_rgbx(&mut out, &row, format);
                let expected: Vec<u8> =
                    row.as_chunks().0.iter().flat_map(|pixel| rgbx(*pixel, format)).collect();
                assert_eq!(out[4..], expected);
                let mut packed = BytesMut::from(&b"head"[..]);
                extend_rgb(&mut packed, &row, format);
                let short: Vec<u8> =
                    expected.as_chunks::<4>().0.iter().flat_map(|pixel| pixel[..3].to_vec()).collect();
                assert_eq!(packed[4..], short);
                let mut pixels = Vec::new();
                extend_pixels(&mut pixels, &row, format);
                assert_eq!(pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect::<Vec<_>>(), expected);
            }
        }
    }
}
