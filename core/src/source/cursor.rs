//! The cursor, where a source transmits it apart from its pixels.

use std::sync::Arc;

/// Capability of a source that knows the cursor apart from the picture.
pub trait CursorSource {
    /// Cursor as it is now.
    fn cursor(&self) -> Cursor;
}

/// The pointer over a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Column of the hotspot; it may lie outside of the picture.
    pub x: i32,
    /// Row of the hotspot.
    pub y: i32,
    /// What it looks like; `None` if it is hidden.
    pub shape: Option<Arc<CursorShape>>,
}

/// Where the pointer is, and how often it had moved then: of two that travel apart, the later is the one with more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// Where, and what it looks like.
    pub cursor: Cursor,
    /// Counts moves of this run.
    pub moves: u32,
}

/// What the pointer looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorShape {
    /// Differs for every shape a source has shown, so that each is sent once.
    pub serial: u32,
    /// Pixels in a row, at most [`CURSOR_SIDE_MAX`].
    pub width: u16,
    /// Rows, at most [`CURSOR_SIDE_MAX`].
    pub height: u16,
    /// Column of the pixel that points.
    pub hot_x: u16,
    /// Row of the pixel that points.
    pub hot_y: u16,
    /// `width * height` pixels: red, green, blue, alpha, not premultiplied.
    pub rgba: Vec<u8>,
}

/// Longest side of a pointer in pixels. Desktops with large pointers use 256; more is not a pointer.
pub const CURSOR_SIDE_MAX: u16 = 512;
