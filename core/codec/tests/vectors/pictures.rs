//! Small pictures of every kind that a screen has, and of every shape that a loop may trip over.

/// Rows of `width` pixels.
#[derive(Clone)]
pub(super) struct Picture {
    pub(super) name: &'static str,
    pub(super) width: usize,
    pub(super) pixels: Vec<u32>,
}

pub(super) fn all() -> Vec<Picture> {
    vec![
        picture("pixel", 1, 1, |_, _| 0x0033_2211),
        picture("black", 3, 2, |_, _| 0),
        picture("row", 37, 1, |x, _| hue(x / 5)),
        picture("column", 1, 23, |_, y| hue(y / 3)),
        picture("odd", 13, 7, |x, y| if x == y { hue(x) } else { shade(x / 3 * 40) }),
        picture("flat", 20, 9, |_, _| 0x00a0_5008),
        picture("stripes", 19, 5, |x, _| if x % 2 == 0 { 0x00ff_ffff } else { 0x0000_0080 }),
        picture("text", 40, 14, text),
        picture("gradient", 17, 11, |x, y| shade(x * 11) + (y << 8)),
        picture("photograph", 9, 8, |x, y| shade(x * 9 + y * 5) + (noise(x, y) & 0x0003_0703)),
        picture("noise-2", 15, 9, |x, y| hue(noise(x, y) % 2)),
        picture("noise-4", 15, 9, |x, y| hue(noise(x, y) % 4)),
        picture("noise-16", 15, 9, |x, y| hue(noise(x, y) % 16)),
        picture("noise", 7, 5, noise),
    ]
}

/// `colour` tells the blue, green and red of a place.
fn picture(name: &'static str, width: u32, rows: u32, colour: fn(u32, u32) -> u32) -> Picture {
    let places = (0..rows).flat_map(|y| (0..width).map(move |x| (x, y)));
    let pixels = places.map(|(x, y)| 0xff00_0000 | colour(x, y)).collect();
    Picture { name, width: width as usize, pixels }
}

/// Eight columns of letters that recur, black with soft edges on white.
fn text(x: u32, y: u32) -> u32 {
    const LETTERS: [[u8; 8]; 3] = [
        [0x18, 0x24, 0x42, 0x7e, 0x42, 0x42, 0x00, 0x00],
        [0x7c, 0x42, 0x7c, 0x42, 0x42, 0x7c, 0x00, 0x00],
        [0x3c, 0x42, 0x40, 0x40, 0x42, 0x3c, 0x00, 0x00],
    ];
    let letter = LETTERS[(x / 8 * x / 16) as usize % LETTERS.len()];
    let row = u32::from(letter[y as usize % letter.len()]);
    let is_ink = |column: u32| row >> (7 - column) & 1 == 1;
    match x % 8 {
        column if is_ink(column) => 0,
        column if column > 0 && is_ink(column - 1) => shade(160),
        _ => shade(255),
    }
}

/// A gray.
fn shade(level: u32) -> u32 {
    (level & 0xff) * 0x0001_0101
}

/// Colours that have nothing to do with each other.
fn hue(number: u32) -> u32 {
    (number + 1).wrapping_mul(0x9E37_79B1) >> 8
}

fn noise(x: u32, y: u32) -> u32 {
    let mixed = (x * 57 + y * 131 + 7).wrapping_mul(0x9E37_79B1);
    (mixed ^ mixed >> 15).wrapping_mul(0x85EB_CA6B) >> 8
}
