//! Conversion of pixels that a frame can't hold as they are: it widens a channel of `n` bits to eight exactly (all
//! values stay apart) and rounds one of more, as 30-bit formats have, to the nearest.

use lanstream_core::PIXEL_BYTES;

/// Most bits of a channel that can be converted.
const CHANNEL_BITS_MAX: u32 = 10;

/// Bits of a channel in a frame.
const FRAME_CHANNEL_BITS: u32 = 8;

/// In what a frame differs from pixels with channels of so many bits.
pub(crate) fn rounding(channel_bits: u32) -> Option<String> {
    (channel_bits > FRAME_CHANNEL_BITS)
        .then(|| format!("{channel_bits} bit shown as {FRAME_CHANNEL_BITS} bit"))
}

/// Makes pixels of any masks into `Bgrx8`.
pub(crate) struct Conversion {
    bytes: usize,
    lsb_first: bool,
    /// Blue, green, red: the order of the frame's bytes.
    channels: [Channel; 3],
}

impl Conversion {
    /// Pixels of so many bits, the channels red, green and blue in these. Returns `None` where it can't be done.
    pub(crate) fn new(masks: [u32; 3], bits: usize, lsb_first: bool) -> Option<Self> {
        let [red, green, blue] = masks;
        let channels = [Channel::new(blue)?, Channel::new(green)?, Channel::new(red)?];
        matches!(bits, 16 | 24 | 32).then_some(Self { bytes: bits / 8, lsb_first, channels })
    }

    /// Converts as many pixels as there are and there is room for.
    pub(crate) fn convert_row(&self, from: &[u8], to: &mut [u8]) {
        for (from, to) in from.chunks_exact(self.bytes).zip(to.chunks_exact_mut(PIXEL_BYTES)) {
            let append = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
            let value =
                if self.lsb_first { from.iter().rev().fold(0, append) } else { from.iter().fold(0, append) };
            let [blue, green, red] = &self.channels;
            to.copy_from_slice(&[blue.level(value), green.level(value), red.level(value), 0]);
        }
    }
}

/// One colour's bits of a pixel.
struct Channel {
    shift: u32,
    /// The eight-bit level of each value the bits can have.
    levels: Vec<u8>,
}

impl Channel {
    fn new(mask: u32) -> Option<Self> {
        let shift = mask.trailing_zeros().min(31);
        let max = mask >> shift;
        let contiguous = max & max.wrapping_add(1) == 0;
        let usable = contiguous && (1..=CHANNEL_BITS_MAX).contains(&max.count_ones());
        usable.then(|| Self { shift, levels: (0..=max).map(|value| level(value, max)).collect() })
    }

    fn level(&self, pixel: u32) -> u8 {
        // The levels are a power of two many, so the mask of their count picks the channel's bits.
        self.levels[(pixel >> self.shift) as usize & (self.levels.len() - 1)]
    }
}

/// Returns the eight-bit level of a value of at most `max`.
fn level(value: u32, max: u32) -> u8 {
    u8::try_from((value * 255 + max / 2) / max).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rgb565(lsb_first: bool) -> Conversion {
        let channels = [0x1f, 0x7e0, 0xf800].map(|mask| Channel::new(mask).unwrap());
        Conversion { bytes: 2, lsb_first, channels }
    }

    #[test]
    fn sixteen_bits_widen_to_the_ends_and_stay_apart() {
        let mut row = [0xee; 12];
        rgb565(true).convert_row(&[0xff, 0xff, 0x00, 0xf8, 0x01, 0x00], &mut row);
        assert_eq!(row, [255, 255, 255, 0, 0, 0, 255, 0, 8, 0, 0, 0]);
        let levels = Channel::new(0x1f).unwrap().levels;
        assert!(levels.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn byte_order_is_the_servers() {
        let mut row = [0; 4];
        rgb565(false).convert_row(&[0xf8, 0x00], &mut row);
        assert_eq!(row, [0, 0, 255, 0]);
    }

    #[test]
    fn masks_with_gaps_or_without_bits_are_refused() {
        assert!(Channel::new(0).is_none());
        assert!(Channel::new(0b101).is_none());
        assert!(Channel::new(0x3ff0_0000).is_some());
        assert!(Channel::new(0xffff).is_none());
    }
}
