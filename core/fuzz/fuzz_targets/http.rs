//! Requests that may be anything.
#![no_main]

use lanstream_http::fuzzing::check;

libfuzzer_sys::fuzz_target!(|input: &[u8]| check(input));
