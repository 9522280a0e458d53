//! What the fuzzer started from and found, and changes of it: the fuzzer's law on every machine, in seconds.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "../../fuzz/src/codec.rs"]
mod codec;
#[path = "../../fuzz/src/replay.rs"]
mod replay;

use std::path::Path;

/// Inputs that are made of the corpus: a fraction of a second.
const CHANGED: usize = 50_000;

#[test]
fn bytes_near_the_corpus_are_pixels_or_an_error() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/codec");
    replay::replay(&folder, CHANGED, codec::check);
}
