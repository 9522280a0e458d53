//! The rule about playback that viewers control.
#![allow(unsafe_code, reason = "functions of a plugin are called, and its texts are read")]

use std::time::Duration;

use lanstream_core::source::{Event, Playback, PlaybackCommand};

use super::super::buffer::Edge;
use super::super::subject::{Fault, Opened, Outcome, Subject, broken, check_status};
use super::life::WAIT;
use crate::playback::playback as checked;

/// Times that a source is waited for and captured: before the first command, and after each until what comes of it is
/// told.
const ROUNDS: usize = 50;
/// A place that no film reaches.
const BEYOND: Duration = Duration::from_secs(1_000_000_000);

pub(super) fn playback(subject: &Subject) -> Outcome {
    let mut opened = subject.open()?;
    if opened.extensions.playback.is_none() {
        return Err(Fault::Skipped("viewers do not control its playback".to_owned()));
    }
    let Some(first) = state(&opened)? else {
        return Err(Fault::Skipped("it is live, and cannot be controlled".to_owned()));
    };
    for _ in 0..ROUNDS {
        go_on(&mut opened)?;
    }
    expect(&mut opened, PlaybackCommand::Pause, "stands after a pause", |now| !now.is_playing)?;
    expect(&mut opened, PlaybackCommand::Step, "stands after a step", |now| !now.is_playing)?;
    expect(&mut opened, PlaybackCommand::Seek(Duration::ZERO), "has a state after it was sought", |_| true)?;
    expect(&mut opened, PlaybackCommand::Play, "goes on after play", |now| now.is_playing)?;
    for track in (0..u32::try_from(first.tracks.len()).unwrap_or(0)).chain([u32::MAX]) {
        let is_heard = |now: &Playback| track == u32::MAX || now.track == Some(track);
        expect(
            &mut opened,
            PlaybackCommand::Track(track),
            "is heard by the track that was chosen",
            is_heard,
        )?;
    }
    expect(&mut opened, PlaybackCommand::Seek(BEYOND), "has a state after it was sought", |_| true)
}

/// Gives a command, and waits until the state that is told shows what comes of it.
fn expect(
    opened: &mut Opened,
    command: PlaybackCommand,
    what: &str,
    is_done: impl Fn(&Playback) -> bool,
) -> Outcome {
    control(opened, command)?;
    for _ in 0..ROUNDS {
        // A stream that became live is controlled by nobody.
        if state(opened)?.is_none_or(|now| is_done(&now)) {
            return Ok(());
        }
        go_on(opened)?;
    }
    broken(format!("its playback is not told to be what it should be: it {what}"))
}

/// Waits for an event, and asks how playback stands where it has changed, or captures.
fn go_on(opened: &mut Opened) -> Outcome {
    if opened.wait(Some(WAIT))? == Event::PlaybackChanged {
        return state(opened).map(drop);
    }
    let (mut buffer, all) = (opened.buffer(Edge::Upper)?, opened.all());
    opened.capture(&mut buffer, &all).map(drop)
}

fn control(opened: &Opened, command: PlaybackCommand) -> Outcome {
    let Some(extension) = &opened.extensions.playback else { return Ok(()) };
    opened.instance.step("control");
    // SAFETY: the instance is open, and of the source that has the extension.
    let (status, error) = unsafe { extension.control(opened.instance.pointer, command) };
    check_status("control", status, &error)
}

/// Asks how playback stands; `None` of a live stream.
fn state(opened: &Opened) -> Outcome<Option<Playback>> {
    let Some(extension) = &opened.extensions.playback else { return Ok(None) };
    opened.instance.step("playback");
    // SAFETY: the instance is open, and of the source that has the extension.
    let (status, told, error) = unsafe { extension.call(opened.instance.pointer) };
    check_status("playback", status, &error)?;
    // SAFETY: nothing was called since.
    unsafe { checked(&told) }.map_err(Fault::Broken)
}
