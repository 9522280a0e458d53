//! Large blocks of memory go back to the system when they are freed.
//!
//! glibc makes each block from a threshold on a mapping of its own, and raises the threshold to the largest block that
//! was freed. Frames and what is made of them come and go with viewers and sizes: after some, such blocks would lie
//! among small ones in the heap of each thread, which grows and is hardly ever given back.
#![allow(unsafe_code, reason = "the allocator's options are a C function")]

/// Size from which a block is a mapping of its own, in bytes: glibc's default, which setting it keeps it from raising.
const MAPPED_BYTES_MIN: libc::c_int = 128 << 10;
/// Free memory at the end of a thread's heap from which on it is given back, in bytes: glibc's default, too.
const TRIM_BYTES_MIN: libc::c_int = 128 << 10;

/// Sets the allocator's options, before threads start.
pub(crate) fn apply() {
    // SAFETY: the function takes any values.
    let _refused = unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_BYTES_MIN) };
    // SAFETY: as above.
    let _refused = unsafe { libc::mallopt(libc::M_TRIM_THRESHOLD, TRIM_BYTES_MIN) };
}
