//! The inside of a window, as Windows tells its size: whether there are pixels in it, and a frame can hold them.

use lanstream_core::Size;
use lanstream_core::source::{Error, ErrorKind};

/// Returns the size of an inside of so many columns and rows as that of a frame. Returns `None` while it has no pixels,
/// as that of a window that is minimised, or of which nothing but the title bar is left.
///
/// # Errors
/// [`ErrorKind::Unsupported`] if no frame can hold it.
pub(crate) fn size((width, height): (u32, u32)) -> Result<Option<Size>, Error> {
    if width.min(height) == 0 {
        return Ok(None);
    }
    let too_large = || {
        Error::new(ErrorKind::Unsupported, format!("a window of {width}x{height} is too large to capture"))
    };
    Size::new(width, height).map(Some).ok_or_else(too_large)
}

#[cfg(test)]
mod tests {
    use lanstream_core::SIDE_MAX;

    use super::*;

    #[test]
    fn an_inside_without_pixels_is_no_fault() {
        assert_eq!(size((800, 600)), Ok(Size::new(800, 600)));
        for nothing in [(0, 0), (800, 0), (0, 600), (SIDE_MAX + 1, 0)] {
            assert_eq!(size(nothing), Ok(None), "{nothing:?}");
        }
    }

    #[test]
    fn an_inside_that_is_too_large_is_refused() {
        assert_eq!(size((SIDE_MAX, SIDE_MAX)), Ok(Size::new(SIDE_MAX, SIDE_MAX)));
        for too_large in [(SIDE_MAX + 1, 1), (1, SIDE_MAX + 1)] {
            assert_eq!(size(too_large).unwrap_err().kind, ErrorKind::Unsupported, "{too_large:?}");
        }
    }
}
