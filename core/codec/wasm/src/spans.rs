//! The parts of the room that a call is about. Its numbers may be anything: what they mean is checked before it is
//! touched.

use core::ops::Range;

/// Bytes of a pixel.
const PIXEL_BYTES: u64 = size_of::<u32>() as u64;
/// More does not fit into a slice.
const BYTES_MAX: u64 = isize::MAX as u64;

/// Where a code lies and where its pixels go: within the room, apart from each other, the pixels aligned.
pub(crate) struct Spans {
    code: Range<u64>,
    pixels: Range<u64>,
}

#[expect(clippy::cast_possible_truncation, reason = "what lies within the memory has an address")]
impl Spans {
    /// `bytes` from `at` on and `pixels` from `pixels_at` on, where they may be used.
    pub(crate) fn within(
        room: &Range<u64>,
        at: u32,
        bytes: u32,
        pixels_at: u32,
        pixels: u32,
    ) -> Option<Self> {
        let code = span(at, u64::from(bytes));
        let pixels = span(pixels_at, u64::from(pixels) * PIXEL_BYTES);
        let fit = [&code, &pixels].into_iter().all(|span| fits(span, room));
        let apart = code.end <= pixels.start || pixels.end <= code.start;
        let aligned = pixels.start.is_multiple_of(PIXEL_BYTES);
        (fit && apart && aligned).then_some(Self { code, pixels })
    }

    /// The code's first address and its bytes.
    pub(crate) fn code(&self) -> (*const u8, usize) {
        let bytes = self.code.end - self.code.start;
        (core::ptr::with_exposed_provenance(self.code.start as usize), bytes as usize)
    }

    /// The pixels' first address and how many there are.
    pub(crate) fn pixels(&self) -> (*mut u32, usize) {
        let pixels = (self.pixels.end - self.pixels.start) / PIXEL_BYTES;
        (core::ptr::with_exposed_provenance_mut(self.pixels.start as usize), pixels as usize)
    }
}

/// In more bits than an address has, so that no sum of what a call says wraps around.
fn span(start: u32, bytes: u64) -> Range<u64> {
    u64::from(start)..u64::from(start) + bytes
}

fn fits(span: &Range<u64>, room: &Range<u64>) -> bool {
    room.start <= span.start && span.end <= room.end && span.end - span.start <= BYTES_MAX
}
