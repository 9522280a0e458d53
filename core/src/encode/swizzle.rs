//! Puts a row's bytes into wire order straight into a buffer's spare room, with the widest vectors the processor has.
#![allow(
    unsafe_code,
    reason = "calls code for vectors that were detected, and counts bytes that were just written"
)]

use bytes::{BufMut, BytesMut};

use crate::frame::PixelFormat;

/// Appends `row` as red, green, blue, 255.
pub(super) fn extend_rgbx(out: &mut BytesMut, row: &[u8], format: PixelFormat) {
    out.reserve(row.len());
    let spare = &mut out.spare_capacity_mut()[..row.len()];
    // SAFETY: `u8` and `MaybeUninit<u8>` have one layout, and `convert` only writes to the slice.
    let target = unsafe { std::slice::from_raw_parts_mut(spare.as_mut_ptr().cast::<u8>(), row.len()) };
    convert(row, target, format);
    // SAFETY: the `row.len()` bytes after the buffer's length were reserved, and `convert` wrote every one.
    unsafe { out.advance_mut(row.len()) };
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
        PixelFormat::Rgbx8 => out.extend(pixels.map(from_rgbx)),
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

#[inline(always)]
fn convert_portable(row: &[u8], target: &mut [u8], format: PixelFormat) {
    match format {
        PixelFormat::Bgrx8 => each_pixel(row, target, from_bgrx),
        PixelFormat::Rgbx8 => each_pixel(row, target, from_rgbx),
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
            let row: Vec<u8> = (0..pixels * 4).map(|i| (i * 7) as u8).collect();
            for format in [PixelFormat::Bgrx8, PixelFormat::Rgbx8] {
                let mut out = BytesMut::from(&b"head"[..]);
                extend_rgbx(&mut out, &row, format);
                let expected: Vec<u8> =
                    row.as_chunks().0.iter().flat_map(|pixel| crate::encode::rgbx(*pixel, format)).collect();
                assert_eq!(out[4..], expected);
                let mut pixels = Vec::new();
                extend_pixels(&mut pixels, &row, format);
                assert_eq!(pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect::<Vec<_>>(), expected);
            }
        }
    }
}
