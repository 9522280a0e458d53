//! An allocator that counts what each thread asks of the system's.
#![allow(unsafe_code, reason = "stands between a test and the system's allocator")]
#![allow(unreachable_pub, reason = "it is a part of each test that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// To be a test's `#[global_allocator]`.
pub struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call is passed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Of this thread so far.
pub fn allocations() -> u64 {
    ALLOCATIONS.get()
}

/// What `run` returns, and how many allocations it took.
pub fn counted<R>(run: impl FnOnce() -> R) -> (R, u64) {
    let before = allocations();
    let returned = run();
    (returned, allocations() - before)
}
