//! How many bytes a code may take, and whether it is on its way to more: noise is given up after a few rows, not at its
//! end.

/// The share of the limit by which the beginning may be worse than the rest: screens are not the same from top to
/// bottom.
const SLACK: usize = 4;
/// Pixels after which it is asked again.
pub(crate) const STEP_PX: usize = 1024;

pub(crate) struct Budget {
    /// Bytes before the code.
    start: usize,
    limit: usize,
    pixels: usize,
}

impl Budget {
    pub(crate) fn new(limit: usize, pixels: usize, out: &[u8]) -> Self {
        // Of none, all are done.
        Self { start: out.len(), limit, pixels: pixels.max(1) }
    }

    /// Whether the first `done` pixels may have taken what `out` has, and `more` bytes.
    #[expect(clippy::cast_precision_loss, reason = "the share is an estimate, for which 24 bits are plenty")]
    pub(crate) fn allows(&self, done: usize, out: &[u8], more: usize) -> bool {
        let bytes = out.len() + more - self.start;
        let share = self.limit as f32 * done as f32 / self.pixels as f32;
        bytes <= self.limit && bytes as f32 <= share + (self.limit / SLACK) as f32
    }

    /// Whether a whole code of so many bytes may be written.
    pub(crate) fn is_enough(&self, bytes: usize) -> bool {
        bytes <= self.limit
    }
}
