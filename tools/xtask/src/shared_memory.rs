//! Memory shared with the X server. The only unsafe code here.
#![allow(unsafe_code, reason = "mapping memory has no safe form")]

use std::ffi::c_void;
use std::os::fd::OwnedFd;
use std::ptr::NonNull;

use rustix::fs::MemfdFlags;
use rustix::mm::{MapFlags, ProtFlags};

/// A mapping of an anonymous file, whose descriptor goes to the server.
pub(crate) struct SharedMemory {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: the mapping belongs to this value alone within the process and to no thread.
unsafe impl Send for SharedMemory {}

impl SharedMemory {
    /// Zeroed memory of `len` bytes, more than none.
    pub(crate) fn new(len: usize) -> rustix::io::Result<(Self, OwnedFd)> {
        let file = rustix::fs::memfd_create("glass", MemfdFlags::CLOEXEC)?;
        rustix::fs::ftruncate(&file, len as u64)?;
        let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
        // SAFETY: the kernel picks an address where nothing else is mapped.
        let start = unsafe { rustix::mm::mmap(std::ptr::null_mut(), len, protection, flags, &file, 0) }?;
        let start = NonNull::new(start.cast()).ok_or(rustix::io::Errno::NOMEM)?;
        Ok((Self { start, len }, file))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping is as long as `len` and lives as long as `self`. The server writes to it only between
        // `Screen::grab`'s request and its reply, while that holds the image mutably.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`; and `self` is borrowed mutably. The server reads it only within `Screen::put`.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        let start: *mut c_void = self.start.as_ptr().cast();
        // SAFETY: this is the whole mapping, and no slice of it outlives `self`.
        let _ = unsafe { rustix::mm::munmap(start, self.len) };
    }
}
