//! What must hold for any packet: it is a message or none, and what is read of a message is all that it says.
//!
//! The fuzzer looks for a packet for which it does not, and a test replays those that it found.

use std::fmt::Debug;

use super::message::{Reply, Request};
use super::wire::MalformedError;

/// The first byte says what the others are: a request or a reply.
pub fn check(input: &[u8]) {
    let [kind, packet @ ..] = input else { return };
    if kind % 2 == 0 {
        check_message(packet, Request::read, Request::write);
    } else {
        check_message(packet, Reply::read, Reply::write);
    }
}

/// Reads a message, and what is written of it. The bytes need not be those that were read: some say less than they
/// take.
fn check_message<T: Debug>(
    packet: &[u8],
    read: impl Fn(&[u8]) -> Result<T, MalformedError>,
    write: impl Fn(&T, &mut Vec<u8>),
) {
    let Ok(message) = read(packet) else { return };
    let (mut first, mut second) = (Vec::new(), Vec::new());
    write(&message, &mut first);
    let again = read(&first).expect("what was written is a message");
    write(&again, &mut second);
    assert_eq!(first, second, "{message:?}");
}

#[cfg(test)]
#[path = "../../../../core/fuzz/src/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::check;
    use super::replay::replay;

    #[test]
    fn what_the_fuzzer_started_from_and_changes_of_it() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../core/fuzz/corpus/link");
        replay(&corpus, 50_000, check);
    }
}
