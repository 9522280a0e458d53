//! Memory of frames that GDI copies pixels into.
#![allow(
    unsafe_code,
    reason = "GDI's objects are made and used by calls into the system, which share memory"
)]

use std::io::{Error, Result};
use std::ops::Range;
use std::ptr::{NonNull, null_mut};

use lanstream_core::{PIXEL_BYTES, PixelMemory, Size};
use windows_sys::Win32::Graphics::Gdi::{
    BI_RGB, BITMAPINFO, BITMAPINFOHEADER, BitBlt, CAPTUREBLT, CreateCompatibleDC, CreateDIBSection,
    DIB_RGB_COLORS, DeleteDC, DeleteObject, GdiFlush, GetDC, HBITMAP, HDC, HGDIOBJ, ReleaseDC, SRCCOPY,
    SelectObject,
};

use super::view::View;
use super::window_id::WindowId;

/// Bits of a pixel.
const PIXEL_BITS: u16 = 32;
/// Bytes of a header.
const HEADER_BYTES: u32 = 40;
const _: () = assert!(HEADER_BYTES as usize == size_of::<BITMAPINFOHEADER>());

/// A bitmap whose pixels are memory of this process: rows from the top down without gaps, each pixel blue, green, red
/// and a byte without meaning.
pub(super) struct Bitmap {
    handle: HBITMAP,
    pixels: NonNull<u8>,
    size: Size,
}

// SAFETY: a bitmap belongs to the process, not to a thread, and is used by its owner alone; its pixels are plain
// memory.
unsafe impl Send for Bitmap {}
// SAFETY: as for `Send`; what owners share is only read.
unsafe impl Sync for Bitmap {}

impl Bitmap {
    /// # Errors
    /// If the system has no memory, or no more handles for this process.
    pub(super) fn new(size: Size) -> Result<Self> {
        let info = info(size);
        let mut pixels = null_mut();
        // SAFETY: `info` describes a bitmap without a palette; `pixels` receives the address of its memory.
        let handle = unsafe {
            CreateDIBSection(null_mut(), &raw const info, DIB_RGB_COLORS, &raw mut pixels, null_mut(), 0)
        };
        let pixels = NonNull::new(pixels.cast()).filter(|_| !handle.is_null());
        pixels.map(|pixels| Self { handle, pixels, size }).ok_or_else(Error::last_os_error)
    }

    /// Copies what `view` shows, all of it at one time.
    ///
    /// # Errors
    /// If the system refuses it, as while the session is locked, or the window has gone.
    pub(super) fn copy(&mut self, view: View) -> Result<()> {
        let [width, height] = [self.size.width, self.size.height].map(u32::cast_signed);
        let from = WindowContext::new(view.window)?;
        let to = MemoryContext::new(&from, self)?;
        // Layered windows are part of the screen, and not part of other windows.
        let operation = if view.window.is_none() { SRCCOPY | CAPTUREBLT } else { SRCCOPY };
        // SAFETY: both contexts are open, and the bitmap that the first one draws into is as large as what is copied.
        let copied =
            unsafe { BitBlt(to.handle, 0, 0, width, height, from.handle, view.x, view.y, operation) };
        let copied = if copied == 0 { Err(Error::last_os_error()) } else { Ok(()) };
        // What is drawn may wait in the system until then.
        // SAFETY: it has the thread's drawing finished, and touches no memory of Rust's.
        unsafe { GdiFlush() };
        copied
    }
}

impl PixelMemory for Bitmap {
    fn byte_len(&self) -> usize {
        self.size.area() * PIXEL_BYTES
    }

    fn bytes(&self, range: Range<usize>) -> &[u8] {
        // SAFETY: the bitmap's memory has so many bytes, which were zeroes at first, and lives as long as it; nothing
        // draws into it but `copy`, which has the bitmap to itself.
        let all = unsafe { std::slice::from_raw_parts(self.pixels.as_ptr(), self.byte_len()) };
        &all[range]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as for `bytes`; the reference is the only one.
        unsafe { std::slice::from_raw_parts_mut(self.pixels.as_ptr(), self.byte_len()) }
    }
}

impl Drop for Bitmap {
    fn drop(&mut self) {
        // SAFETY: the handle is of this bitmap, which no context has now, and is not used again.
        unsafe { DeleteObject(self.handle) };
    }
}

/// Returns what a bitmap of this size is to GDI.
pub(super) fn info(size: Size) -> BITMAPINFO {
    let header = BITMAPINFOHEADER {
        biSize: HEADER_BYTES,
        biWidth: size.width.cast_signed(),
        // A negative height has the first row at the top.
        biHeight: -size.height.cast_signed(),
        biPlanes: 1,
        biBitCount: PIXEL_BITS,
        biCompression: BI_RGB,
        ..BITMAPINFOHEADER::default()
    };
    BITMAPINFO { bmiHeader: header, ..BITMAPINFO::default() }
}

/// Right to copy from the screen or from a window's inside.
pub(super) struct WindowContext {
    window: Option<WindowId>,
    pub(super) handle: HDC,
}

impl WindowContext {
    /// `None` is the whole screen.
    pub(super) fn new(window: Option<WindowId>) -> Result<Self> {
        let handle = window.map_or(null_mut(), WindowId::handle);
        // SAFETY: the system takes any number for a window, and refuses those that are none.
        let handle = unsafe { GetDC(handle) };
        if handle.is_null() { Err(Error::last_os_error()) } else { Ok(Self { window, handle }) }
    }
}

impl Drop for WindowContext {
    fn drop(&mut self) {
        let window = self.window.map_or(null_mut(), WindowId::handle);
        // SAFETY: the context was got for this window on this thread, which it never leaves, and is not used again.
        unsafe { ReleaseDC(window, self.handle) };
    }
}

/// A context that draws into a bitmap.
struct MemoryContext<'a> {
    handle: HDC,
    /// The bitmap that it had at first, and gets back.
    own: HGDIOBJ,
    _bitmap: &'a mut Bitmap,
}

impl<'a> MemoryContext<'a> {
    fn new(like: &WindowContext, bitmap: &'a mut Bitmap) -> Result<Self> {
        // SAFETY: the context is open.
        let handle = unsafe { CreateCompatibleDC(like.handle) };
        if handle.is_null() {
            return Err(Error::last_os_error());
        }
        // SAFETY: the context and the bitmap exist, and no other context has the bitmap.
        let own = unsafe { SelectObject(handle, bitmap.handle) };
        // Dropped at once if it got no bitmap.
        let context = Self { handle, own, _bitmap: bitmap };
        if context.own.is_null() { Err(Error::last_os_error()) } else { Ok(context) }
    }
}

impl Drop for MemoryContext<'_> {
    fn drop(&mut self) {
        if !self.own.is_null() {
            // SAFETY: it gets back the bitmap that it had at first.
            unsafe { SelectObject(self.handle, self.own) };
        }
        // SAFETY: the context was made on this thread, which it never leaves, and is not used again.
        unsafe { DeleteDC(self.handle) };
    }
}
