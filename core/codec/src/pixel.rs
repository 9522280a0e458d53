//! Pixels that lie in memory as red, green, blue, 255.

/// Red 0, green 0, blue 0, 255.
pub(crate) const BLACK: u32 = 0xff00_0000;

/// A pixel's red, green and blue.
pub(crate) fn channels(pixel: u32) -> [u8; 3] {
    let [red, green, blue, _] = pixel.to_le_bytes();
    [red, green, blue]
}

/// The pixel of these.
pub(crate) fn pixel([red, green, blue]: [u8; 3]) -> u32 {
    u32::from_le_bytes([red, green, blue, 255])
}

/// Red, green and blue, `pixel` after `pixel`.
#[cfg(feature = "encode")]
pub(crate) fn extend(out: &mut alloc::vec::Vec<u8>, pixels: &[u32]) {
    out.extend(pixels.iter().flat_map(|pixel| channels(*pixel)));
}
