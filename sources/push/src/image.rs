//! An image that a program pushes: what its bytes mean, and the checks that it has to pass.

use std::borrow::Cow;

use lanstream_core::planar::{Chroma, Depth, Matrix, Planar, Range};
use lanstream_core::{Layout, PixelFormat, Pts, Region, SIDE_MAX, Size};

/// Format of an image's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Each pixel as red, green, blue, unused: a byte each. What stands for alpha is ignored.
    Rgbx8,
    /// Each pixel as blue, green, red, unused: a byte each. What stands for alpha is ignored.
    Bgrx8,
    /// Each pixel as red, green, blue: a byte each.
    Rgb8,
    /// Each pixel as blue, green, red: a byte each.
    Bgr8,
    /// Each pixel as a byte of grey.
    Gray8,
    /// Each pixel as two bytes of grey, the lower first. It is shown as 8 bit, and viewers are told.
    Gray16,
    /// One block of planes, one after the other, rows without gaps, as video decoders hand out. Viewers receive it
    /// unconverted.
    Planar(Planar),
}

impl Format {
    /// Three planes of eight bits, each sample of chroma for two by two pixels, as in video of high definition:
    /// ITU-R BT.709, limited range.
    pub const I420: Self = Self::Planar(video(Chroma::C420));
    /// A plane of luma and one of chroma, otherwise as [`I420`](Self::I420).
    pub const NV12: Self = Self::Planar(video(Chroma::Nv12));

    /// Bytes of a pixel, where each has its own.
    pub(crate) fn pixel_bytes(self) -> Option<usize> {
        match self {
            Self::Rgbx8 | Self::Bgrx8 => Some(4),
            Self::Rgb8 | Self::Bgr8 => Some(3),
            Self::Gray16 => Some(2),
            Self::Gray8 => Some(1),
            Self::Planar(_) => None,
        }
    }

    /// Returns the difference between what is shown and the image, for people.
    pub(crate) fn alteration(self) -> Option<&'static str> {
        match self {
            Self::Gray16 => Some("16 bit shown as 8 bit"),
            Self::Planar(Planar { depth: Depth::Ten, .. }) => Some("10 bit shown as 8 bit"),
            Self::Planar(Planar { depth: Depth::Twelve, .. }) => Some("12 bit shown as 8 bit"),
            _ => None,
        }
    }
}

const fn video(chroma: Chroma) -> Planar {
    Planar { chroma, depth: Depth::Eight, matrix: Matrix::Bt709, range: Range::Limited }
}

/// Format in which viewers receive grey.
const GREY: Planar =
    Planar { chroma: Chroma::Mono, depth: Depth::Eight, matrix: Matrix::Bt709, range: Range::Full };

/// An image to push: borrowed pixels are copied once, owned ones are not copied if their format and rows are those of a
/// frame.
///
/// ```
/// use lanstream_push::{Format, Image};
///
/// let pixels = [0; 640 * 480 * 3];
/// let borrowed = Image::new(Format::Rgb8, 640, 480, &pixels[..]);
/// let owned = Image::new(Format::Rgbx8, 640, 480, vec![0; 640 * 480 * 4]);
/// ```
#[derive(Clone, Debug)]
pub struct Image<'a> {
    pub(crate) format: Format,
    width: u32,
    height: u32,
    stride: Option<usize>,
    pub(crate) pixels: Cow<'a, [u8]>,
    pub(crate) damage: Option<Region>,
    pub(crate) pts: Option<Pts>,
}

/// Reason why an image was not pushed. Viewers keep what they see.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// The size is none that can be shown.
    #[error("an image of {width}x{height} pixels cannot be shown: each side is from 1 to {SIDE_MAX} pixels")]
    Size {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// Rows overlap.
    #[error("rows of {row} bytes do not fit into a stride of {stride} bytes")]
    Stride {
        /// Bytes of a row's pixels.
        row: usize,
        /// Bytes from one row to the next.
        stride: usize,
    },
    /// Planes have a stride.
    #[error("an image in planes is one block without gaps: leave its stride out")]
    PlanarStride,
    /// There are fewer or more bytes than the image has.
    #[error("an image of {width}x{height} pixels in {format:?} has {expected} bytes, not {actual}")]
    Length {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
        /// Format of the bytes.
        format: Format,
        /// Bytes that the image has, without the gap behind its last row.
        expected: usize,
        /// Bytes that there are.
        actual: usize,
    },
    /// The stream is over.
    #[error("the stream has stopped")]
    Stopped,
}

impl<'a> Image<'a> {
    /// Returns an image of `width` by `height` pixels, whose rows follow each other without gaps. All of it may have
    /// changed since the one before.
    pub fn new(format: Format, width: u32, height: u32, pixels: impl Into<Cow<'a, [u8]>>) -> Self {
        Self { format, width, height, stride: None, pixels: pixels.into(), damage: None, pts: None }
    }

    /// Sets the number of bytes from one row to the next.
    #[must_use]
    pub fn stride(mut self, bytes: usize) -> Self {
        self.stride = Some(bytes);
        self
    }

    /// Sets where, in pixels, borrowed pixels may differ from the image that was pushed before: only these are copied
    /// and compared. It may cover more than that, not less: what changes elsewhere is found within the next twelve
    /// pushes.
    ///
    /// It is ignored for owned pixels that become a frame as they are, for grey and for planes, and where the size or
    /// format differs from the image before: all is compared then.
    #[must_use]
    pub fn damage(mut self, region: Region) -> Self {
        self.damage = Some(region);
        self
    }

    /// Sets the presentation time, on a clock of the program's own. Frame sinks record it.
    #[must_use]
    pub fn pts(mut self, pts: Pts) -> Self {
        self.pts = Some(pts);
        self
    }

    /// Checks the image, and returns how its bytes lie.
    pub(crate) fn checked(&self) -> Result<Rows, PushError> {
        let (width, height) = (self.width, self.height);
        let size = Size::new(width, height).ok_or(PushError::Size { width, height })?;
        let layout = self.layout(size).ok_or(PushError::Size { width, height })?;
        let (row, count) = match (self.format.pixel_bytes(), self.format) {
            (Some(bytes), _) => (width as usize * bytes, height as usize),
            (None, Format::Planar(_)) if self.stride.is_some() => return Err(PushError::PlanarStride),
            (None, Format::Planar(planar)) => (planar.bytes(width as usize, height as usize), 1),
            (None, _) => return Err(PushError::Size { width, height }),
        };
        let stride = self.stride.unwrap_or(row);
        if stride < row {
            return Err(PushError::Stride { row, stride });
        }
        let length = |expected, format| {
            let actual = self.pixels.len();
            PushError::Length { width, height, format, expected, actual }
        };
        let all = stride.checked_mul(count).ok_or(PushError::Stride { row, stride })?;
        let expected = all - stride + row;
        if !(expected..=all).contains(&self.pixels.len()) {
            return Err(length(expected, self.format));
        }
        Ok(Rows { layout, row, stride, count })
    }

    /// Returns the layout of the frame that it becomes.
    fn layout(&self, size: Size) -> Option<Layout> {
        match self.format {
            Format::Rgbx8 | Format::Rgb8 | Format::Bgr8 => Some(Layout::packed(size, PixelFormat::Rgbx8)),
            Format::Bgrx8 => Some(Layout::packed(size, PixelFormat::Bgrx8)),
            Format::Gray8 | Format::Gray16 => Layout::planar(size, GREY),
            Format::Planar(planar) => Layout::planar(size, planar),
        }
    }
}

/// Rows of an image that was checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows {
    /// Layout of the frame that it becomes.
    pub(crate) layout: Layout,
    /// Bytes of a row's pixels; of all planes, which count as one row.
    pub(crate) row: usize,
    /// Bytes from one row to the next.
    pub(crate) stride: usize,
    /// Number of rows.
    pub(crate) count: usize,
}

impl Rows {
    /// Returns whether the bytes of the image are those of the frame, but for zeros at the end.
    pub(crate) fn are_frame(&self, format: Format) -> bool {
        let is_frame_format = !matches!(format, Format::Rgb8 | Format::Bgr8 | Format::Gray16);
        is_frame_format && (self.stride == self.row || self.count == 1)
    }

    /// Returns whether damage is in pixels that lie in the frame as they do in the image.
    pub(crate) fn are_pixels(&self) -> bool {
        !matches!(self.layout.format, PixelFormat::Planar(_))
    }

    /// Bytes of a pixel of the image, where [`are_pixels`](Self::are_pixels).
    pub(crate) fn pixel_bytes(&self) -> usize {
        self.row / (self.layout.size.width as usize).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(image: &Image<'_>) -> PushError {
        image.checked().unwrap_err()
    }

    #[test]
    fn what_is_wrong_with_an_image_is_said_with_its_numbers() {
        let image = |width, height, len| Image::new(Format::Rgb8, width, height, vec![0; len]);
        assert!(image(3, 2, 18).checked().is_ok());
        assert_eq!(error(&image(0, 2, 0)), PushError::Size { width: 0, height: 2 });
        assert_eq!(error(&image(1, SIDE_MAX + 1, 0)), PushError::Size { width: 1, height: SIDE_MAX + 1 });
        assert_eq!(error(&image(3, 2, 18).stride(8)), PushError::Stride { row: 9, stride: 8 });
        let length = error(&image(3, 2, 17));
        assert_eq!(length.to_string(), "an image of 3x2 pixels in Rgb8 has 18 bytes, not 17");
        assert_eq!(
            error(&image(3, 2, 18).stride(usize::MAX)),
            PushError::Stride { row: 9, stride: usize::MAX }
        );
        let planes = Image::new(Format::I420, 4, 2, vec![0; 12]);
        assert!(planes.checked().is_ok());
        assert_eq!(error(&planes.stride(4)), PushError::PlanarStride);
    }

    #[test]
    fn the_last_row_may_end_without_its_gap() {
        let image = |len| Image::new(Format::Gray8, 3, 2, vec![0; len]).stride(5);
        assert!(image(8).checked().is_ok() && image(10).checked().is_ok());
        assert!(image(7).checked().is_err() && image(11).checked().is_err());
    }
}
