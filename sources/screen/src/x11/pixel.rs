//! What a visual's pixels look like in memory, and their way into a frame: as they are where a frame can hold them,
//! [converted](crate::conversion) where it can't. Alpha is left out: programs multiply colours with it beforehand, so
//! what is left is the picture over black.

use lanstream_core::source::{Error, ErrorKind};
use lanstream_core::{PIXEL_BYTES, PixelFormat};
use x11rb::protocol::xproto::{ImageOrder, Setup, VisualClass, Visualid, Visualtype};

use crate::conversion::{Conversion, rounding};

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
            let masks = [visual.red_mask, visual.green_mask, visual.blue_mask];
            let lsb_first = setup.image_byte_order == ImageOrder::LSB_FIRST;
            let conversion = Conversion::new(masks, bits, lsb_first).ok_or_else(|| no_masks(depth))?;
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
        let rounded = rounding(self.channel_bits);
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
