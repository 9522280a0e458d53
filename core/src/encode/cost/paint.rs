//! Cost of painting a pixel at the viewer: moving one may take longer than writing one.

use super::estimate::Count;

/// Step of the estimate per update.
const STEP: f32 = 0.125;
/// Pixels of an update that is large enough to be measured: browsers blur their clocks to 0.1 ms.
const PX_MIN: usize = 256 << 10;
/// Initial values: measured on the project's machine, rounded.
const WRITTEN_NS_AT_FIRST: f32 = 0.4;
const TIMES_AT_FIRST: f32 = 1.0;
/// More is what only the first takes, which makes room for them.
const TIMES_MAX: f32 = 4.0;
/// Step of the cost of moving back to its initial value with each update without moves, so that moving is tried again.
const FORGET: f32 = 0.01;
/// Share of moved pixels from which on an update measures moving.
const MOVED_SHARE_MIN: f32 = 0.1;

/// Painting costs of one viewer, and the update it paints.
#[derive(Debug)]
pub(super) struct PaintCost {
    /// For a pixel that is written.
    written_ns: f32,
    /// Ratio of a moved pixel to a written one: a slower viewer is slower at both.
    times: f32,
    /// Pixels of the update being sent: written, and moved.
    sent_px: [usize; 2],
    /// Pixels of the previous update: a viewer reports the painting time of an update with the next one.
    painted_px: [usize; 2],
}

impl Default for PaintCost {
    fn default() -> Self {
        let (written_ns, times) = (WRITTEN_NS_AT_FIRST, TIMES_AT_FIRST);
        Self { written_ns, times, sent_px: [0; 2], painted_px: [0; 2] }
    }
}

impl PaintCost {
    /// Returns nanoseconds to write a pixel.
    pub(super) fn written_ns(&self) -> f32 {
        self.written_ns
    }

    /// Returns the extra nanoseconds of moving a pixel instead of writing it.
    pub(super) fn moving_ns(&self) -> f32 {
        self.written_ns * (self.times - 1.0)
    }

    /// Accounts for pixels that were sent.
    pub(super) fn sent(&mut self, pixels: usize, is_moved: bool) {
        self.sent_px[usize::from(is_moved)] += pixels;
    }

    /// Accounts for an acknowledged update and the painting time of the previous one.
    pub(super) fn painted(&mut self, took_ns: f32) {
        if self.painted_px.iter().sum::<usize>() >= PX_MIN {
            self.update(self.painted_px.map(usize::estimate), took_ns);
        }
        self.painted_px = std::mem::take(&mut self.sent_px);
    }

    fn update(&mut self, [written, moved]: [f32; 2], took_ns: f32) {
        if moved < (written + moved) * MOVED_SHARE_MIN {
            self.written_ns += STEP * (took_ns / (written + moved) - self.written_ns);
            self.times += FORGET * (TIMES_AT_FIRST - self.times);
        } else if self.written_ns > 0.0 {
            let times = (took_ns / self.written_ns - written) / moved;
            self.times += STEP * (times.clamp(0.0, TIMES_MAX) - self.times);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moved_slowly_once_is_tried_again() {
        let mut paint_cost = PaintCost::default();
        for round in 0..300 {
            paint_cost.sent(2_000_000, round < 10);
            paint_cost.painted(if round < 11 { 40e6 } else { 1e6 });
        }
        assert!((0.0..0.3).contains(&paint_cost.moving_ns()), "{}", paint_cost.moving_ns());
    }

    #[test]
    fn both_are_found() {
        let mut paint_cost = PaintCost::default();
        let updates = [(2_000_000, 0), (100_000, 1_900_000), (900_000, 1_000_000)];
        let took = |(written, moved): (usize, usize)| written.estimate() * 0.3 + moved.estimate() * 0.6;
        for round in 0..600 {
            let (written, moved) = updates[round % 3];
            paint_cost.sent(written, false);
            paint_cost.sent(moved, true);
            paint_cost.painted(took(updates[(round + 2) % 3]));
        }
        assert!((paint_cost.moving_ns() - 0.3).abs() < 0.05, "{}", paint_cost.moving_ns());
    }
}
