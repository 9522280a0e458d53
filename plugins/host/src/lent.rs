//! Pixels that a plugin lends instead of writing into the host's buffer.
#![allow(unsafe_code, reason = "pixels of a plugin are read and released")]

use std::ffi::c_void;
use std::ops::Range;

use lanstream_core::{Layout, PIXEL_BYTES, PixelMemory};
use lanstream_plugin_abi as abi;

use crate::check::Broken;

/// Pixels that a plugin lent, which are released when this is dropped.
pub(crate) struct Lent {
    pixels: *const u8,
    len: u64,
    stride: u64,
    owner: *mut c_void,
    release: Option<unsafe extern "C" fn(*mut c_void)>,
    may_be_kept: bool,
}

impl Lent {
    /// Returns the pixels that came with a captured frame, if any did.
    pub(crate) fn of(frame: &abi::Frame) -> Option<Self> {
        (frame.flags & abi::frame_flag::LENT != 0).then_some(Self {
            pixels: frame.lent,
            len: frame.lent_len,
            stride: frame.lent_stride,
            owner: frame.lent_owner,
            release: frame.lent_release,
            may_be_kept: frame.flags & abi::frame_flag::KEEP != 0,
        })
    }

    /// Copies all rows to where `layout` has them.
    pub(crate) fn copy_to(&self, bytes: &mut [u8], layout: Layout) -> Result<(), Broken> {
        let (len, stride) = self.extent(layout)?;
        let (row, rows) = extent_of(layout);
        // SAFETY: the plugin lends as many bytes as it says until they are released.
        let pixels = unsafe { std::slice::from_raw_parts(self.pixels, len) };
        for (to, from) in bytes.chunks_mut(layout.stride).zip(pixels.chunks(stride)).take(rows) {
            to[..row].copy_from_slice(&from[..row]);
        }
        Ok(())
    }

    /// Returns the pixels to be used after the call, or the same as before if the plugin does not allow that or they do
    /// not lie as `layout` says.
    pub(crate) fn keep(self, layout: Layout) -> Result<Kept, Self> {
        let lies_so = |(len, stride): (usize, usize)| stride == layout.stride && len >= layout.bytes();
        if self.may_be_kept && self.extent(layout).is_ok_and(lies_so) {
            Ok(Kept { lent: self, len: layout.bytes() })
        } else {
            Err(self)
        }
    }

    /// Returns the number of bytes and the stride.
    ///
    /// # Errors
    /// If they are too small for the layout.
    fn extent(&self, layout: Layout) -> Result<(usize, usize), Broken> {
        let (row, rows) = extent_of(layout);
        let fitting = || {
            let (len, stride) = (usize::try_from(self.len).ok()?, usize::try_from(self.stride).ok()?);
            let needed = stride.checked_mul(rows - 1)?.checked_add(row)?;
            (!self.pixels.is_null() && stride >= row && needed <= len).then_some((len, stride))
        };
        fitting().ok_or_else(|| {
            let (Self { len, stride, .. }, cells) = (self, layout.cells());
            format!(
                "the pixels it lent, {len} bytes with a stride of {stride}, are no frame of {cells} cells"
            )
        })
    }
}

/// Returns the bytes of a row without padding, and the number of rows.
fn extent_of(layout: Layout) -> (usize, usize) {
    let cells = layout.cells();
    (cells.width as usize * PIXEL_BYTES, cells.height as usize)
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: it is called once, with the owner that came with it.
            unsafe { release(self.owner) };
        }
    }
}

/// Lent pixels that the plugin allows to be used and released at any time, on any thread.
pub(crate) struct Kept {
    lent: Lent,
    /// Length of the frame in bytes, which the pixels have at least.
    len: usize,
}

// SAFETY: the plugin allows any thread to read the pixels and to release them (`LS_FRAME_KEEP`).
unsafe impl Send for Kept {}
// SAFETY: as above; the pixels stay as they are until they are released.
unsafe impl Sync for Kept {}

impl Kept {
    /// Returns all bytes of the frame.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the plugin lends at least `len` bytes, which stay as they are until this is dropped.
        unsafe { std::slice::from_raw_parts(self.lent.pixels, self.len) }
    }
}

/// Memory of a frame: the host's own, or the pixels that the plugin lent for it.
pub(crate) struct LendableMemory {
    own: Vec<u8>,
    kept: Option<Kept>,
    /// Whether `own` lacks what the plugin lent since it was written as a whole.
    is_outdated: bool,
}

impl LendableMemory {
    pub(crate) fn new(len: usize) -> Self {
        Self { own: vec![0; len], kept: None, is_outdated: false }
    }

    /// Returns whether a capture must write all of the memory, since part of it is older than the frame that it holds.
    pub(crate) fn is_outdated(&self) -> bool {
        self.is_outdated
    }

    /// Releases the pixels of the frame before, and returns the host's own memory.
    pub(crate) fn own_mut(&mut self) -> &mut [u8] {
        self.kept = None;
        &mut self.own
    }

    /// Takes the result of a capture: what the plugin lent, or what it wrote into [`own_mut`](Self::own_mut).
    pub(crate) fn captured(&mut self, lent: Option<Lent>, layout: Layout) -> Result<(), Broken> {
        self.kept = match lent.map(|lent| lent.keep(layout)) {
            Some(Ok(kept)) => Some(kept),
            Some(Err(lent)) => {
                lent.copy_to(&mut self.own, layout)?;
                None
            }
            None => None,
        };
        self.is_outdated = self.kept.is_some();
        Ok(())
    }
}

impl PixelMemory for LendableMemory {
    fn byte_len(&self) -> usize {
        self.own.len()
    }

    fn bytes(&self, range: Range<usize>) -> &[u8] {
        let bytes = self.kept.as_ref().map_or(&*self.own, Kept::bytes);
        &bytes[range]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        if let Some(kept) = self.kept.take() {
            self.own.copy_from_slice(kept.bytes());
            self.is_outdated = false;
        }
        &mut self.own
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use lanstream_core::{PixelFormat, Size};

    use super::*;

    const LAYOUT: Layout =
        Layout { size: Size { width: 2, height: 2 }, stride: 8, format: PixelFormat::Rgbx8 };

    /// Pixels of one value, which count how often they are released.
    struct Loan {
        pixels: [u8; 16],
        released: AtomicUsize,
    }

    impl Loan {
        fn new(value: u8) -> Self {
            Self { pixels: [value; 16], released: AtomicUsize::new(0) }
        }

        fn lend(&self, may_be_kept: bool) -> Lent {
            let owner = (&raw const self.released).cast_mut().cast();
            let (len, stride) = (self.pixels.len() as u64, 8);
            Lent { pixels: self.pixels.as_ptr(), len, stride, owner, release: Some(release), may_be_kept }
        }

        fn released(&self) -> usize {
            self.released.load(Ordering::SeqCst)
        }
    }

    unsafe extern "C" fn release(owner: *mut c_void) {
        // SAFETY: the owner is the counter of a loan, which outlives what was lent.
        let released = unsafe { &*owner.cast::<AtomicUsize>() };
        released.fetch_add(1, Ordering::SeqCst);
    }

    #[test]
    fn kept_pixels_are_the_frame_until_the_next_capture() {
        let (loan, mut memory) = (Loan::new(7), LendableMemory::new(16));
        memory.captured(Some(loan.lend(true)), LAYOUT).unwrap();
        assert_eq!((memory.bytes(0..16).as_ptr(), loan.released()), (loan.pixels.as_ptr(), 0), "no copy");
        assert!(memory.is_outdated(), "the next capture writes all");
        memory.own_mut().fill(8);
        assert_eq!(loan.released(), 1);
        memory.captured(None, LAYOUT).unwrap();
        assert_eq!((memory.bytes(0..16), memory.is_outdated()), (&[8; 16][..], false));
    }

    #[test]
    fn a_failed_capture_after_lent_pixels_leaves_the_memory_outdated() {
        let (loan, mut memory) = (Loan::new(7), LendableMemory::new(16));
        memory.captured(Some(loan.lend(true)), LAYOUT).unwrap();
        memory.own_mut();
        assert!(memory.is_outdated());
    }

    #[test]
    fn pixels_that_may_not_be_kept_are_copied_and_released_at_once() {
        let (loan, mut memory) = (Loan::new(7), LendableMemory::new(16));
        memory.captured(Some(loan.lend(false)), LAYOUT).unwrap();
        assert_eq!((loan.released(), memory.bytes(0..16), memory.is_outdated()), (1, &[7; 16][..], false));
    }

    #[test]
    fn pixels_of_another_stride_are_copied() {
        let (loan, mut memory) = (Loan::new(7), LendableMemory::new(24));
        let wider = Layout { stride: 12, ..LAYOUT };
        memory.captured(Some(loan.lend(true)), wider).unwrap();
        assert_eq!((loan.released(), memory.bytes(12..20)), (1, &[7; 8][..]));
    }

    #[test]
    fn a_frame_that_outlives_its_source_releases_on_another_thread() {
        let (loan, mut memory) = (Loan::new(7), LendableMemory::new(16));
        memory.captured(Some(loan.lend(true)), LAYOUT).unwrap();
        std::thread::scope(|scope| scope.spawn(move || drop(memory)).join()).unwrap();
        assert_eq!(loan.released(), 1);
    }

    #[test]
    fn memory_that_is_written_by_others_takes_over_what_was_lent() {
        let (loan, mut memory) = (Loan::new(7), LendableMemory::new(16));
        memory.captured(Some(loan.lend(true)), LAYOUT).unwrap();
        assert_eq!((memory.bytes_mut(), loan.released()), (&mut [7; 16][..], 1));
        assert!(!memory.is_outdated());
    }
}
