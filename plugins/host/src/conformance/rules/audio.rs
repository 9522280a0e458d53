//! The rule about the sound of a source.

use lanstream_core::source::Event;

use super::super::buffer::Edge;
use super::super::subject::{Fault, Outcome, Subject};
use super::life::WAIT;

/// Times that a source is waited for, captured, and asked for its sound if some is due.
const ROUNDS: usize = 100;

pub(super) fn audio(subject: &Subject) -> Outcome {
    let mut opened = subject.open()?;
    if opened.extensions.audio.is_none() {
        return Err(Fault::Skipped("it has no sound".to_owned()));
    }
    for _ in 0..ROUNDS {
        if opened.event(Some(WAIT))? == Event::Sounded {
            opened.check_sound()?;
            continue;
        }
        opened.describe()?;
        let (mut buffer, all) = (opened.buffer(Edge::Upper)?, opened.all());
        opened.capture(&mut buffer, &all)?;
    }
    Ok(())
}
