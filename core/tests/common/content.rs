//! What screens show, as functions of a place and a number.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part of this module")]

use lanstream_core::Rect;

use super::common::Screen;

/// Letters of a few shapes in two colours.
pub fn write(screen: &mut Screen, rect: Rect, seed: u32) {
    let hash = |a: u32, b: u32| (a.wrapping_mul(0x9E37_79B1) ^ b.wrapping_mul(0x85EB_CA6B)) >> 8;
    fill(screen, rect, |x, y| {
        let letter = hash(x / 8 + seed, y / 16) % 40;
        let is_inked = letter > 8 && y % 16 > 3 && hash(letter * 64 + x % 8, y % 16).is_multiple_of(3);
        if is_inked { 0x20_2020 } else { 0xf8_f8f8 }
    });
}

/// What `pixel` says.
pub fn fill(screen: &mut Screen, rect: Rect, pixel: impl Fn(u32, u32) -> u32) {
    let Some(rect) = rect.intersection(screen.size.bounds()) else { return };
    for (y, x) in (rect.y..rect.bottom()).flat_map(|y| (rect.x..rect.right()).map(move |x| (y, x))) {
        let start = (y as usize * screen.size.width as usize + x as usize) * 4;
        screen.pixels[start..start + 4].copy_from_slice(&pixel(x, y).to_le_bytes());
    }
    screen.damage.add(rect);
}

/// Nothing that repeats.
pub fn noise(x: u32, y: u32, seed: u32) -> u32 {
    let mixed = (x ^ seed).wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA6B);
    (mixed ^ mixed >> 15).wrapping_mul(0x2C1B_3C6D)
}

/// A few colours, busily: for a palette.
pub fn few_colours(x: u32, y: u32, seed: u32) -> u32 {
    noise(x, y, seed) % 4 * 0x11_2233
}

/// A gradient with grain: to be predicted.
pub fn grainy(x: u32, y: u32, seed: u32) -> u32 {
    (x / 5 % 200) * 0x01_0101 + (noise(x, y, seed) & 0x01_0101)
}

/// The same few pixels over and over: for LZ.
pub fn recurring(x: u32, y: u32, seed: u32) -> u32 {
    noise(x % 53, y % 3, seed)
}
