//! Packets between lanstream and the process of a plugin that may be anything.
#![no_main]

use lanstream_plugin_host::fuzzing::check;

libfuzzer_sys::fuzz_target!(|input: &[u8]| check(input));
