//! Properties of a decoded frame, in FFmpeg's words.

use lanstream_core::Size;

use crate::pixel::Pixels;
use crate::stream::Shape;

/// Properties of a decoded frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FrameInfo {
    /// FFmpeg's name of its pixel format.
    pub(crate) format: String,
    /// `None` means that they are not reported yet.
    pub(crate) colours: Option<Colours>,
    /// Size of the frame, if it is reported with it.
    pub(crate) size: Option<Size>,
    /// Whether its rows are of two moments.
    pub(crate) is_interlaced: bool,
}

/// What its colours mean. A word that is empty or `unknown` says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Colours {
    pub(crate) range: String,
    pub(crate) matrix: String,
    pub(crate) primaries: String,
    pub(crate) transfer: String,
}

impl FrameInfo {
    /// The shape of it, of a stream of `size`.
    ///
    /// # Errors
    /// The name of a format that is not known here.
    pub(crate) fn shape(&self, size: Size) -> Result<Shape, &str> {
        let size = self.size.unwrap_or(size);
        let range = self.colours.as_ref().map_or("", |colours| &colours.range);
        let pixels =
            Pixels::reported(&self.format, range, self.matrix(), size).ok_or(self.format.as_str())?;
        Ok(Shape { size, pixels })
    }

    /// Returns whether its colours are reported.
    pub(crate) fn is_whole(&self) -> bool {
        self.colours.is_some()
    }

    /// FFmpeg's name of its matrix.
    pub(crate) fn matrix(&self) -> &str {
        self.colours.as_ref().map_or("", |colours| &colours.matrix)
    }

    /// FFmpeg's name of what its red, green and blue are.
    pub(crate) fn primaries(&self) -> &str {
        self.colours.as_ref().map_or("", |colours| &colours.primaries)
    }

    /// FFmpeg's name of how light becomes numbers.
    pub(crate) fn transfer(&self) -> &str {
        self.colours.as_ref().map_or("", |colours| &colours.transfer)
    }
}
