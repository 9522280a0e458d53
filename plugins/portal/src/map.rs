//! Memory of a buffer that the desktop writes pictures into, mapped to be read.
//!
//! It is mapped by this process itself: a desktop that takes a buffer back does not unmap what is being read.
#![allow(unsafe_code, reason = "mapping and reading shared memory")]

use std::ffi::c_void;
use std::io;
use std::ops::Range;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;

use rustix::mm::{MapFlags, ProtFlags};

/// A part of a file in memory, unmapped when dropped.
#[derive(Debug)]
pub(crate) struct Map {
    start: NonNull<c_void>,
    /// Bytes that are mapped.
    mapped: usize,
    /// Bytes before the first that is read: a map begins with a page.
    skipped: usize,
}

// SAFETY: a map is plain memory, which is valid on every thread and only read.
unsafe impl Send for Map {}
// SAFETY: as for `Send`.
unsafe impl Sync for Map {}

impl Map {
    /// Maps `len` bytes of a file from `offset` on.
    ///
    /// # Errors
    /// Those of the system, and one if the file is shorter: a look beyond its end would end this process.
    pub(crate) fn new(file: BorrowedFd<'_>, offset: u32, len: usize) -> io::Result<Self> {
        let skipped = offset as usize % rustix::param::page_size();
        let mapped = skipped + len;
        let first = u64::from(offset) - skipped as u64;
        let file_len = u64::try_from(rustix::fs::fstat(file)?.st_size).unwrap_or_default();
        if len == 0 || file_len < first + mapped as u64 {
            return Err(io::Error::other(format!(
                "memory of {file_len} bytes, said to have {}",
                first + mapped as u64
            )));
        }
        // SAFETY: the kernel picks an address that nothing else uses.
        let start = unsafe {
            rustix::mm::mmap(std::ptr::null_mut(), mapped, ProtFlags::READ, MapFlags::SHARED, file, first)?
        };
        let start = NonNull::new(start).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, mapped, skipped })
    }

    /// Returns memory with these bytes.
    #[cfg(test)]
    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        use std::os::fd::AsFd as _;
        let file =
            rustix::fs::memfd_create(c"test", rustix::fs::MemfdFlags::CLOEXEC).expect("there is memory");
        let written = rustix::io::write(&file, bytes);
        assert_eq!(written, Ok(bytes.len()));
        Self::new(file.as_fd(), 0, bytes.len()).expect("the file is as long")
    }

    /// Length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.mapped - self.skipped
    }

    /// Copies the bytes in `range`, as many as `to` has.
    ///
    /// # Panics
    /// If they lie outside of the map.
    pub(crate) fn copy(&self, range: Range<usize>, to: &mut [u8]) {
        let Range { start, end } = range;
        assert!(
            start <= end && end <= self.len() && to.len() == end - start,
            "the range lies within the map"
        );
        // SAFETY: just checked to be within the map.
        let from = unsafe { self.start.as_ptr().cast::<u8>().add(self.skipped + start) };
        // SAFETY: `from` has as many bytes as `to`, and is no part of it. The desktop does not write into a buffer that
        // is being read; if it did, bytes would be of either picture.
        unsafe { std::ptr::copy_nonoverlapping(from, to.as_mut_ptr(), to.len()) }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: it was mapped so, and nothing refers to it. It fails only for arguments that were never mapped.
        let _ = unsafe { rustix::mm::munmap(self.start.as_ptr(), self.mapped) };
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "what fails fails the test")]
mod tests {
    use std::os::fd::AsFd as _;

    use super::*;

    #[test]
    fn a_part_of_a_file_is_read_and_none_beyond_its_end() {
        let file = rustix::fs::memfd_create(c"test", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
        let bytes: Vec<u8> = (0..=255).cycle().take(10_000).collect();
        assert_eq!(rustix::io::write(&file, &bytes), Ok(bytes.len()));
        let map = Map::new(file.as_fd(), 5000, 5000).unwrap();
        let mut read = [0; 3];
        map.copy(4997..5000, &mut read);
        assert_eq!(read, bytes[9997..]);
        for (offset, len) in [(5000, 5001), (0, 0), (20_000, 1), (u32::MAX, usize::MAX >> 1)] {
            assert!(Map::new(file.as_fd(), offset, len).is_err(), "{offset} {len}");
        }
    }
}
