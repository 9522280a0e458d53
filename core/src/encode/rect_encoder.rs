//! Encodes a rectangle of a frame and measures the time.

use lanstream_codec::{Code, encode};

use super::cost::nanoseconds;
use super::swizzle;
use crate::frame_buffer::{FrameBuffer, PIXEL_BYTES};
use crate::geometry::Rect;
use crate::time::Clock;

/// Encodes one rectangle after the other. Its memory is used again for each.
#[derive(Debug)]
pub(crate) struct RectEncoder {
    clock: Clock,
    pixels: Vec<u32>,
    code: Vec<u8>,
}

/// A rectangle to be encoded, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RectJob {
    /// The pixels.
    pub rect: Rect,
    /// The code.
    pub code: Code,
    /// Bytes from which on the code is of no use.
    pub limit: usize,
}

/// Outcome of encoding a rectangle.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    /// Bytes of its code; `None` if it was given up.
    pub bytes: Option<usize>,
    /// Time of encoding.
    pub took_ns: f32,
}

impl RectEncoder {
    /// One that reads `clock`.
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, pixels: Vec::new(), code: Vec::new() }
    }

    /// Encodes a part of `frame`.
    pub(crate) fn encode(&mut self, frame: &FrameBuffer, part: &RectJob) -> Outcome {
        let began = (self.clock)();
        self.read(frame, part.rect);
        let width = part.rect.width as usize;
        let is_coded = encode(part.code, &self.pixels, width, part.limit, &mut self.code);
        if !is_coded {
            self.code.clear();
        }
        let took_ns = nanoseconds((self.clock)().since(began));
        Outcome { bytes: is_coded.then_some(self.code.len()), took_ns }
    }

    /// Returns the code of the last rectangle; empty if it was given up.
    pub(crate) fn code(&self) -> &[u8] {
        &self.code
    }

    fn read(&mut self, frame: &FrameBuffer, rect: Rect) {
        self.code.clear();
        self.pixels.clear();
        // A part is never larger than its picture, nor a code than its pixels: no later one needs more. What is not
        // used is never touched, and so takes up no memory.
        let area = frame.cells().area();
        self.code.reserve(area * PIXEL_BYTES);
        self.pixels.reserve(area);
        for y in rect.y..rect.bottom() {
            swizzle::extend_pixels(&mut self.pixels, frame.row(rect.x, y, rect.width), frame.layout().format);
        }
    }
}
