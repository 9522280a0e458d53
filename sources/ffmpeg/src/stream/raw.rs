//! Frames without anything between them: size, format and rate are what somebody says.

use super::{PacketHeader, Parser, Rate, Shape, Step, StreamError};

/// Counts frames.
pub(crate) struct Raw {
    shape: Shape,
    rate: Option<Rate>,
    begun: bool,
    frames: u64,
}

impl Raw {
    /// Frames of `shape`; without a `rate` each is shown when it comes.
    pub(crate) fn new(shape: Shape, rate: Option<Rate>) -> Self {
        Self { shape, rate, begun: false, frames: 0 }
    }
}

impl Parser for Raw {
    fn step(&mut self, bytes: &[u8]) -> Result<Step, StreamError> {
        if !self.begun {
            self.begun = true;
            return Ok(Step::Began(0, self.shape));
        }
        if bytes.is_empty() {
            return Ok(Step::More);
        }
        let pts = self.rate.map(|rate| rate.pts(self.frames));
        self.frames += 1;
        let len = self.shape.pixels.bytes(self.shape.size);
        Ok(Step::Picture(0, PacketHeader { pts, len, elided: Vec::new() }))
    }

    fn expectation(&self) -> String {
        format!("{} {}", self.shape.size, self.shape.pixels)
    }
}
