//! What a compositor says of a request for a picture, whatever the protocol.

use lanstream_core::Orientation;
use wayland_client::WEnum;
use wayland_client::protocol::wl_shm::Format;

use super::view::Constraints;

/// What the compositor says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A buffer must be like this.
    Constraints(Constraints),
    /// A buffer must have so many pixels in a row, and so many rows.
    Size(u32, u32),
    /// A buffer may be of this format.
    Format(WEnum<Format>),
    /// All constraints were told: a buffer can be sent.
    Offered,
    /// The picture is turned like this.
    Transformed(Orientation),
    /// The rows come from the bottom up.
    Inverted,
    /// Column, row, width and height of what has changed since the last answer that told of changes.
    Damaged(u32, u32, u32, u32),
    /// The picture is in the buffer.
    Ready,
    /// There is none.
    Failed,
}
