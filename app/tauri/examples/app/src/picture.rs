//! Images to look at: each follows from its number alone.

/// What changes from one image to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Load {
    /// A box that moves.
    Box,
    /// Every pixel.
    All,
}

/// Side of the box.
const BOX: u32 = 300;

/// Draws an image of red, green, blue and an unused byte. The blue of the first pixel is the number's lowest byte.
pub(crate) fn draw(load: Load, number: u32, width: u32, pixels: &mut [u8]) {
    let phase = if load == Load::All { number } else { 0 };
    let left = number * 7 % (width.saturating_sub(BOX).max(1));
    for (y, row) in (0_u32..).zip(pixels.chunks_exact_mut(width as usize * 4)) {
        for (x, pixel) in (0_u32..).zip(row.as_chunks_mut().0) {
            let is_boxed = load == Load::Box && y < BOX && x.wrapping_sub(left) < BOX;
            let add = if is_boxed { number } else { phase };
            *pixel = [low(x.wrapping_add(add)), low(y.wrapping_add(add)), low(add), 255];
        }
    }
}

fn low(number: u32) -> u8 {
    number.to_le_bytes()[0]
}
