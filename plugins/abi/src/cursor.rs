//! Extension of sources whose cursor is apart from their pixels. It came with minor version 2.

use core::ffi::c_void;

use crate::Error;

/// Id of the extension: [`CursorSource`].
pub const CURSOR_ID: &str = "lanstream.cursor/1";
/// Longest side of a shape in pixels.
pub const CURSOR_SIDE_MAX: u32 = 512;
/// Columns or rows that a cursor may be away from the first pixel of the picture: twice what a desktop of X11 can have.
pub const CURSOR_OFFSET_MAX: u32 = 65_536;

/// Bits of a cursor.
pub mod cursor_flag {
    /// It has a shape: without this bit, its place alone means something.
    pub const VISIBLE: u32 = 1;
}

/// The cursor of a source.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Cursor {
    /// Size of this table.
    pub struct_size: u32,
    /// Bits of [`cursor_flag`].
    pub flags: u32,
    /// Column that it points at.
    pub x: i32,
    /// Row that it points at.
    pub y: i32,
    /// Number of the shape, another one for each.
    pub serial: u32,
    /// Pixels in a row of the shape.
    pub width: u32,
    /// Rows of the shape.
    pub height: u32,
    /// Column of the shape that points.
    pub hot_x: u32,
    /// Row of the shape that points.
    pub hot_y: u32,
    /// 0.
    pub reserved: u32,
    /// Red, green, blue and alpha of each pixel, not premultiplied. They stay until the next function of the instance
    /// is called.
    pub pixels: *const u8,
    /// Their number of bytes.
    pub pixels_len: u64,
}

/// Extension of a source: how it tells of its cursor.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CursorSource {
    /// Size of this table.
    pub struct_size: u32,
    /// 0.
    pub reserved: u32,
    /// Says where the cursor is and what it looks like.
    pub cursor:
        Option<unsafe extern "C" fn(instance: *mut c_void, cursor: *mut Cursor, error: *mut Error) -> i32>,
}

impl Cursor {
    /// A hidden cursor at the first pixel.
    pub const HIDDEN: Self = Self {
        struct_size: crate::struct_size::<Self>(),
        flags: 0,
        x: 0,
        y: 0,
        serial: 0,
        width: 0,
        height: 0,
        hot_x: 0,
        hot_y: 0,
        reserved: 0,
        pixels: core::ptr::null(),
        pixels_len: 0,
    };
}
