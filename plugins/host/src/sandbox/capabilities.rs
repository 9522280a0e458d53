//! What a sandbox takes from root: all capabilities but those that concern files, which Landlock confines.
#![allow(unsafe_code, reason = "the C library has no functions for these system calls")]

use std::io;

use libc::{c_int, c_long};

/// Version of the structures: two words of 32 capabilities each.
const VERSION: u32 = 0x2008_0522;
/// Capabilities that stay, by their numbers: `CHOWN`, `DAC_OVERRIDE`, `DAC_READ_SEARCH`, `FOWNER` and `FSETID`.
const KEPT: [u32; 2] = [0b1_1111, 0];

#[repr(C)]
struct Header {
    version: u32,
    /// 0 for the calling thread.
    thread: c_int,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Word {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// Takes capabilities from this thread and those that it starts. Where there are none, nothing changes.
pub(super) fn restrict() -> io::Result<()> {
    let mut header = Header { version: VERSION, thread: 0 };
    let mut words = [Word::default(); 2];
    // SAFETY: both are as the kernel writes them in this version, and live until it returns.
    check(unsafe { libc::syscall(libc::SYS_capget, &raw mut header, words.as_mut_ptr()) })?;
    for (word, kept) in words.iter_mut().zip(KEPT) {
        *word = Word { effective: word.effective & kept, permitted: word.permitted & kept, inheritable: 0 };
    }
    // SAFETY: both are as the kernel reads them in this version, and live until it returns.
    check(unsafe { libc::syscall(libc::SYS_capset, &raw const header, words.as_ptr()) })
}

fn check(result: c_long) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
