//! Both decoders on the same bytes, by turns, so that a machine that slows down slows both.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::event::Times;
use crate::gate::{Gate, Turn};
use crate::picture::Picture;

/// A pixel that no picture has: it is not opaque. What a decoder leaves out still holds it.
const UNTOUCHED: u32 = 0;

/// The page, waiting for what to decode.
pub(crate) struct Race<'a> {
    gate: &'a Gate,
    turn: Turn,
}

impl<'a> Race<'a> {
    /// Waits for the page.
    ///
    /// # Errors
    /// Where it can't run the decoder.
    pub(crate) fn begin(gate: &'a Gate) -> anyhow::Result<Self> {
        Ok(Self { gate, turn: gate.next()? })
    }

    /// Has a picture decoded so many times by each.
    ///
    /// # Errors
    /// Where a decoder fails or gives other pixels.
    pub(crate) fn run(&mut self, picture: &Picture, rounds: u32) -> anyhow::Result<Times> {
        ensure!(picture.pixels > 0, "no code makes any of it smaller");
        let mut times = Times::default();
        let mut pixels = vec![UNTOUCHED; picture.pixels];
        for round in 0..rounds {
            // Without a picture the page decodes the one that it has once more.
            let message = if round == 0 { picture.message() } else { Vec::new() };
            self.turn.answer(&message).context("the page is gone")?;
            self.turn = self.gate.next()?;
            ensure!(picture.is(&self.turn.pixels), "the page decodes to other pixels");
            times.page.push(self.turn.took);
            times.native.push(decode(picture, &mut pixels)?);
        }
        Ok(times)
    }
}

fn decode(picture: &Picture, pixels: &mut [u32]) -> anyhow::Result<Duration> {
    pixels.fill(std::hint::black_box(UNTOUCHED));
    let began = Instant::now();
    picture.decode(pixels)?;
    let took = began.elapsed();
    ensure!(picture.is(bytemuck::cast_slice(pixels)), "the native decoder gives other pixels");
    Ok(took)
}
