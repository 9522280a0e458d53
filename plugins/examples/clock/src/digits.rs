//! Digits of seven segments: which pixels of a time are lit.

use lanstream_plugin::core::{Rect, Size};

/// Characters of a time: `12:34:56`.
pub(crate) const COLUMNS: usize = 8;
/// Width and height of a character's cell, in thicknesses of a segment. The last column and row are empty.
const CELL: Size = Size { width: 6, height: 10 };
const BACKGROUND: [u8; 4] = [16, 16, 24, 255];
const LIT: [u8; 4] = [96, 255, 160, 255];

/// Segments of each digit as bits: a is the top, then clockwise to f, and g is the middle.
const SEGMENTS: [u8; 10] = [
    0b011_1111, 0b000_0110, 0b101_1011, 0b100_1111, 0b110_0110, 0b110_1101, 0b111_1101, 0b000_0111,
    0b111_1111, 0b110_1111,
];

/// A row of characters, `scale` pixels to a segment's thickness.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Face {
    pub(crate) scale: u32,
}

impl Face {
    pub(crate) fn size(self) -> Size {
        let cell = self.cell();
        Size { width: cell.width * 8, height: cell.height }
    }

    /// Returns the place of the character in a column.
    pub(crate) fn rect(self, column: u32) -> Rect {
        let Size { width, height } = self.cell();
        Rect { x: column * width, y: 0, width, height }
    }

    /// Returns a pixel of the picture that shows `text`.
    pub(crate) fn pixel(self, text: &[u8; COLUMNS], x: u32, y: u32) -> [u8; 4] {
        let cell = self.cell();
        let character = text.get((x / cell.width) as usize).copied().unwrap_or(b' ');
        let at = (x % cell.width / self.scale, y / self.scale);
        if is_lit(character, at) { LIT } else { BACKGROUND }
    }

    fn cell(self) -> Size {
        Size { width: CELL.width * self.scale, height: CELL.height * self.scale }
    }
}

/// Whether a character is lit at a place of its cell.
fn is_lit(character: u8, (x, y): (u32, u32)) -> bool {
    if character == b':' {
        return x == 2 && (y == 3 || y == 6);
    }
    let digit = character.wrapping_sub(b'0');
    let segments = SEGMENTS.get(usize::from(digit)).copied().unwrap_or(0);
    let (is_middle, is_upper, is_lower) = ((1..4).contains(&x), (1..4).contains(&y), (5..8).contains(&y));
    let segment = match (x, y) {
        (_, 0) if is_middle => 0,
        (4, _) if is_upper => 1,
        (4, _) if is_lower => 2,
        (_, 8) if is_middle => 3,
        (0, _) if is_lower => 4,
        (0, _) if is_upper => 5,
        (_, 4) if is_middle => 6,
        _ => return false,
    };
    segments & 1 << segment != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the rows of a character's cell, `#` where it is lit.
    fn drawn(character: u8) -> Vec<String> {
        let row = |y| (0..CELL.width).map(|x| if is_lit(character, (x, y)) { '#' } else { ' ' }).collect();
        (0..CELL.height).map(row).collect()
    }

    #[test]
    fn a_digit_is_its_segments() {
        let two = [
            " ###  ", "    # ", "    # ", "    # ", " ###  ", "#     ", "#     ", "#     ", " ###  ",
            "      ",
        ];
        assert_eq!(drawn(b'2'), two);
        assert!(drawn(b' ').iter().all(|row| !row.contains('#')));
    }
}
