//! Pixels to colours and their numbers.

use alloc::vec::Vec;

use super::{COLOURS_MAX, Colours, bits};
use crate::budget::Budget;
use crate::pixel;
use crate::runs;

/// Places in which a colour's number is looked up.
const PLACES: usize = 256;

pub(crate) fn encode(pixels: &[u32], budget: &Budget, out: &mut Vec<u8>) -> bool {
    let Some(palette) = Palette::of(pixels) else { return false };
    let colours = palette.colours();
    let bits = bits(colours.len());
    let bytes = 1 + colours.len() * 3 + (pixels.len() * bits).div_ceil(8);
    if !budget.is_enough(bytes) {
        return false;
    }
    out.reserve(bytes);
    out.push(palette.count);
    pixel::extend(out, colours);
    match bits {
        1 => palette.pack::<1>(pixels, out),
        2 => palette.pack::<2>(pixels, out),
        _ => palette.pack::<4>(pixels, out),
    }
    true
}

struct Palette {
    colours: Colours,
    count: u8,
    /// The number of a colour that belongs to the place; another may have taken it.
    numbers: [u8; PLACES],
}

impl Palette {
    /// `None`: there are too many colours.
    fn of(pixels: &[u32]) -> Option<Self> {
        let first = *pixels.first()?;
        let mut palette = Self { colours: [first; COLOURS_MAX], count: 1, numbers: [0; PLACES] };
        let mut at = 0;
        while at < pixels.len() {
            let colour = pixels[at];
            palette.learn(colour)?;
            at += runs::of(&pixels[at..], colour);
        }
        // One colour would do with no bits; there is a better way to send that.
        palette.count = palette.count.max(2);
        Some(palette)
    }

    /// Those that there are.
    fn colours(&self) -> &[u32] {
        &self.colours[..usize::from(self.count)]
    }

    fn learn(&mut self, colour: u32) -> Option<()> {
        let place = place(colour);
        if self.colours[usize::from(self.numbers[place])] == colour {
            return Some(());
        }
        let number = number_in(self.colours(), colour).unwrap_or(self.count);
        *self.colours.get_mut(usize::from(number))? = colour;
        self.count = self.count.max(number + 1);
        self.numbers[place] = number;
        Some(())
    }

    fn number(&self, colour: u32) -> u8 {
        let number = self.numbers[place(colour)];
        if self.colours[usize::from(number)] == colour {
            return number;
        }
        number_in(&self.colours, colour).unwrap_or(0)
    }

    fn pack<const BITS: usize>(&self, pixels: &[u32], out: &mut Vec<u8>) {
        out.extend(pixels.chunks(8 / BITS).map(|pixels| {
            let numbers = pixels.iter().enumerate();
            numbers.fold(0, |byte, (at, pixel)| byte | self.number(*pixel) << (at * BITS))
        }));
    }
}

/// The number of a colour among these.
fn number_in(colours: &[u32], colour: u32) -> Option<u8> {
    (0..).zip(colours).find(|(_, known)| **known == colour).map(|(number, _)| number)
}

fn place(colour: u32) -> usize {
    (colour.wrapping_mul(0x9E37_79B1) >> 24) as usize
}
