//! What painting takes a viewer for a pixel: moving one may take it longer than writing one.

/// How much one update moves the rates.
const STEP: f32 = 0.125;
/// Pixels of an update that tells anything: browsers blur their clocks to 0.1 ms.
const PX_MIN: u64 = 256 << 10;
/// Nanoseconds, before anything was measured here: what it was on the project's machine, in round figures.
const WRITTEN_NS_AT_FIRST: f32 = 0.4;
const MOVED_NS_AT_FIRST: f32 = 1.1;

/// The rates of one viewer, and the update it paints.
#[derive(Debug)]
pub(super) struct Painting {
    /// Nanoseconds for a pixel that is written, and for one that is moved.
    ns: [f32; 2],
    /// Pixels of the update being sent.
    sent_px: [u64; 2],
    /// Pixels of the update before: a viewer tells what an update took it with the next.
    painted_px: [u64; 2],
}

impl Default for Painting {
    fn default() -> Self {
        Self { ns: [WRITTEN_NS_AT_FIRST, MOVED_NS_AT_FIRST], sent_px: [0; 2], painted_px: [0; 2] }
    }
}

impl Painting {
    /// By how much a pixel takes longer to move than to write.
    pub(super) fn moving_ns(&self) -> f32 {
        self.ns[1] - self.ns[0]
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

    /// Moves each rate by its share of what was not expected.
    fn learn(&mut self, pixels: [f32; 2], took_ns: f32) {
        let expected = self.ns[0] * pixels[0] + self.ns[1] * pixels[1];
        let all = pixels[0].powi(2) + pixels[1].powi(2);
        for (ns, pixels) in self.ns.iter_mut().zip(pixels) {
            *ns = (*ns + STEP * (took_ns - expected) * pixels / all).max(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_rates_are_found() {
        let mut painting = Painting::default();
        let updates = [(2_000_000, 0), (100_000, 1_900_000), (900_000, 1_000_000)];
        let took = |(written, moved): (u64, u64)| written as f32 * 0.3 + moved as f32 * 2.0;
        for turn in 0..600 {
            let (written, moved) = updates[turn % 3];
            painting.sent(written, false);
            painting.sent(moved, true);
            painting.painted(took(updates[(turn + 2) % 3]));
        }
        assert!((painting.moving_ns() - 1.7).abs() < 0.05, "{}", painting.moving_ns());
    }
}
