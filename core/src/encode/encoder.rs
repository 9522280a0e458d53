//! Encodes a rectangle of a frame, and tells how long that took.

use lanstream_codec::encode;

use super::shelf::Part;
use super::swizzle;
use crate::frame::Frame;
use crate::time::Clock;

/// Encodes one rectangle after the other. Its memory is used again for each.
#[derive(Debug)]
pub struct Encoder {
    clock: Clock,
    pixels: Vec<u32>,
}

/// What became of a rectangle.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    /// Of its code; `None`: it was given up.
    pub bytes: Option<usize>,
    /// How long that took.
    pub took_ns: f32,
}

impl Encoder {
    /// One that reads `clock`.
    pub fn new(clock: Clock) -> Self {
        Self { clock, pixels: Vec::new() }
    }

    /// Appends the code of a part of `frame` to `out`.
    pub fn encode(&mut self, frame: &Frame, part: &Part, out: &mut Vec<u8>) -> Outcome {
        let began = (self.clock)();
        let (rect, before) = (part.rect, out.len());
        self.pixels.clear();
        for y in rect.y..rect.bottom() {
            swizzle::extend_pixels(&mut self.pixels, frame.row(rect.x, y, rect.width), frame.layout().format);
        }
        let is_coded = encode(part.code, &self.pixels, rect.width as usize, part.limit, out);
        let took_ns = (self.clock)().since(began).as_nanos() as f32;
        Outcome { bytes: is_coded.then_some(out.len() - before), took_ns }
    }
}
