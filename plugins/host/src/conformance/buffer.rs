//! Memory of a frame between pages that nobody may touch: a write outside of it ends the process.
#![allow(unsafe_code, reason = "memory is mapped and protected")]

use std::ffi::c_void;
use std::io;

use lanstream_core::Layout;
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};
use rustix::param::page_size;

/// Where the frame lies between the pages that nobody may touch. Frames are rarely of whole pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    /// Its first byte is the first after such a page.
    Lower,
    /// Its last byte is the last before such a page.
    Upper,
}

/// Memory of a frame.
#[derive(Debug)]
pub(super) struct Buffer {
    mapping: *mut c_void,
    mapped: usize,
    /// Bytes from the mapping to the frame.
    offset: usize,
    pub(super) layout: Layout,
}

impl Buffer {
    /// Returns zeroed memory of a frame of `layout`.
    pub(super) fn new(layout: Layout, edge: Edge) -> io::Result<Self> {
        let (page, len) = (page_size(), layout.bytes());
        let inner = len.next_multiple_of(page);
        let mapped = inner + 2 * page;
        // SAFETY: the kernel picks an address that nothing else uses.
        let mapping =
            unsafe { mmap_anonymous(std::ptr::null_mut(), mapped, ProtFlags::empty(), MapFlags::PRIVATE)? };
        let offset = if edge == Edge::Lower { page } else { page + inner - len };
        let buffer = Self { mapping, mapped, offset, layout };
        // SAFETY: the pages lie inside of the mapping, and nothing refers to them yet.
        unsafe { mprotect(mapping.byte_add(page), inner, MprotectFlags::READ | MprotectFlags::WRITE)? };
        Ok(buffer)
    }

    /// Lets nobody write to the frame, so that a write ends the process.
    pub(super) fn protect(&self) -> io::Result<()> {
        self.allow(MprotectFlags::READ)
    }

    /// Lets nobody read the frame either. What it holds must not be asked for any more.
    pub(super) fn forbid(&self) -> io::Result<()> {
        self.allow(MprotectFlags::empty())
    }

    fn allow(&self, access: MprotectFlags) -> io::Result<()> {
        let page = page_size();
        // SAFETY: the pages lie inside of the mapping. A reference to them is taken by whoever may use it alone.
        unsafe { mprotect(self.mapping.byte_add(page), self.mapped - 2 * page, access)? };
        Ok(())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: the frame lies in readable pages of the mapping, which lives as long as `self`.
        unsafe { std::slice::from_raw_parts(self.mapping.byte_add(self.offset).cast(), self.layout.bytes()) }
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as for `bytes`; `&mut self` means that nobody else uses it.
        unsafe {
            std::slice::from_raw_parts_mut(self.mapping.byte_add(self.offset).cast(), self.layout.bytes())
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: it was mapped by `new`, and nothing refers to it any more.
        let _ = unsafe { munmap(self.mapping, self.mapped) };
    }
}
