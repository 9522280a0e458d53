//! Messages and bands that may be anything.
#![no_main]

#[path = "../src/protocol.rs"]
mod protocol;

libfuzzer_sys::fuzz_target!(|input: &[u8]| protocol::check(input));
