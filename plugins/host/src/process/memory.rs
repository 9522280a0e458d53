//! Memory of frames that two processes share: an anonymous file whose size is sealed, mapped in both.
//!
//! The only module of the process link with unsafe code: it maps the memory.
#![allow(unsafe_code, reason = "mapping shared memory")]

use std::ffi::c_void;
use std::io;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::{Arc, Weak};

use lanstream_core::PixelMemory;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fstat, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// Mapping of a shared file.
#[derive(Debug)]
pub(super) struct SharedMemory {
    start: NonNull<c_void>,
    len: usize,
    /// Number by which both processes know it.
    id: u64,
    /// Exists as long as the mapping.
    lifetime: Arc<()>,
}

// SAFETY: a mapping is plain memory, valid on every thread.
unsafe impl Send for SharedMemory {}
// SAFETY: it hands out shared slices by `&self` and exclusive ones by `&mut self`.
unsafe impl Sync for SharedMemory {}

impl SharedMemory {
    /// Makes memory of `len` zeroes, and the file to share it by.
    pub(super) fn create(id: u64, len: usize) -> io::Result<(Self, OwnedFd)> {
        let file = memfd_create(c"lanstream-frame", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        ftruncate(&file, len as u64)?;
        // So that no access beyond a shortened end can kill this process.
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        Ok((Self::map(id, &file, len)?, file))
    }

    /// Makes memory of `len` zeroes that no other process can write to, and the file to share it by.
    pub(super) fn create_for_readers(len: usize) -> io::Result<(Self, OwnedFd)> {
        let file = memfd_create(c"lanstream-frame", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        ftruncate(&file, len as u64)?;
        let memory = Self::map(0, &file, len)?;
        // The mapping that exists stays writable; no other can be.
        let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::FUTURE_WRITE | SealFlags::SEAL;
        fcntl_add_seals(&file, seals)?;
        Ok((memory, file))
    }

    /// Maps a file that the other process made.
    pub(super) fn open(id: u64, file: &OwnedFd, len: usize) -> io::Result<Self> {
        check_len(file, len)?;
        Self::map(id, file, len)
    }

    /// Returns a reference that tells whether the mapping still exists.
    pub(super) fn lifetime(&self) -> Weak<()> {
        Arc::downgrade(&self.lifetime)
    }

    fn map(id: u64, file: &impl AsFd, len: usize) -> io::Result<Self> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the kernel picks an address that nothing else uses; the file has `len` bytes and never shrinks.
        let start = unsafe { mmap(std::ptr::null_mut(), len, access, MapFlags::SHARED, file, 0)? };
        let start = NonNull::new(start).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, len, id, lifetime: Arc::new(()) })
    }
}

impl PixelMemory for SharedMemory {
    fn byte_len(&self) -> usize {
        self.len
    }

    fn bytes(&self, range: Range<usize>) -> &[u8] {
        // SAFETY: the mapping is `len` initialised bytes for as long as `self` lives. The other process writes only
        // while it captures into this frame, which nobody reads meanwhile; one that breaks this rule can change what is
        // shown, and no more: all that reads pixels treats them as numbers without meaning.
        let all = unsafe { std::slice::from_raw_parts(self.start.as_ptr().cast::<u8>(), self.len) };
        &all[range]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as for `bytes`; `&mut self` means that nobody else here uses it.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr().cast::<u8>(), self.len) }
    }

    fn id(&self) -> u64 {
        self.id
    }
}

/// Mapping of a file that another process writes to, for reading alone.
#[derive(Debug)]
pub(super) struct ReadOnlyMemory {
    start: NonNull<c_void>,
    len: usize,
}

// SAFETY: a mapping is plain memory, valid on every thread.
unsafe impl Send for ReadOnlyMemory {}

impl ReadOnlyMemory {
    /// Maps the first `len` bytes of a file.
    pub(super) fn open(file: &OwnedFd, len: usize) -> io::Result<Self> {
        check_len(file, len)?;
        // SAFETY: the kernel picks an address that nothing else uses; the file has `len` bytes and never shrinks.
        let start = unsafe { mmap(std::ptr::null_mut(), len, ProtFlags::READ, MapFlags::SHARED, file, 0)? };
        Ok(Self { start: NonNull::new(start).ok_or(io::ErrorKind::OutOfMemory)?, len })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping is `len` initialised bytes for as long as `self` lives. The other process writes only
        // while none of its frames is being taken here, and nothing here depends on what pixels are.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().cast::<u8>(), self.len) }
    }
}

impl Drop for ReadOnlyMemory {
    fn drop(&mut self) {
        // SAFETY: it was mapped by `open`, and nothing refers to it any more.
        let _ = unsafe { munmap(self.start.as_ptr(), self.len) };
    }
}

/// Returns an error if a file has fewer than `len` bytes.
fn check_len(file: &OwnedFd, len: usize) -> io::Result<()> {
    if usize::try_from(fstat(file)?.st_size).is_ok_and(|size| size >= len) {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "the file is shorter than it was said to be"))
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        // SAFETY: it was mapped by `map`, and nothing refers to it any more.
        let _ = unsafe { munmap(self.start.as_ptr(), self.len) };
    }
}
