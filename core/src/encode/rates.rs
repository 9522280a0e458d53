//! What each way takes for a pixel, by how busy a group is, as it was measured.

use lanstream_codec::{Code, RGB_BYTES};

use super::way::{DENSITIES, Way};

/// Bytes of a raw pixel, packed.
pub(super) const BYTES_PER_RAW_PX: f32 = RGB_BYTES as f32;
/// Counted for what was given up: it goes raw, and the try was for nothing.
const BYTES_PER_PX_GIVEN_UP: f32 = 5.0;
/// How much one measurement moves a rate, and how many pixels it must be of: those of fewer move it less, since the clock
/// counts microseconds.
const STEP: f32 = 0.2;
const STEP_PX: f32 = 16e3;
/// How much one update of another way moves a rate back to what was assumed.
const FORGET: f32 = 0.01;
/// What a viewer's time must add up to before it is compared with what was expected: browsers blur their clocks to 0.1 ms.
const VIEWER_NS_MIN: f32 = 2e6;

/// What a way takes for a pixel.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rate {
    pub(super) encode_ns: f32,
    pub(super) decode_ns: f32,
    pub(super) bytes: f32,
    /// How often encoding was measured: what was only assumed gives way at once.
    measured: f32,
}

/// The rates of all ways. What a viewer takes it tells for whole updates, so that is gathered until it tells something.
#[derive(Debug)]
pub(super) struct Rates {
    table: [[Rate; DENSITIES]; Way::ALL.len()],
    /// Of the updates since decoding was last accounted for.
    decoded_px: [[u64; DENSITIES]; Way::ALL.len()],
    decoded_ns: f32,
}

impl Default for Rates {
    fn default() -> Self {
        let first = |way| std::array::from_fn(|density| first_rate(way, density));
        Self { table: Way::ALL.map(first), decoded_px: Default::default(), decoded_ns: 0.0 }
    }
}

/// Before anything was measured here: what was on the project's machine, in round figures.
fn first_rate(way: Way, density: usize) -> Rate {
    let busy = 0.75 / (1 << (DENSITIES - 1 - density)) as f32;
    let (encode_ns, decode_ns, bytes) = match way {
        Way::Raw | Way::Code(Code::Packed) => (0.0, 0.5, BYTES_PER_RAW_PX),
        Way::Code(Code::Palette) => (2.0, 1.0, 1.0),
        Way::Code(Code::Predict) => (0.35 + 5.5 * busy, 0.3 + 5.0 * busy, 0.03 + 2.2 * busy),
        Way::Code(Code::Lz) => (0.5 + 3.0 * busy, 0.2 + 1.5 * busy, 0.02 + 3.2 * busy),
        Way::Move => (0.3, 0.3, 0.0),
    };
    Rate { encode_ns, decode_ns, bytes, measured: 0.0 }
}

impl Rates {
    pub(super) fn of(&self, way: Way, density: usize) -> Rate {
        self.table[way.place()][density]
    }

    /// A group, or its beginning, was encoded in so many bytes; `None`: it was given up.
    pub(super) fn encoded(
        &mut self,
        way: Way,
        density: usize,
        pixels: u64,
        bytes: Option<usize>,
        took_ns: f32,
    ) {
        let rate = &mut self.table[way.place()][density];
        let bytes_per_px = bytes.map_or(BYTES_PER_PX_GIVEN_UP, |bytes| bytes as f32 / pixels as f32);
        let weight = (pixels as f32 / STEP_PX).min(1.0);
        let step = weight * STEP.max(1.0 / (1.0 + rate.measured));
        rate.measured += weight;
        rate.bytes += (bytes_per_px - rate.bytes) * step;
        rate.encode_ns += (took_ns / pixels as f32 - rate.encode_ns) * step;
    }

    /// What encoding a way takes is believed a little less.
    pub(super) fn forget(&mut self, way: Way) {
        for (density, rate) in self.table[way.place()].iter_mut().enumerate() {
            rate.encode_ns += (first_rate(way, density).encode_ns - rate.encode_ns) * FORGET;
        }
    }

    /// So many pixels are on their way.
    pub(super) fn sent(&mut self, way: Way, density: usize, pixels: u64) {
        self.decoded_px[way.place()][density] += pixels;
    }

    /// A viewer took so long to decode the update that was sent.
    pub(super) fn decoded(&mut self, took_ns: f32) {
        self.decoded_ns += took_ns;
        let expected = self.expected_ns();
        if expected.max(self.decoded_ns) >= VIEWER_NS_MIN {
            self.correct(expected.max(1.0));
        }
    }

    fn expected_ns(&self) -> f32 {
        let pairs = self.decoded_px.iter().flatten().zip(self.table.iter().flatten());
        pairs.map(|(pixels, rate)| *pixels as f32 * rate.decode_ns).sum()
    }

    /// Moves the rates of what was decoded towards what it took, each by its share.
    fn correct(&mut self, expected: f32) {
        let ratio = (self.decoded_ns / expected).clamp(0.25, 4.0);
        for (pixels, rate) in self.decoded_px.iter().flatten().zip(self.table.iter_mut().flatten()) {
            let share = *pixels as f32 * rate.decode_ns / expected;
            rate.decode_ns *= 1.0 + (ratio - 1.0) * share * STEP;
        }
        self.decoded_px = Default::default();
        self.decoded_ns = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAY: Way = Way::Code(Code::Predict);

    #[test]
    fn encoding_and_bytes_are_learnt_from_groups() {
        let mut rates = Rates::default();
        (0..100).for_each(|_| rates.encoded(WAY, 3, 100_000, Some(70_000), 250_000.0));
        let Rate { encode_ns, bytes, .. } = rates.of(WAY, 3);
        assert!((encode_ns - 2.5).abs() < 0.01 && (bytes - 0.7).abs() < 0.01, "{encode_ns} {bytes}");
        (0..100).for_each(|_| rates.encoded(WAY, 3, 100_000, None, 0.0));
        assert!(rates.of(WAY, 3).bytes > BYTES_PER_RAW_PX);
    }

    #[test]
    fn decoding_is_learnt_from_updates() {
        let mut rates = Rates::default();
        let other = rates.of(WAY, 1).decode_ns;
        for _ in 0..400 {
            rates.sent(WAY, 3, 2_000_000);
            rates.decoded(2e6 * 1.8);
        }
        assert!((rates.of(WAY, 3).decode_ns - 1.8).abs() < 0.1);
        assert_eq!(rates.of(WAY, 1).decode_ns, other);
    }
}
