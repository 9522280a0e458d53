//! What pixels of a shared buffer look like in memory, and their way into a frame: as they are where a frame can hold
//! them, [converted](crate::conversion) where it can't. Alpha is left out: an output has nothing behind it.

use lanstream_core::source::{Error, ErrorKind};
use lanstream_core::{PIXEL_BYTES, PixelFormat};
use wayland_client::WEnum;
use wayland_client::protocol::wl_shm::Format;

use crate::conversion::{Conversion, rounding};

/// How the pixels of one format become a frame's.
pub(super) struct Pixels {
    conversion: Option<Conversion>,
    format: PixelFormat,
    /// Bytes of a pixel in the buffer.
    bytes: usize,
    /// Most bits of a colour's channel.
    channel_bits: u32,
}

/// Formats that a frame can hold as they are, the most usual first.
const DIRECT: [Format; 4] = [Format::Xrgb8888, Format::Argb8888, Format::Xbgr8888, Format::Abgr8888];

impl Pixels {
    /// The format of those offered that takes least work, and if there is none of use the first.
    pub(super) fn choose(offered: &[WEnum<Format>]) -> Option<WEnum<Format>> {
        let direct = DIRECT.into_iter().map(WEnum::Value).find(|format| offered.contains(format));
        let usable = || offered.iter().find(|format| Self::new(**format).is_ok()).copied();
        direct.or_else(usable).or_else(|| offered.first().copied())
    }

    /// # Errors
    /// [`ErrorKind::Unsupported`] for a format that is not of red, green and blue with 5 to 10 bits.
    pub(super) fn new(format: WEnum<Format>) -> Result<Self, Error> {
        let direct = |format| Self { conversion: None, format, bytes: PIXEL_BYTES, channel_bits: 8 };
        match format {
            WEnum::Value(Format::Xrgb8888 | Format::Argb8888) => return Ok(direct(PixelFormat::Bgrx8)),
            WEnum::Value(Format::Xbgr8888 | Format::Abgr8888) => return Ok(direct(PixelFormat::Rgbx8)),
            _ => {}
        }
        let (bits, masks) = masks(format).ok_or_else(|| unknown(format))?;
        // A format of the protocol is in little-endian order, whatever the machine's.
        let conversion = Conversion::new(masks, bits, true).ok_or_else(|| unknown(format))?;
        let channel_bits = masks.map(u32::count_ones).into_iter().max().unwrap_or_default();
        let conversion = Some(conversion);
        Ok(Self { conversion, format: PixelFormat::Bgrx8, bytes: bits / 8, channel_bits })
    }

    /// In what a frame differs from what the compositor has.
    pub(super) fn alteration(&self) -> Option<String> {
        rounding(self.channel_bits)
    }

    /// How they lie in a frame.
    pub(super) fn format(&self) -> PixelFormat {
        self.format
    }

    /// Bytes of a pixel in the buffer.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a buffer's rows can be a frame's.
    pub(super) fn are_direct(&self) -> bool {
        self.conversion.is_none()
    }

    /// Takes pixels from a buffer's bytes to a frame's.
    pub(super) fn copy(&self, from: &[u8], to: &mut [u8]) {
        match &self.conversion {
            None => to.copy_from_slice(&from[..to.len()]),
            Some(conversion) => conversion.convert_row(from, to),
        }
    }
}

/// Bits of a pixel, and those of red, green and blue among them.
fn masks(format: WEnum<Format>) -> Option<(usize, [u32; 3])> {
    let WEnum::Value(format) = format else { return None };
    Some(match format {
        Format::Rgbx8888 | Format::Rgba8888 => (32, [0xff00_0000, 0xff_0000, 0xff00]),
        Format::Bgrx8888 | Format::Bgra8888 => (32, [0xff00, 0xff_0000, 0xff00_0000]),
        Format::Xrgb2101010 | Format::Argb2101010 => (32, [0x3ff0_0000, 0xf_fc00, 0x3ff]),
        Format::Xbgr2101010 | Format::Abgr2101010 => (32, [0x3ff, 0xf_fc00, 0x3ff0_0000]),
        Format::Rgbx1010102 | Format::Rgba1010102 => (32, [0xffc0_0000, 0x3f_f000, 0xffc]),
        Format::Bgrx1010102 | Format::Bgra1010102 => (32, [0xffc, 0x3f_f000, 0xffc0_0000]),
        Format::Rgb888 => (24, [0xff_0000, 0xff00, 0xff]),
        Format::Bgr888 => (24, [0xff, 0xff00, 0xff_0000]),
        Format::Rgb565 => (16, [0xf800, 0x7e0, 0x1f]),
        Format::Bgr565 => (16, [0x1f, 0x7e0, 0xf800]),
        _ => return None,
    })
}

fn unknown(format: WEnum<Format>) -> Error {
    let name = match format {
        WEnum::Value(format) => format!("{format:?}"),
        WEnum::Unknown(code) => format!("{code:#010x}"),
    };
    let message =
        format!("pixels of the format {name} can't be captured; set the output to 8 or 10 bits a colour");
    Error::new(ErrorKind::Unsupported, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(format: Format, pixel: &[u8]) -> [u8; 4] {
        let pixels = Pixels::new(WEnum::Value(format)).unwrap();
        assert_eq!((pixels.bytes(), pixels.format()), (pixel.len(), PixelFormat::Bgrx8));
        let mut frame = [0xee; 4];
        pixels.copy(pixel, &mut frame);
        frame
    }

    #[test]
    fn every_order_comes_out_as_blue_green_red() {
        for (format, pixel) in [
            (Format::Rgbx8888, [0, 3, 2, 1]),
            (Format::Bgra8888, [0, 1, 2, 3]),
            (Format::Xrgb2101010, (4_u32 << 20 | 8 << 10 | 12).to_le_bytes()),
            (Format::Abgr2101010, (3 << 30 | 12_u32 << 20 | 8 << 10 | 4).to_le_bytes()),
        ] {
            assert_eq!(converted(format, &pixel), [3, 2, 1, 0], "{format:?}");
        }
        assert_eq!(converted(Format::Rgb888, &[3, 2, 1]), [3, 2, 1, 0]);
        assert_eq!(converted(Format::Bgr888, &[1, 2, 3]), [3, 2, 1, 0]);
        assert_eq!(converted(Format::Rgb565, &[0x00, 0xf8]), [0, 0, 255, 0]);
    }

    #[test]
    fn ten_bits_are_told_and_other_formats_refused_by_name() {
        let ten = Pixels::new(WEnum::Value(Format::Xrgb2101010)).unwrap();
        assert_eq!(ten.alteration().unwrap(), "10 bit shown as 8 bit");
        assert_eq!(Pixels::new(WEnum::Value(Format::Xrgb8888)).unwrap().alteration(), None);
        let error = Pixels::new(WEnum::Value(Format::Nv12)).err().unwrap();
        assert!(error.kind == ErrorKind::Unsupported && error.message.contains("Nv12"), "{error}");
    }
}
