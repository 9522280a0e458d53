//! The pointer: where it is and what it looks like. The pixels that are copied are without it.
#![allow(
    unsafe_code,
    reason = "the pointer is asked about by calls into the system, and its picture is in bitmaps"
)]

use std::sync::Arc;

use lanstream_core::source::{CURSOR_SIDE_MAX, Cursor, CursorShape, CursorSource};
use lanstream_core::{PIXEL_BYTES, Size};
use windows_sys::Win32::Foundation::POINT;
use windows_sys::Win32::Graphics::Gdi::{
    BITMAP, DIB_RGB_COLORS, DeleteObject, GetDIBits, GetObjectW, HBITMAP,
};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    CURSOR_SHOWING, CURSORINFO, GetCursorInfo, GetIconInfo, HCURSOR, ICONINFO,
};

use super::bitmap::{WindowContext, info};
use crate::{icon, shape_serial};

/// Bytes of what is asked about the pointer.
const INFO_BYTES: u32 = 24;
const _: () = assert!(INFO_BYTES as usize == size_of::<CURSORINFO>());
/// Bytes of what is asked about a bitmap.
const BITMAP_BYTES: i32 = 32;
const _: () = assert!(BITMAP_BYTES as usize == size_of::<BITMAP>());

/// Follows the pointer over a picture.
pub(super) struct Pointer {
    shown: Cursor,
    shape: Option<Arc<CursorShape>>,
    /// Number by which the system knows the shape.
    handle: usize,
}

impl Pointer {
    pub(super) fn new() -> Self {
        Self { shown: Cursor { x: 0, y: 0, shape: None }, shape: None, handle: 0 }
    }

    /// Looks where it is, for a picture of `size` that begins at `corner`. Returns whether it differs from before.
    pub(super) fn look(&mut self, corner: (i32, i32), size: Size) -> bool {
        let now = match now(self) {
            Some(POINT { x, y }) => {
                let (x, y) = (x.saturating_sub(corner.0), y.saturating_sub(corner.1));
                let inside = |at: i32, len: u32| u32::try_from(at).is_ok_and(|at| at < len);
                let is_over = inside(x, size.width) && inside(y, size.height);
                Cursor { x, y, shape: self.shape.clone().filter(|_| is_over) }
            }
            None => Cursor { shape: None, ..self.shown },
        };
        // One that is hidden may move as it likes.
        let differs = (now.shape.is_some() || self.shown.shape.is_some()) && self.shown != now;
        self.shown = now;
        differs
    }

    fn reshape(&mut self, cursor: HCURSOR) {
        if std::mem::replace(&mut self.handle, cursor.addr()) != cursor.addr() {
            self.shape = shape(cursor).map(Arc::new);
        }
    }
}

impl CursorSource for Pointer {
    fn cursor(&self) -> Cursor {
        self.shown.clone()
    }
}

/// Returns where the pointer is, and learns its shape. Returns `None` where it is hidden, or of another session.
fn now(pointer: &mut Pointer) -> Option<POINT> {
    let mut info = CURSORINFO { cbSize: INFO_BYTES, ..CURSORINFO::default() };
    // SAFETY: it writes the structure alone, whose size is in it.
    let is_known = unsafe { GetCursorInfo(&raw mut info) } != 0;
    if !is_known || info.flags & CURSOR_SHOWING == 0 {
        return None;
    }
    pointer.reshape(info.hCursor);
    Some(info.ptScreenPos)
}

/// Bitmaps of a pointer, which are the asker's to delete.
struct Bitmaps(ICONINFO);

impl Bitmaps {
    /// Returns `None` if the pointer has gone meanwhile.
    fn of(cursor: HCURSOR) -> Option<Self> {
        let mut info = ICONINFO::default();
        // SAFETY: the system takes any number for a pointer, and writes the structure alone.
        (unsafe { GetIconInfo(cursor, &raw mut info) } != 0).then_some(Self(info))
    }
}

impl Drop for Bitmaps {
    fn drop(&mut self) {
        for bitmap in [self.0.hbmMask, self.0.hbmColor] {
            if !bitmap.is_null() {
                // SAFETY: the bitmap was made for this answer, and is not used again.
                unsafe { DeleteObject(bitmap) };
            }
        }
    }
}

/// Returns `None` for what is no pointer's picture.
fn shape(cursor: HCURSOR) -> Option<CursorShape> {
    let bitmaps = Bitmaps::of(cursor)?;
    let info = &bitmaps.0;
    let (size, mask) = pixels(info.hbmMask)?;
    let (size, rgba) = if info.hbmColor.is_null() {
        (Size::new(size.width, size.height / 2)?, icon::monochrome(&mask))
    } else {
        let (size, colours) = pixels(info.hbmColor)?;
        (size, icon::coloured(&colours, &mask))
    };
    let side = |side: u32| u16::try_from(side).ok().filter(|side| *side <= CURSOR_SIDE_MAX);
    let hot = |at: u32, side: u16| u16::try_from(at).unwrap_or(0).min(side - 1);
    let (width, height) = (side(size.width)?, side(size.height)?);
    let is_whole = rgba.len() == size.area() * PIXEL_BYTES;
    is_whole.then(|| CursorShape {
        serial: shape_serial::next(),
        width,
        height,
        hot_x: hot(info.xHotspot, width),
        hot_y: hot(info.yHotspot, height),
        rgba,
    })
}

/// Returns the size of a bitmap, and its pixels as a frame has them, from the top down.
fn pixels(bitmap: HBITMAP) -> Option<(Size, Vec<u8>)> {
    let mut facts = BITMAP::default();
    let start: *mut BITMAP = &raw mut facts;
    // SAFETY: it writes no more bytes than it is told that there are.
    if unsafe { GetObjectW(bitmap, BITMAP_BYTES, start.cast()) } == 0 {
        return None;
    }
    let [width, height] = [facts.bmWidth, facts.bmHeight].map(|side| side.max(0).cast_unsigned());
    // Two masks lie one over the other.
    let is_pointer = |side: u32| side <= 2 * u32::from(CURSOR_SIDE_MAX);
    let size = Size::new(width, height).filter(|size| is_pointer(size.width) && is_pointer(size.height))?;
    let mut pixels = vec![0; size.area() * PIXEL_BYTES];
    let mut info = info(size);
    let screen = WindowContext::new(None).ok()?;
    // SAFETY: there is room for `height` rows of `width` pixels in the format that `info` asks for.
    let rows = unsafe {
        GetDIBits(screen.handle, bitmap, 0, height, pixels.as_mut_ptr().cast(), &raw mut info, DIB_RGB_COLORS)
    };
    (rows == facts.bmHeight).then_some((size, pixels))
}
