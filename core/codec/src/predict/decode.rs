//! Tokens to pixels. The bytes may be anything: what they mean is checked before it is done.

use super::{
    ABOVE, ABOVE_LONG, ABOVE_SHORT_MAX, DIFF, INDEX, LEFT, LEFT_LONG, LEFT_SHORT_MAX, LUMA, PIXEL, RECENT,
    place,
};
use crate::Error;
use crate::pixel::{BLACK, channels, pixel};
use crate::reader::Reader;

pub(crate) fn decode(bytes: Reader<'_>, width: usize, pixels: &mut [u32]) -> Result<(), Error> {
    let mut decoder = Decoder { bytes, recent: [BLACK; RECENT], left: BLACK };
    let mut at = 0;
    while at < pixels.len() {
        at += decoder.next(pixels, width, at)?;
    }
    decoder.bytes.end()
}

struct Decoder<'a> {
    bytes: Reader<'a>,
    recent: [u32; RECENT],
    left: u32,
}

impl Decoder<'_> {
    /// Takes one token, and returns how many pixels it filled.
    fn next(&mut self, pixels: &mut [u32], width: usize, at: usize) -> Result<usize, Error> {
        let token = self.bytes.byte()?;
        match token {
            INDEX..DIFF => Ok(self.put(pixels, at, self.recent[usize::from(token)])),
            DIFF..LUMA => {
                let [red, green, blue] = channels(self.left);
                let by = |channel: u8, shift: u8| channel.wrapping_add(token >> shift & 3).wrapping_sub(2);
                Ok(self.keep(pixels, at, pixel([by(red, 4), by(green, 2), by(blue, 0)])))
            }
            LUMA..LEFT => {
                let [red, green, blue] = channels(self.left);
                let (by, also) = ((token & 63).wrapping_sub(32), self.bytes.byte()?);
                let near =
                    |channel: u8, more: u8| channel.wrapping_add(by).wrapping_add(more).wrapping_sub(8);
                let green = green.wrapping_add(by);
                Ok(self.keep(pixels, at, pixel([near(red, also >> 4), green, near(blue, also & 15)])))
            }
            LEFT..ABOVE => self.as_left(pixels, at, usize::from(token - LEFT) + 1),
            ABOVE..LEFT_LONG => self.as_above(pixels, width, at, usize::from(token - ABOVE) + 1),
            LEFT_LONG => {
                let run = self.bytes.number()? + LEFT_SHORT_MAX + 1;
                self.as_left(pixels, at, run)
            }
            ABOVE_LONG => {
                let run = self.bytes.number()? + ABOVE_SHORT_MAX + 1;
                self.as_above(pixels, width, at, run)
            }
            PIXEL => {
                let colour = self.bytes.pixel()?;
                Ok(self.keep(pixels, at, colour))
            }
            _ => Err(Error::Token),
        }
    }

    fn put(&mut self, pixels: &mut [u32], at: usize, pixel: u32) -> usize {
        pixels[at] = pixel;
        self.left = pixel;
        1
    }

    /// Puts a pixel that is a recent colour from now on.
    fn keep(&mut self, pixels: &mut [u32], at: usize, pixel: u32) -> usize {
        self.recent[usize::from(place(pixel))] = pixel;
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
        // What is above the first row is black. Further down it is copied in pieces of at most a row, as a run may be
        // of several.
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
