//! Streams and logs that may be anything.
#![no_main]

use lanstream_ffmpeg::fuzzing::check;

libfuzzer_sys::fuzz_target!(|input: &[u8]| check(input));
