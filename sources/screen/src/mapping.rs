//! Memory that a display server writes pixels into. It leaves nothing behind, however the process ends: a memfd has no
//! name, and a System V segment is marked for removal at birth.
#![allow(unsafe_code, reason = "mapping shared memory")]

use std::ffi::c_void;
use std::io;
use std::ops::Range;
use std::ptr::NonNull;

use rustix::fd::OwnedFd;
use rustix::fs::{MemfdFlags, SealFlags};
use rustix::mm::{MapFlags, ProtFlags};

/// Mapped memory of a constant length, unmapped when dropped.
pub(crate) struct Map {
    start: NonNull<c_void>,
    len: usize,
    unmap: unsafe fn(NonNull<c_void>, usize),
}

// SAFETY: a map is plain memory, valid on every thread; its owners hand out references to it by Rust's own rules.
unsafe impl Send for Map {}
// SAFETY: as for `Send`; what owners share is only read, but for bytes that one of them writes and no one else looks
// at.
unsafe impl Sync for Map {}

impl Map {
    /// `len` bytes of zeroes in an anonymous file, and the file.
    pub(crate) fn of_memfd(len: usize) -> io::Result<(Self, OwnedFd)> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = rustix::fs::memfd_create(c"lanstream-frame", flags)?;
        rustix::fs::ftruncate(&file, len as u64)?;
        // So that the server, which has it too, can't shorten it: a look beyond the end would end this process.
        rustix::fs::fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the kernel picks an address that nothing else uses; the file is `len` bytes and its seals keep it so.
        let start =
            unsafe { rustix::mm::mmap(std::ptr::null_mut(), len, access, MapFlags::SHARED, &file, 0)? };
        Ok((Self::at(start, len, munmap)?, file))
    }

    /// `len` bytes of zeroes in a System V segment, and its number.
    pub(crate) fn of_system_v(len: usize) -> io::Result<(Self, i32)> {
        // SAFETY: makes a segment and touches no memory.
        let number = unsafe { libc::shmget(libc::IPC_PRIVATE, len, libc::IPC_CREAT | 0o600) };
        if number < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel picks an address that nothing else uses; the segment is `len` bytes.
        let start = unsafe { libc::shmat(number, std::ptr::null(), 0) };
        let attached = if start.addr() == usize::MAX { Err(io::Error::last_os_error()) } else { Ok(start) };
        // Linux lets the server attach a segment that is marked for removal for as long as it is mapped here.
        // SAFETY: marks the segment made above and touches no memory.
        unsafe { libc::shmctl(number, libc::IPC_RMID, std::ptr::null_mut()) };
        Ok((Self::at(attached?, len, shmdt)?, number))
    }

    /// Length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Address and length of the bytes in `range`.
    ///
    /// # Panics
    /// If they lie outside of the map.
    pub(crate) fn part(&self, range: Range<usize>) -> (*mut u8, usize) {
        let Range { start, end } = range;
        assert!(start <= end && end <= self.len, "the range lies within the map");
        // SAFETY: just checked to be within the map.
        let first = unsafe { self.start.as_ptr().cast::<u8>().add(start) };
        (first, end - start)
    }

    fn at(start: *mut c_void, len: usize, unmap: unsafe fn(NonNull<c_void>, usize)) -> io::Result<Self> {
        let start = NonNull::new(start).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, len, unmap })
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: `unmap` is the counterpart of what mapped it, and no reference outlives the owner.
        unsafe { (self.unmap)(self.start, self.len) }
    }
}

/// # Safety
/// `start` and `len` are those of one `mmap`, and nothing refers to it.
unsafe fn munmap(start: NonNull<c_void>, len: usize) {
    // SAFETY: the caller's promise. It fails only for arguments that were never mapped.
    let _ = unsafe { rustix::mm::munmap(start.as_ptr(), len) };
}

/// # Safety
/// `start` is that of one `shmat`, and nothing refers to it.
unsafe fn shmdt(start: NonNull<c_void>, _len: usize) {
    // SAFETY: the caller's promise. It fails only for an address that was never attached.
    let _ = unsafe { libc::shmdt(start.as_ptr()) };
}
