//! What is drawn: a few pictures of each kind, made beforehand and shown in turn, so that drawing costs a copy.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "pixels are calculated, and lose nothing that is seen"
)]

use std::str::FromStr;

use anyhow::bail;

use crate::dice::Dice;
use crate::screen::PIXEL_BYTES;

/// Pictures of one kind that are shown in turn.
const PICTURES: usize = 8;
/// Characters of the imitated text, in pixels.
const GLYPH: (usize, usize) = (8, 16);

/// What kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// One grey: nothing to pack.
    Flat,
    /// Black text on white with ragged lines, scrolled by a line a frame.
    Ui,
    /// Smooth waves that move, with a camera's noise.
    Video,
    /// Random pixels: nothing packs them.
    Noise,
}

impl Content {
    pub(crate) const ALL: [(&str, Self); 4] =
        [("flat", Self::Flat), ("ui", Self::Ui), ("video", Self::Video), ("noise", Self::Noise)];

    /// The pictures, each `width * height` pixels.
    pub(crate) fn pictures(self, width: usize, height: usize) -> Vec<Vec<u8>> {
        let mut dice = Dice(88_172_645_463_325_252);
        let places = || (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let picture = |number| {
            let mut bytes = Vec::with_capacity(width * height * PIXEL_BYTES);
            for (x, y) in places() {
                let pixel = self.pixel(number, x, y, width, &mut dice);
                bytes.extend_from_slice(&pixel.to_le_bytes());
            }
            bytes
        };
        (0..PICTURES).map(picture).collect()
    }

    /// A pixel as 0xRRGGBB.
    fn pixel(self, number: usize, x: usize, y: usize, width: usize, dice: &mut Dice) -> u32 {
        match self {
            Self::Flat => (0x2_0202 * (number as u32 * 13 + 7)) & 0xff_ffff,
            Self::Ui => ui(x, y + number * GLYPH.1),
            Self::Video => video(number, x, y, width, dice),
            Self::Noise => dice.roll() as u32 & 0xff_ffff,
        }
    }
}

impl FromStr for Content {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> anyhow::Result<Self> {
        match Self::ALL.iter().find(|(own, _)| *own == name) {
            Some((_, content)) => Ok(*content),
            None => bail!("there is no content {name:?}: there are flat, ui, video and noise"),
        }
    }
}

impl std::fmt::Display for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = Self::ALL.iter().find(|(_, content)| content == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

/// Letters that repeat as letters do: each is one of a few shapes, chosen by a hash of its line and column.
fn ui(x: usize, y: usize) -> u32 {
    const PAPER: u32 = 0xff_ffff;
    const INK: u32 = 0x22_2222;
    const MARGIN: u32 = 0xe8_e8f0;
    let (column, row) = (x / GLYPH.0, y / GLYPH.1);
    if column < 3 {
        return MARGIN;
    }
    let hash = (row as u64 * 7919 + column as u64 * 104_729).wrapping_mul(2_654_435_761);
    let hash = hash ^ hash >> 17;
    let is_letter = !(hash >> 5).is_multiple_of(3) && column % 60 < row * 13 % 50;
    let (within_x, within_y) = (x % GLYPH.0, y % GLYPH.1);
    let is_inked = hash >> (within_y / 2 * 3 + within_x / 2) & 1 == 1;
    if is_letter && is_inked && (3..13).contains(&within_y) { INK } else { PAPER }
}

fn video(number: usize, x: usize, y: usize, width: usize, dice: &mut Dice) -> u32 {
    let across = (x + number * 9) as f64 / 37.0;
    let down = (y as f64 - number as f64 * 5.0) / 23.0;
    let green = (128.0 + 60.0 * across.sin() + 50.0 * down.cos()) as u32 + (dice.roll() & 3) as u32;
    let red = (green * 7 / 8 + (x * 40 / width) as u32) & 0xff;
    red << 16 | (green & 0xff) << 8 | (255_u32.wrapping_sub(green) & 0xff)
}
