//! Extension of a source that has a cursor apart from its pixels.
#![allow(unsafe_code, reason = "pointers that the host passes are read and written")]

use std::ffi::c_void;
use std::sync::PoisonError;

use lanstream_core::source::{Cursor, CursorSource};
use lanstream_plugin_abi as abi;

use crate::instance::{Instance, guarded};

/// Table of the extension.
pub(crate) static TABLE: abi::CursorSource = abi::CursorSource {
    struct_size: abi::struct_size::<abi::CursorSource>(),
    reserved: 0,
    cursor: Some(cursor),
};

/// `cursor` of [`abi::CursorSource`]. The instance keeps the shape, so that its pixels stay until it is asked again.
unsafe extern "C" fn cursor(instance: *mut c_void, told: *mut abi::Cursor, error: *mut abi::Error) -> i32 {
    // SAFETY: the host passes valid pointers.
    let (instance, told, error) = unsafe { (&*instance.cast::<Instance>(), &mut *told, &mut *error) };
    guarded(error, || {
        let source = instance.source.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Cursor { x, y, shape }) = source.cursor().map(CursorSource::cursor) else { return Ok(()) };
        (told.x, told.y) = (x, y);
        let mut kept = instance.shape.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = shape;
        if let Some(shape) = &*kept {
            told.flags = abi::cursor_flag::VISIBLE;
            told.serial = shape.serial;
            (told.width, told.height) = (shape.width.into(), shape.height.into());
            (told.hot_x, told.hot_y) = (shape.hot_x.into(), shape.hot_y.into());
            told.pixels = shape.rgba.as_ptr();
            told.pixels_len = shape.rgba.len() as u64;
        }
        Ok(())
    })
}
