//! What a visual's pixels look like in memory, and their way into a frame: as they are where a frame can hold them,
//! converted where it can't.
//!
//! Conversion widens a channel of `n` bits to eight exactly (all values stay apart) and rounds one of more, as 30-bit
//! visuals have, to the nearest. Alpha is left out: programs multiply colours with it beforehand, so what is left is
//! the picture over black.

use lanstream_core::source::{Error, ErrorKind};
use lanstream_core::{PIXEL_BYTES, PixelFormat};
use x11rb::protocol::xproto::{ImageOrder, Setup, VisualClass, Visualid, Visualtype};

/// Most bits of a channel that can be converted.
const CHANNEL_BITS_MAX: u32 = 10;

/// Bits of a channel in a frame.
const FRAME_CHANNEL_BITS: u32 = 8;

/// How the server hands out pixels of one visual.
pub(super) struct Pixels {
    conversion: Option<Conversion>,
    format: PixelFormat,
    bits: usize,
    row_bits_unit: usize,
    /// Most bits of a colour's channel.
    channel_bits: u32,
    has_alpha: bool,
}

impl Pixels {
    /// # Errors
    /// [`ErrorKind::Unsupported`] where its colours don't stand in the pixels themselves.
    pub(super) fn new(setup: &Setup, depth: u8, visual: Visualid) -> Result<Self, Error> {
        let format = setup.pixmap_formats.iter().find(|format| format.depth == depth);
        let visual = visual_of(setup, visual).filter(|visual| has_masks(visual));
        let (Some(format), Some(visual)) = (format, visual) else { return Err(no_masks(depth)) };
        let bits = usize::from(format.bits_per_pixel);
        let (format_in_frame, conversion) = if let Some(direct) = direct(setup, visual, bits) {
            (direct, None)
        } else {
            let conversion = Conversion::new(setup, visual, bits).ok_or_else(|| no_masks(depth))?;
            (PixelFormat::Bgrx8, Some(conversion))
        };
        let row_bits_unit = usize::from(format.scanline_pad);
        let masks = [visual.red_mask, visual.green_mask, visual.blue_mask];
        let channel_bits = masks.map(u32::count_ones).into_iter().max().unwrap_or_default();
        // A visual has no mask for alpha: it is what the depth counts beyond the colours.
        let has_alpha = u32::from(depth) > masks.map(u32::count_ones).iter().sum();
        Ok(Self { conversion, format: format_in_frame, bits, row_bits_unit, channel_bits, has_alpha })
    }

    /// In what a frame differs from what the server has.
    pub(super) fn alterations(&self) -> Vec<String> {
        let rounded = (self.channel_bits > FRAME_CHANNEL_BITS)
            .then(|| format!("{} bit shown as {FRAME_CHANNEL_BITS} bit", self.channel_bits));
        let opaque = self.has_alpha.then(|| "alpha ignored, shown over black".to_owned());
        rounded.into_iter().chain(opaque).collect()
    }

    /// How they lie in a frame.
    pub(super) fn format(&self) -> PixelFormat {
        self.format
    }

    /// Whether the server can write them into a frame itself.
    pub(super) fn are_direct(&self) -> bool {
        self.conversion.is_none()
    }

    /// Bytes of a row as the server packs it.
    pub(super) fn row_bytes(&self, width: u32) -> usize {
        (width as usize * self.bits).next_multiple_of(self.row_bits_unit) / 8
    }

    /// Takes a row from the server's bytes to a frame's.
    pub(super) fn copy_row(&self, from: &[u8], to: &mut [u8]) {
        match &self.conversion {
            None => to.copy_from_slice(&from[..to.len()]),
            Some(conversion) => conversion.convert_row(from, to),
        }
    }
}

fn visual_of(setup: &Setup, id: Visualid) -> Option<&Visualtype> {
    let depths = setup.roots.iter().flat_map(|screen| &screen.allowed_depths);
    depths.flat_map(|depth| &depth.visuals).find(|visual| visual.visual_id == id)
}

fn has_masks(visual: &Visualtype) -> bool {
    matches!(visual.class, VisualClass::TRUE_COLOR | VisualClass::DIRECT_COLOR)
}

fn no_masks(depth: u8) -> Error {
    let message =
        format!("pixels of depth {depth} can't be captured; the X server must run at depth 24, 30, 16 or 15");
    Error::new(ErrorKind::Unsupported, message)
}

fn direct(setup: &Setup, visual: &Visualtype, bits: usize) -> Option<PixelFormat> {
    if bits != PIXEL_BYTES * 8 || setup.image_byte_order != ImageOrder::LSB_FIRST {
        return None;
    }
    match (visual.red_mask, visual.green_mask, visual.blue_mask) {
        (0xff_0000, 0xff00, 0xff) => Some(PixelFormat::Bgrx8),
        (0xff, 0xff00, 0xff_0000) => Some(PixelFormat::Rgbx8),
        _ => None,
    }
}

/// Makes pixels of any masks into `Bgrx8`.
struct Conversion {
    bytes: usize,
    lsb_first: bool,
    /// Blue, green, red: the order of the frame's bytes.
    channels: [Channel; 3],
}

impl Conversion {
    fn new(setup: &Setup, visual: &Visualtype, bits: usize) -> Option<Self> {
        let channels = [
            Channel::new(visual.blue_mask)?,
            Channel::new(visual.green_mask)?,
            Channel::new(visual.red_mask)?,
        ];
        let lsb_first = setup.image_byte_order == ImageOrder::LSB_FIRST;
        matches!(bits, 16 | 24 | 32).then_some(Self { bytes: bits / 8, lsb_first, channels })
    }

    fn convert_row(&self, from: &[u8], to: &mut [u8]) {
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
