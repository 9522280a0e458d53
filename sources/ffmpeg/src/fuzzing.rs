//! What must hold for any bytes that FFmpeg, or whoever writes into a pipe, sends: they are pictures or an error,
//! parsers go on, and any log can be read.
//!
//! The fuzzer looks for bytes for which it does not, and a test replays those that it found.

use crate::log::Log;
use crate::stream::nut::Nut;
use crate::stream::y4m::Y4m;
use crate::stream::{Parser, Step};

/// Bytes that a parser is shown first. It asks for more.
const SHOWN_BYTES: usize = 64;

/// The first byte says what the others are: a NUT or YUV4MPEG2 stream, or a log.
pub fn check(input: &[u8]) {
    let [kind, bytes @ ..] = input else { return };
    match kind % 4 {
        0 => parse(&mut Nut::default(), bytes),
        1 => parse(&mut Y4m::new(None, true), bytes),
        2 => parse(&mut Y4m::new(None, false), bytes),
        _ => read_log(bytes),
    }
}

/// Shows a parser the stream, as its reader does.
fn parse(parser: &mut dyn Parser, mut bytes: &[u8]) {
    let mut shown = SHOWN_BYTES;
    while !bytes.is_empty() {
        let piece = &bytes[..shown.min(bytes.len())];
        let taken = match parser.step(piece) {
            Err(_) => return,
            Ok(Step::More) if piece.len() == bytes.len() => return,
            Ok(Step::More) => {
                shown *= 2;
                continue;
            }
            Ok(Step::Skip(len)) => {
                assert!(len > 0, "a parser stands still");
                len
            }
            Ok(Step::Began(len, shape)) => {
                assert!(len <= piece.len(), "a header ends beyond what was shown");
                let _too_large = shape.layout();
                len
            }
            Ok(Step::Picture(len, header)) => {
                assert!(len <= piece.len(), "a header ends beyond what was shown");
                len.saturating_add(header.len)
            }
        };
        bytes = bytes.get(taken..).unwrap_or_default();
        shown = SHOWN_BYTES;
    }
}

/// Reads a log, and asks all that it is asked.
fn read_log(bytes: &[u8]) {
    let mut log = Log::of(bytes);
    let _ = (log.first_frame_info(true).cloned(), log.first_frame_info(false).cloned(), log.errors());
    while log.next_frame_info().is_some() {}
    let contents = log.contents();
    let _ = (contents.video(), contents.is_only_heard(), contents.default_track());
    for track in 0..contents.track_names().len() {
        let _ = contents.mix(track);
    }
}

#[cfg(test)]
#[path = "../../../core/fuzz/src/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::replay::replay;

    #[test]
    fn what_the_fuzzer_started_from_and_changes_of_it() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../core/fuzz/corpus/ffmpeg");
        replay(&corpus, 20_000, super::check);
    }
}
