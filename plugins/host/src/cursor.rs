//! The cursor of an open source, in the process that loaded its plugin: asks for it, and checks what is said of it.
#![allow(unsafe_code, reason = "functions of a plugin are called, and its pixels read through their pointer")]

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use lanstream_core::PIXEL_BYTES;
use lanstream_core::source::{Cursor, CursorShape, CursorSource, Error};
use lanstream_plugin_abi as abi;

use crate::check::{self, Broken};
use crate::open::{result, rule};

/// `cursor` of the extension's table.
type Ask = unsafe extern "C" fn(*mut c_void, *mut abi::Cursor, *mut abi::Error) -> i32;

/// Extension of a source that has a cursor.
pub(crate) struct CursorExtension {
    ask: Ask,
    /// Number that the plugin gave the last shape, and the shape.
    last: Option<(u32, Arc<CursorShape>)>,
}

/// Cursor of a source as it was told last.
#[derive(Clone, Debug)]
pub(crate) struct KnownCursor(pub(crate) Cursor);

impl CursorSource for KnownCursor {
    fn cursor(&self) -> Cursor {
        self.0.clone()
    }
}

impl CursorExtension {
    /// Reads the table of the extension; `None` if there is none.
    ///
    /// # Safety
    /// `table` is null, or what a plugin returned for [`abi::CURSOR_ID`].
    pub(crate) unsafe fn read(table: *const c_void) -> Result<Option<Self>, Broken> {
        // SAFETY: the caller's promise.
        let table = unsafe { check::extension::<abi::CursorSource>(table, "ls_cursor_source")? };
        let Some(table) = table else { return Ok(None) };
        let ask = table.cursor.ok_or("the function cursor of its table ls_cursor_source is null")?;
        Ok(Some(Self { ask, last: None }))
    }

    /// Asks an instance of the source where its cursor is.
    ///
    /// # Safety
    /// `instance` is open, and of the source that has the extension.
    pub(crate) unsafe fn ask(&mut self, instance: *mut c_void) -> Result<Cursor, Error> {
        // SAFETY: the caller's promise.
        let (status, told, error) = unsafe { self.call(instance) };
        result(status, &error)?;
        // SAFETY: nothing was called since.
        unsafe { self.check(&told) }.map_err(rule)
    }

    /// Calls the function, and returns its result unchecked.
    ///
    /// # Safety
    /// As for [`ask`](Self::ask).
    pub(crate) unsafe fn call(&self, instance: *mut c_void) -> (i32, abi::Cursor, abi::Error) {
        let (mut told, mut error) = (abi::Cursor::HIDDEN, abi::Error::NONE);
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { (self.ask)(instance, &raw mut told, &raw mut error) };
        (status, told, error)
    }

    /// Returns the cursor that a plugin told of.
    ///
    /// # Safety
    /// No function of the instance was called since.
    pub(crate) unsafe fn check(&mut self, told: &abi::Cursor) -> Result<Cursor, Broken> {
        check_place(told.x, told.y)?;
        let abi::Cursor { x, y, .. } = *told;
        if told.flags & abi::cursor_flag::VISIBLE == 0 {
            return Ok(Cursor { x, y, shape: None });
        }
        // SAFETY: the caller's promise.
        let shape = unsafe { self.shape(told)? };
        Ok(Cursor { x, y, shape: Some(shape) })
    }

    /// # Safety
    /// As for [`check`](Self::check).
    unsafe fn shape(&mut self, told: &abi::Cursor) -> Result<Arc<CursorShape>, Broken> {
        let size = ShapeSize::new(told.width, told.height, told.hot_x, told.hot_y)?;
        if let Some((_, last)) = self.last.as_ref().filter(|(serial, _)| *serial == told.serial) {
            if size != ShapeSize::of(last) {
                return Err(format!("the shape of its cursor changed, and not its serial {}", told.serial));
            }
            return Ok(Arc::clone(last));
        }
        // SAFETY: the caller's promise.
        let shape = size.shape(unsafe { pixels(told, size)? });
        self.last = Some((told.serial, Arc::clone(&shape)));
        Ok(shape)
    }
}

/// Reads the pixels of a shape.
///
/// # Safety
/// They are null or as many as they are said to be, and stay meanwhile.
pub(crate) unsafe fn pixels(told: &abi::Cursor, size: ShapeSize) -> Result<Vec<u8>, Broken> {
    let bytes = size.bytes();
    if told.pixels_len != bytes as u64 {
        let ShapeSize { width, height, .. } = size;
        let len = told.pixels_len;
        return Err(format!("its cursor of {width}x{height} pixels has {len} bytes, and needs {bytes}"));
    }
    // SAFETY: the caller's promise.
    let pixels = unsafe { check::list(told.pixels, told.pixels_len, bytes, "bytes of a cursor")? };
    Ok(pixels.to_vec())
}

/// Returns an error if a cursor is nowhere near the picture.
pub(crate) fn check_place(x: i32, y: i32) -> Result<(), Broken> {
    let max = abi::CURSOR_OFFSET_MAX;
    if x.unsigned_abs() > max || y.unsigned_abs() > max {
        return Err(format!("its cursor at {x},{y} is more than {max} pixels away from the picture's first"));
    }
    Ok(())
}

/// Size of a cursor's shape, and the pixel of it that points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShapeSize {
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) hot_x: u16,
    pub(crate) hot_y: u16,
}

impl ShapeSize {
    /// Returns the size that a plugin says.
    pub(crate) fn new(width: u32, height: u32, hot_x: u32, hot_y: u32) -> Result<Self, Broken> {
        let side = |side| u16::try_from(side).ok().filter(|_| (1..=abi::CURSOR_SIDE_MAX).contains(&side));
        let (Some(own_width), Some(own_height)) = (side(width), side(height)) else {
            let max = abi::CURSOR_SIDE_MAX;
            return Err(format!(
                "its cursor of {width}x{height} pixels has not from 1 to {max} in each direction"
            ));
        };
        let inside = |hot, side| u16::try_from(hot).ok().filter(|hot| *hot < side);
        let (Some(hot_x), Some(hot_y)) = (inside(hot_x, own_width), inside(hot_y, own_height)) else {
            return Err(format!(
                "its cursor of {width}x{height} pixels points with the one at {hot_x},{hot_y}, which is outside of it"
            ));
        };
        Ok(Self { width: own_width, height: own_height, hot_x, hot_y })
    }

    pub(crate) fn of(shape: &CursorShape) -> Self {
        let CursorShape { width, height, hot_x, hot_y, .. } = *shape;
        Self { width, height, hot_x, hot_y }
    }

    /// Number of bytes of the pixels.
    pub(crate) fn bytes(self) -> usize {
        usize::from(self.width) * usize::from(self.height) * PIXEL_BYTES
    }

    /// Returns the shape with these pixels. Its serial is one that no other shape of this process has: those of a
    /// plugin begin again with its process, while viewers remember what they were sent.
    pub(crate) fn shape(self, rgba: Vec<u8>) -> Arc<CursorShape> {
        /// 0 is no shape.
        static NEXT: AtomicU32 = AtomicU32::new(1);
        // Nothing else depends on the order.
        let serial = NEXT.fetch_add(1, Ordering::Relaxed);
        let Self { width, height, hot_x, hot_y } = self;
        Arc::new(CursorShape { serial, width, height, hot_x, hot_y, rgba })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_as_large_as_they_may_be_and_point_with_a_pixel_of_their_own() {
        let new = |width, height, hot_x, hot_y| ShapeSize::new(width, height, hot_x, hot_y).is_ok();
        assert!(new(1, 1, 0, 0) && new(512, 512, 511, 511) && new(3, 9, 2, 8));
        assert!(!new(0, 1, 0, 0) && !new(1, 0, 0, 0) && !new(513, 1, 0, 0) && !new(1, 65_536 + 1, 0, 0));
        assert!(!new(3, 9, 3, 0) && !new(3, 9, 0, 9) && !new(3, 9, 65_536, 0) && !new(3, 9, u32::MAX, 0));
    }

    #[test]
    fn a_place_is_near_the_picture() {
        assert!(check_place(-65_536, 65_536).is_ok());
        for place in [65_537, -65_537, i32::MIN, i32::MAX] {
            assert!(check_place(place, 0).is_err() && check_place(0, place).is_err(), "{place}");
        }
    }

    #[test]
    fn each_shape_has_a_serial_of_its_own() {
        let size = ShapeSize::new(1, 1, 0, 0).unwrap();
        let [first, second] = [0, 0].map(|value| size.shape(vec![value; 4]).serial);
        assert!(first != second && first != 0 && second != 0);
    }
}
