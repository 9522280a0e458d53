//! What painting takes a viewer for a pixel: moving one may take it longer than writing one.

/// How much one update moves what is known.
const STEP: f32 = 0.125;
/// Pixels of an update that tells anything: browsers blur their clocks to 0.1 ms.
const PX_MIN: u64 = 256 << 10;
/// Before anything was measured here: what it was on the project's machine, in round figures.
const WRITTEN_NS_AT_FIRST: f32 = 0.4;
const TIMES_AT_FIRST: f32 = 1.0;
/// More is what only the first takes, which makes room for them.
const TIMES_MAX: f32 = 4.0;
/// How much of what is known of moving is forgotten with each update that does not: it comes to be tried again.
const FORGET: f32 = 0.01;
/// A share of moved pixels from which on an update tells of moving.
const MOVED_SHARE_MIN: f32 = 0.1;

/// What one viewer takes, and the update it paints.
#[derive(Debug)]
pub(super) struct Painting {
    /// For a pixel that is written.
    written_ns: f32,
    /// So many times as long for one that is moved: what makes a viewer slower does so to both.
    times: f32,
    /// Pixels of the update being sent: written, and moved.
    sent_px: [u64; 2],
    /// Pixels of the update before: a viewer tells what an update took it with the next.
    painted_px: [u64; 2],
}

impl Default for Painting {
    fn default() -> Self {
        let (written_ns, times) = (WRITTEN_NS_AT_FIRST, TIMES_AT_FIRST);
        Self { written_ns, times, sent_px: [0; 2], painted_px: [0; 2] }
    }
}

impl Painting {
    /// What a pixel takes to write.
    pub(super) fn written_ns(&self) -> f32 {
        self.written_ns
    }

    /// By how much a pixel takes longer to move than to write.
    pub(super) fn moving_ns(&self) -> f32 {
        self.written_ns * (self.times - 1.0)
    }

    /// So many pixels are on their way.
    pub(super) fn sent(&mut self, pixels: u64, is_moved: bool) {
        self.sent_px[usize::from(is_moved)] += pixels;
    }

    /// The update that was sent is there, and the one before took so long to paint.
    pub(super) fn painted(&mut self, took_ns: f32) {
        if self.painted_px.iter().sum::<u64>() >= PX_MIN {
            self.learn(self.painted_px.map(|pixels| pixels as f32), took_ns);
        }
        self.painted_px = std::mem::take(&mut self.sent_px);
    }

    fn learn(&mut self, [written, moved]: [f32; 2], took_ns: f32) {
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
        let mut painting = Painting::default();
        for turn in 0..300 {
            painting.sent(2_000_000, turn < 10);
            painting.painted(if turn < 11 { 40e6 } else { 1e6 });
        }
        assert!((0.0..0.3).contains(&painting.moving_ns()), "{}", painting.moving_ns());
    }

    #[test]
    fn both_are_found() {
        let mut painting = Painting::default();
        let updates = [(2_000_000, 0), (100_000, 1_900_000), (900_000, 1_000_000)];
        let took = |(written, moved): (u64, u64)| written as f32 * 0.3 + moved as f32 * 0.6;
        for turn in 0..600 {
            let (written, moved) = updates[turn % 3];
            painting.sent(written, false);
            painting.sent(moved, true);
            painting.painted(took(updates[(turn + 2) % 3]));
        }
        assert!((painting.moving_ns() - 0.3).abs() < 0.05, "{}", painting.moving_ns());
    }
}
