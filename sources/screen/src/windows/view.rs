//! Where the pixels of a picture are.

use super::window_id::WindowId;

/// Place from which a picture is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct View {
    /// The window; `None` is the whole screen.
    pub(super) window: Option<WindowId>,
    /// Column of the picture's left edge there.
    pub(super) x: i32,
    /// Row of its top edge.
    pub(super) y: i32,
}
