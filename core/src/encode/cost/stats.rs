//! Measured rates of each method per pixel, by complexity.

use lanstream_codec::{Code, RGB_BYTES};

use super::estimate::Count;
use super::method::{COMPLEXITY_LEVELS, Method};

/// Bytes of a raw pixel, packed.
#[expect(clippy::cast_precision_loss, reason = "they are three")]
pub(super) const BYTES_PER_RAW_PX: f32 = RGB_BYTES as f32;
/// Counted for a group whose encoding was given up: it goes raw, and the attempt was wasted.
const BYTES_PER_PX_GIVEN_UP: f32 = 5.0;
/// How much one measurement moves a rate, and how many pixels it must be of: those of fewer move it less, since the
/// clock counts microseconds.
const STEP: f32 = 0.2;
const STEP_PX: f32 = 16e3;
/// Step of a rate back to its initial value for each update that uses another method.
const FORGET: f32 = 0.01;
/// Decoding time that must add up before it is compared with the expected time: browsers blur their clocks to 0.1 ms.
const VIEWER_NS_MIN: f32 = 2e6;

/// Cost of a method per pixel.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rate {
    pub(super) encode_ns: f32,
    pub(super) decode_ns: f32,
    pub(super) bytes: f32,
    /// Number of measurements of encoding: an initial value is replaced at once.
    measured: f32,
}

/// Rates of all methods. Viewers report decoding times of whole updates, which are summed until they are significant.
#[derive(Debug)]
pub(super) struct MethodStats {
    table: [[Rate; COMPLEXITY_LEVELS]; Method::ALL.len()],
    /// Pixels and decoding time of the updates since the last correction.
    decoded_px: [[u64; COMPLEXITY_LEVELS]; Method::ALL.len()],
    decoded_ns: f32,
}

impl Default for MethodStats {
    fn default() -> Self {
        let first = |method| std::array::from_fn(|complexity| first_rate(method, complexity));
        Self { table: Method::ALL.map(first), decoded_px: Default::default(), decoded_ns: 0.0 }
    }
}

/// Initial values: measured on the project's machine, rounded.
fn first_rate(method: Method, complexity: usize) -> Rate {
    let edge_share = 0.75 / (1_u32 << (COMPLEXITY_LEVELS - 1 - complexity)).estimate();
    let (encode_ns, decode_ns, bytes) = match method {
        Method::Raw | Method::Code(Code::Packed) => (0.0, 0.5, BYTES_PER_RAW_PX),
        Method::Code(Code::Palette) => (2.0, 1.0, 1.0),
        Method::Code(Code::Predict) => {
            (0.35 + 5.5 * edge_share, 0.3 + 5.0 * edge_share, 0.03 + 2.2 * edge_share)
        }
        Method::Code(Code::Lz) => (0.5 + 3.0 * edge_share, 0.2 + 1.5 * edge_share, 0.02 + 3.2 * edge_share),
        Method::Move => (0.3, 0.3, 0.0),
    };
    Rate { encode_ns, decode_ns, bytes, measured: 0.0 }
}

impl MethodStats {
    pub(super) fn of(&self, method: Method, complexity: usize) -> Rate {
        self.table[method.index()][complexity]
    }

    /// Accounts for a group, or its beginning, that was encoded in `bytes`; `None` if the encoder gave up.
    pub(super) fn encoded(
        &mut self,
        method: Method,
        complexity: usize,
        pixels: usize,
        bytes: Option<usize>,
        took_ns: f32,
    ) {
        let rate = &mut self.table[method.index()][complexity];
        let bytes_per_px = bytes.map_or(BYTES_PER_PX_GIVEN_UP, |bytes| bytes.estimate() / pixels.estimate());
        let weight = (pixels.estimate() / STEP_PX).min(1.0);
        let step = weight * STEP.max(1.0 / (1.0 + rate.measured));
        rate.measured += weight;
        rate.bytes += (bytes_per_px - rate.bytes) * step;
        rate.encode_ns += (took_ns / pixels.estimate() - rate.encode_ns) * step;
    }

    /// Moves the encoding rates of a method a little back to their initial values.
    pub(super) fn forget(&mut self, method: Method) {
        for (complexity, rate) in self.table[method.index()].iter_mut().enumerate() {
            rate.encode_ns += (first_rate(method, complexity).encode_ns - rate.encode_ns) * FORGET;
        }
    }

    /// Accounts for pixels that were sent.
    pub(super) fn sent(&mut self, method: Method, complexity: usize, pixels: usize) {
        self.decoded_px[method.index()][complexity] += pixels as u64;
    }

    /// Accounts for the decoding time of the update that was sent.
    pub(super) fn decoded(&mut self, took_ns: f32) {
        self.decoded_ns += took_ns;
        let expected = self.expected_ns();
        if expected.max(self.decoded_ns) >= VIEWER_NS_MIN {
            self.correct(expected.max(1.0));
        }
    }

    fn expected_ns(&self) -> f32 {
        let pairs = self.decoded_px.iter().flatten().zip(self.table.iter().flatten());
        pairs.map(|(pixels, rate)| pixels.estimate() * rate.decode_ns).sum()
    }

    /// Moves the decoding rates towards the measured time, each by its share.
    fn correct(&mut self, expected: f32) {
        let ratio = (self.decoded_ns / expected).clamp(0.25, 4.0);
        for (pixels, rate) in self.decoded_px.iter().flatten().zip(self.table.iter_mut().flatten()) {
            let share = pixels.estimate() * rate.decode_ns / expected;
            rate.decode_ns *= 1.0 + (ratio - 1.0) * share * STEP;
        }
        self.decoded_px = Default::default();
        self.decoded_ns = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METHOD: Method = Method::Code(Code::Predict);

    #[test]
    fn encoding_and_bytes_are_learnt_from_groups() {
        let mut stats = MethodStats::default();
        (0..100).for_each(|_| stats.encoded(METHOD, 3, 100_000, Some(70_000), 250_000.0));
        let Rate { encode_ns, bytes, .. } = stats.of(METHOD, 3);
        assert!((encode_ns - 2.5).abs() < 0.01 && (bytes - 0.7).abs() < 0.01, "{encode_ns} {bytes}");
        (0..100).for_each(|_| stats.encoded(METHOD, 3, 100_000, None, 0.0));
        assert!(stats.of(METHOD, 3).bytes > BYTES_PER_RAW_PX);
    }

    #[test]
    fn decoding_is_learnt_from_updates() {
        let mut stats = MethodStats::default();
        let other = stats.of(METHOD, 1).decode_ns;
        for _ in 0..400 {
            stats.sent(METHOD, 3, 2_000_000);
            stats.decoded(2e6 * 1.8);
        }
        assert!((stats.of(METHOD, 3).decode_ns - 1.8).abs() < 0.1);
        assert_eq!(stats.of(METHOD, 1).decode_ns, other);
    }
}
