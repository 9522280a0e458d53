//! What the fuzzer started from and found, and changes of it: the fuzzer's law on every machine, in seconds.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "../fuzz/src/protocol.rs"]
mod protocol;
#[path = "../fuzz/src/replay.rs"]
mod replay;
#[path = "../fuzz/src/session.rs"]
mod session;

use std::path::Path;

/// Inputs that are made of the corpus: a fraction of a second.
const CHANGED: usize = 50_000;

#[test]
fn bytes_near_the_corpus_are_read_or_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/protocol");
    replay::replay(&folder, CHANGED, protocol::check);
}

/// Each is a run of a server: a few seconds.
const CHANGED_SEQUENCES: usize = 3_000;

#[test]
fn sequences_near_the_corpus_end_no_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/session");
    replay::replay(&folder, CHANGED_SEQUENCES, session::check);
}
