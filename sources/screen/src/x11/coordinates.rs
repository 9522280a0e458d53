//! Coordinates and sides in the 16 bits that X's requests have for them. No drawable has a longer side, so whatever
//! lies within one fits.

/// Returns a column or a row; the nearest that there is where it lies outside of every drawable.
pub(super) fn place(px: i32) -> i16 {
    i16::try_from(px).unwrap_or(if px < 0 { i16::MIN } else { i16::MAX })
}

/// Returns a width or a height; the largest that there is where it is longer.
pub(super) fn side(px: u32) -> u16 {
    u16::try_from(px).unwrap_or(u16::MAX)
}
