//! The memory after the module's own data: the room that a page writes codes into and reads pixels from.
#![allow(unsafe_code, reason = "the linker's name for where the room starts is foreign to Rust")]

use core::arch::wasm32::{memory_grow, memory_size};
use core::ops::Range;

/// What WebAssembly counts memory in.
const PAGE_BYTES: u64 = 65_536;
/// 1 MiB. An update comes in patches, each of which needs a little more, and with every growth the page loses its
/// views.
const GROWTH_PAGES: usize = 16;
/// Bytes of a vector: the first pixels then lie as the processor likes them best.
const ALIGNMENT: usize = 16;

unsafe extern "C" {
    /// The first byte that neither the module's data nor its stack takes. Only its address means something.
    static __heap_base: u8;
}

/// Its first address, always the same.
pub(crate) fn start() -> usize {
    (&raw const __heap_base).addr().next_multiple_of(ALIGNMENT)
}

/// The addresses that are there.
pub(crate) fn addresses() -> Range<u64> {
    start() as u64..memory_size::<0>() as u64 * PAGE_BYTES
}

/// Sees to it that so many bytes are there, and says whether they are.
#[expect(clippy::cast_possible_truncation, reason = "32 bits of bytes are 17 bits of pages")]
pub(crate) fn reserve(bytes: u32) -> bool {
    let there = addresses();
    let missing = (there.start + u64::from(bytes)).saturating_sub(there.end);
    let pages = missing.div_ceil(PAGE_BYTES) as usize;
    pages == 0 || grow(pages.max(GROWTH_PAGES)) || grow(pages)
}

fn grow(pages: usize) -> bool {
    memory_grow::<0>(pages) != usize::MAX
}
