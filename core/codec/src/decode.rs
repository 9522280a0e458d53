//! Tokens to pixels. The bytes may be anything: what they mean is checked before it is done.

use crate::token::{
    ABOVE, ABOVE_LONG, ABOVE_SHORT_MAX, BLACK, DIFF, INDEX, LEFT, LEFT_LONG, LEFT_SHORT_MAX, LUMA, PIXEL,
    RECENT, channels, pixel, place,
};

/// Why bytes are no code of a rectangle of this size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// They end within a token, or before the last pixel.
    Short,
    /// A run goes beyond the last pixel.
    Beyond,
    /// Bytes are left after the last pixel.
    Left,
    /// A token that there is none of.
    Token(u8),
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Short => f.write_str("the code ends before the pixels do"),
            Self::Beyond => f.write_str("a run goes beyond the last pixel"),
            Self::Left => f.write_str("bytes are left after the last pixel"),
            Self::Token(token) => write!(f, "token {token:#04x} has no meaning"),
        }
    }
}

impl core::error::Error for Error {}

/// Fills `pixels`, rows of `width`, with what `code` says. After an error they hold something of both.
///
/// # Errors
/// Where `code` is not of exactly so many pixels.
///
/// # Panics
/// Where `width` is 0.
pub fn decode(code: &[u8], width: usize, pixels: &mut [u32]) -> Result<(), Error> {
    assert!(width > 0, "a rectangle has columns");
    let mut decoder = Decoder { code, recent: [BLACK; RECENT], left: BLACK };
    let mut at = 0;
    while at < pixels.len() {
        at += decoder.next(pixels, width, at)?;
    }
    if decoder.code.is_empty() { Ok(()) } else { Err(Error::Left) }
}

struct Decoder<'a> {
    /// What is left of it.
    code: &'a [u8],
    recent: [u32; RECENT],
    left: u32,
}

impl Decoder<'_> {
    /// Takes one token, and returns how many pixels it filled.
    fn next(&mut self, pixels: &mut [u32], width: usize, at: usize) -> Result<usize, Error> {
        let token = self.byte()?;
        match token {
            INDEX..DIFF => Ok(self.put(pixels, at, self.recent[usize::from(token)])),
            DIFF..LUMA => {
                let [red, green, blue] = channels(self.left);
                let by = |channel: u8, shift: u8| channel.wrapping_add(token >> shift & 3).wrapping_sub(2);
                Ok(self.keep(pixels, at, pixel([by(red, 4), by(green, 2), by(blue, 0)])))
            }
            LUMA..LEFT => {
                let [red, green, blue] = channels(self.left);
                let (by, also) = ((token & 63).wrapping_sub(32), self.byte()?);
                let near =
                    |channel: u8, more: u8| channel.wrapping_add(by).wrapping_add(more).wrapping_sub(8);
                let green = green.wrapping_add(by);
                Ok(self.keep(pixels, at, pixel([near(red, also >> 4), green, near(blue, also & 15)])))
            }
            LEFT..ABOVE => self.as_left(pixels, at, usize::from(token - LEFT) + 1),
            ABOVE..LEFT_LONG => self.as_above(pixels, width, at, usize::from(token - ABOVE) + 1),
            LEFT_LONG => {
                let run = self.length(LEFT_SHORT_MAX)?;
                self.as_left(pixels, at, run)
            }
            ABOVE_LONG => {
                let run = self.length(ABOVE_SHORT_MAX)?;
                self.as_above(pixels, width, at, run)
            }
            PIXEL => {
                let colour = pixel([self.byte()?, self.byte()?, self.byte()?]);
                Ok(self.keep(pixels, at, colour))
            }
            _ => Err(Error::Token(token)),
        }
    }

    fn byte(&mut self) -> Result<u8, Error> {
        let (first, rest) = self.code.split_first().ok_or(Error::Short)?;
        self.code = rest;
        Ok(*first)
    }

    /// The length of a run that is longer than `short`.
    fn length(&mut self, short: usize) -> Result<usize, Error> {
        let mut length = 0_u32;
        for shift in (0..28).step_by(7) {
            let byte = self.byte()?;
            length |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(length as usize + short + 1);
            }
        }
        // No rectangle has so many pixels.
        Err(Error::Beyond)
    }

    fn put(&mut self, pixels: &mut [u32], at: usize, pixel: u32) -> usize {
        pixels[at] = pixel;
        self.left = pixel;
        1
    }

    /// Puts a pixel that is a recent colour from now on.
    fn keep(&mut self, pixels: &mut [u32], at: usize, pixel: u32) -> usize {
        self.recent[place(pixel)] = pixel;
        self.put(pixels, at, pixel)
    }

    fn as_left(&mut self, pixels: &mut [u32], at: usize, run: usize) -> Result<usize, Error> {
        pixels[at..].get_mut(..run).ok_or(Error::Beyond)?.fill(self.left);
        Ok(run)
    }

    fn as_above(&mut self, pixels: &mut [u32], width: usize, at: usize, run: usize) -> Result<usize, Error> {
        if run > pixels.len() - at {
            return Err(Error::Beyond);
        }
        let end = at + run;
        let mut next = at;
        // What is above the first row is black. Further down it is copied in pieces of at most a row, as a run may be of several.
        if next < width {
            let until = end.min(width);
            pixels[next..until].fill(BLACK);
            next = until;
        }
        while next < end {
            let piece = width.min(end - next);
            pixels.copy_within(next - width..next - width + piece, next);
            next += piece;
        }
        self.left = pixels[end - 1];
        Ok(run)
    }
}
