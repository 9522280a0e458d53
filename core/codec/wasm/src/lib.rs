//! The decoder for a page: `lanstream-codec` as a WebAssembly module, with the memory that it and the page share.
//!
//! The page asks for room, writes a code into it, has it decoded into another part of it, and reads the pixels there.
//! Who puts what where in the room is the page's business (`viewer/src/codec.js`): nothing is kept here from call to
//! call.
#![no_std]

mod exports;
mod room;
mod spans;

/// What is wrong with a call is told by a number, and what is wrong with a code is an error: a panic is a bug of ours.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
