//! A frame of scap as rows of four-byte pixels.

use lanstream_plugin::core::{Layout, PixelFormat, Size};
use scap::frame::Frame;

/// A captured picture.
pub(crate) struct Picture {
    /// Rows follow each other without gaps.
    pub(crate) layout: Layout,
    pub(crate) pixels: Vec<u8>,
}

/// Reason why a frame cannot be shown.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FrameError(pub(crate) &'static str);

impl Picture {
    /// Reads a frame. scap does not tell how far rows are apart, so they are taken to follow each other without gaps.
    pub(crate) fn read(frame: Frame) -> Result<Self, FrameError> {
        match frame {
            Frame::RGBx(frame) => packed(frame.width, frame.height, frame.data, PixelFormat::Rgbx8),
            Frame::BGRx(frame) => packed(frame.width, frame.height, frame.data, PixelFormat::Bgrx8),
            Frame::BGRA(frame) => packed(frame.width, frame.height, frame.data, PixelFormat::Bgrx8),
            Frame::XBGR(frame) => {
                let pixels = frame.data.as_chunks::<4>().0.iter().flat_map(|[_, b, g, r]| [*r, *g, *b, 255]);
                packed(frame.width, frame.height, pixels.collect(), PixelFormat::Rgbx8)
            }
            Frame::RGB(frame) => packed(frame.width, frame.height, widened(&frame.data), PixelFormat::Rgbx8),
            Frame::BGR0(frame) => packed(frame.width, frame.height, widened(&frame.data), PixelFormat::Bgrx8),
            Frame::YUVFrame(_) => Err(FrameError("scap brought a YUV frame, which it was not asked for")),
        }
    }
}

/// Adds a fourth byte to pixels of three.
fn widened(data: &[u8]) -> Vec<u8> {
    data.as_chunks::<3>().0.iter().flat_map(|[a, b, c]| [*a, *b, *c, 255]).collect()
}

fn packed(width: i32, height: i32, pixels: Vec<u8>, format: PixelFormat) -> Result<Picture, FrameError> {
    let side = |side: i32| u32::try_from(side).ok();
    let size = side(width).zip(side(height)).and_then(|(width, height)| Size::new(width, height));
    let layout = Layout::packed(size.ok_or(FrameError("scap brought a frame without a size"))?, format);
    if pixels.len() < layout.bytes() {
        return Err(FrameError("scap brought fewer pixels than the frame's size needs"));
    }
    Ok(Picture { layout, pixels })
}

#[cfg(test)]
mod tests {
    use scap::frame::{RGBFrame, XBGRFrame};

    use super::*;

    #[test]
    fn other_formats_become_four_bytes_a_pixel() {
        let frame =
            Frame::RGB(RGBFrame { display_time: 0, width: 2, height: 1, data: vec![1, 2, 3, 4, 5, 6] });
        assert_eq!(Picture::read(frame).map(|picture| picture.pixels), Ok(vec![1, 2, 3, 255, 4, 5, 6, 255]));
        let frame = Frame::XBGR(XBGRFrame { display_time: 0, width: 1, height: 1, data: vec![0, 3, 2, 1] });
        assert_eq!(Picture::read(frame).map(|picture| picture.pixels), Ok(vec![1, 2, 3, 255]));
    }

    #[test]
    fn a_frame_that_is_too_short_is_refused() {
        let frame = Frame::RGB(RGBFrame { display_time: 0, width: 2, height: 2, data: vec![0; 6] });
        assert!(Picture::read(frame).is_err());
        let frame = Frame::RGB(RGBFrame { display_time: 0, width: 0, height: -1, data: vec![] });
        assert!(Picture::read(frame).is_err());
    }
}
