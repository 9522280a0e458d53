//! What the output of a scripted compositor is like.

use wayland_server::protocol::wl_output::Transform;
use wayland_server::protocol::wl_shm::Format;

/// What an output is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputLook {
    /// Pixels of a row of its buffers.
    pub width: u32,
    /// Rows of its buffers.
    pub height: u32,
    /// How it is turned.
    pub transform: Transform,
    /// Format of its pixels.
    pub format: Format,
    /// Bytes of a pixel.
    pub pixel_bytes: u32,
    /// Bytes behind the pixels of a row.
    pub padding: u32,
    /// Its rows come from the bottom up.
    pub is_inverted: bool,
}

/// Column, row, width and height of a rectangle of an output's buffers.
pub type Place = (u32, u32, u32, u32);

impl OutputLook {
    /// An upright output in the usual format.
    pub fn usual(width: u32, height: u32) -> Self {
        let (transform, format) = (Transform::Normal, Format::Xrgb8888);
        Self { width, height, transform, format, pixel_bytes: 4, padding: 0, is_inverted: false }
    }

    /// Bytes from one row to the next.
    pub(super) fn stride(&self) -> u32 {
        self.width * self.pixel_bytes + self.padding
    }
}
