//! Extensions of sources, of a plugin in this process and of one in its own: what a good one tells is known as it was
//! told, and one that breaks a rule is ended with the rule.
//!
//! This program is its own host, so it has no test harness.
#![cfg(target_os = "linux")]
#![allow(unsafe_code, reason = "plugins are loaded, and the process of one is served")]
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lanstream_core::options::OptionValues;
use lanstream_core::source::{
    AudioChunk, Cursor, CursorSource, Error, ErrorKind, Event, Listener, Playback, PlaybackCommand, Position,
    SOUND_RATE, Source,
};
use lanstream_core::{FrameBuffer, Pts, Region};
use lanstream_plugin_host::{HOST_COMMAND, Launch, LoadedPlugin, RemotePlugin, Trust, serve};
use lanstream_testkit::library;

/// Moves of the cursor that are looked at: each of its shapes is there more than once, and it is hidden twice.
const MOVES: i32 = 40;
/// Stretches of sound that are taken: every tenth is empty.
const STRETCHES: u16 = 25;
/// Events of an extension in which a deed is done.
const EVENTS: u32 = 40;
/// Time in which what has to happen happens.
const PATIENCE: Duration = Duration::from_secs(20);

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|command| command == HOST_COMMAND) {
        // SAFETY: the test built the library, and this process does nothing else.
        unsafe { serve(std::env::args_os().skip(2)) }.unwrap();
        return;
    }
    let names: Vec<_> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    if !names.is_empty() && !names.iter().any(|name| "extensions".contains(name.as_str())) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for place in [Place::Here, Place::OwnProcess] {
        a_cursor_is_known_as_it_was_told(folder.path(), place);
        sound_is_taken_as_it_was_handed_over(folder.path(), place);
        sound_that_waits_holds_the_source(folder.path(), place);
        playback_is_known_as_it_was_told_and_controlled(folder.path(), place);
        a_command_that_fails_ends_the_source(folder.path(), place);
        what_cannot_be_ends_its_source_with_the_rule(folder.path(), place);
    }
    a_crash_while_it_tells_is_a_loss(folder.path());
    println!("test result: ok. 13 passed");
}

/// Where a plugin runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In this process.
    Here,
    /// In one of its own.
    OwnProcess,
}

/// Builds the evil plugin for a deed.
fn evil(folder: &Path, deed: &str) -> PathBuf {
    let flag = format!("-DEVIL=\"{deed}\"");
    library::build_in_c(folder, &deed.replace(':', "-"), "evil/evil.c", &[&flag])
}

/// Opens the one source of a plugin.
fn open(library: &Path, place: Place) -> Result<Box<dyn Source>, Error> {
    let mut factories = match place {
        // SAFETY: the test built the library.
        Place::Here => unsafe { LoadedPlugin::load(library, Trust::Named) }.unwrap().factories(),
        Place::OwnProcess => {
            let launch = Launch::new(&std::env::current_exe().unwrap(), library);
            RemotePlugin::load(launch).unwrap().factories()
        }
    };
    let mut configured =
        factories.remove(0).configure(&OptionValues::default(), Listener::default()).unwrap();
    (configured.open)()
}

/// Waits for the next event of an extension, and captures whatever else is told.
fn next(source: &mut dyn Source, frame: &mut FrameBuffer) -> Result<Event, Error> {
    let (begin, all) = (Instant::now(), Region::full(frame.size()));
    loop {
        let event = source.wait(Some(PATIENCE))?;
        if matches!(event, Event::CursorMoved | Event::Sounded | Event::PlaybackChanged) {
            return Ok(event);
        }
        source.capture(frame, &all)?;
        assert!(begin.elapsed() < PATIENCE, "it has nothing but frames");
    }
}

/// Waits until the cursor moves, and returns where it is.
fn next_move(source: &mut dyn Source, frame: &mut FrameBuffer) -> Cursor {
    assert_eq!(next(source, frame).unwrap(), Event::CursorMoved);
    source.cursor().map(CursorSource::cursor).expect("a source whose cursor moves has one")
}

/// Takes the sound that is due.
fn take(source: &mut dyn Source) -> Option<AudioChunk> {
    source.audio().expect("it has sound").take_chunk()
}

fn buffer(source: &mut dyn Source) -> FrameBuffer {
    FrameBuffer::new(source.layout(), source.allocate().unwrap()).unwrap()
}

/// The cursor of `evil/extensions.h` after so many moves: its place and the value of its bytes.
fn told(moves: i32) -> ((i32, i32), Option<u8>) {
    let value = u8::try_from((7 + moves / 4 % 3) * 20).unwrap();
    ((moves - 10, 2 * moves), (moves % 16 != 15).then_some(value))
}

fn a_cursor_is_known_as_it_was_told(folder: &Path, place: Place) {
    let mut source = open(&evil(folder, "cursor:good"), place).unwrap();
    let mut frame = buffer(source.as_mut());
    let first = source.cursor().map(CursorSource::cursor).expect("it is told of when it is opened");
    let mut last_shape = first.shape.clone();
    assert_eq!((first.x, first.y), told(0).0);
    for moves in 1..=MOVES {
        let Cursor { x, y, shape } = next_move(source.as_mut(), &mut frame);
        let (at, value) = told(moves);
        assert_eq!(((x, y), shape.as_ref().map(|shape| shape.rgba[0])), (at, value), "{place:?}");
        let Some(shape) = shape else { continue };
        assert_eq!((shape.width, shape.height, shape.hot_x, shape.hot_y), (8, 8, 3, 4));
        assert_eq!(shape.rgba, [value.unwrap(); 8 * 8 * 4]);
        if let Some(last) = last_shape.replace(shape.clone()) {
            assert_eq!(shape.serial == last.serial, shape.rgba == last.rgba, "{place:?}, move {moves}");
        }
    }
}

fn sound_is_taken_as_it_was_handed_over(folder: &Path, place: Place) {
    let mut source = open(&evil(folder, "audio:good"), place).unwrap();
    let mut frame = buffer(source.as_mut());
    for number in 1..=STRETCHES {
        assert_eq!(next(source.as_mut(), &mut frame).unwrap(), Event::Sounded);
        let chunk = take(source.as_mut());
        assert_eq!(take(source.as_mut()), None, "it is taken once");
        let value = (f32::from(number) / 1000.0).to_le_bytes();
        let sound = AudioChunk {
            at: Pts(i64::from(number) * 10_000),
            samples: value.repeat(2 * SOUND_RATE as usize / 100),
        };
        assert!(chunk == (number % 10 != 9).then_some(sound), "stretch {number}, {place:?}");
    }
}

/// A source whose sound nobody takes stands still, and can be woken. The plugin is a file of its own: it counts its
/// stretches as long as it is loaded.
fn sound_that_waits_holds_the_source(folder: &Path, place: Place) {
    let mut source = open(&evil(folder, "audio:held"), place).unwrap();
    let mut frame = buffer(source.as_mut());
    assert_eq!(next(source.as_mut(), &mut frame).unwrap(), Event::Sounded);
    let waker = source.waker();
    assert_eq!(source.wait(Some(Duration::from_millis(100))).unwrap(), Event::TimedOut, "{place:?}");
    waker.wake();
    assert_eq!(source.wait(None).unwrap(), Event::Woken, "{place:?}");
    assert_eq!(take(source.as_mut()).map(|chunk| chunk.at), Some(Pts(10_000)));
    assert_eq!(next(source.as_mut(), &mut frame).unwrap(), Event::Sounded);
    assert_eq!(take(source.as_mut()).map(|chunk| chunk.at), Some(Pts(20_000)), "nothing was lost");
}

/// The state of a source's playback.
fn state(source: &mut dyn Source) -> Playback {
    source.playback().expect("viewers control it").playback().expect("it is not live")
}

fn playback_is_known_as_it_was_told_and_controlled(folder: &Path, place: Place) {
    let mut source = open(&evil(folder, "playback:good"), place).unwrap();
    let mut frame = buffer(source.as_mut());
    let at = |us| Some(Position { at: Pts(us), us_per_s: 0 });
    let mut expected = Playback {
        is_playing: true,
        can_seek: true,
        began: Pts(-1000),
        duration: Some(Duration::from_secs(5)),
        position: at(0),
        tracks: ["english".to_owned(), "deutsch".to_owned()].into(),
        track: Some(1),
    };
    assert_eq!(state(source.as_mut()), expected, "{place:?}: it is told when it is opened");
    for changes in 1..=10 {
        assert_eq!(next(source.as_mut(), &mut frame).unwrap(), Event::PlaybackChanged);
        expected.position = at(changes * 1000);
        assert_eq!(state(source.as_mut()), expected, "{place:?}");
    }
    // A wait that has begun is ended by a command, and its event comes after it.
    assert_ne!(source.wait(Some(Duration::ZERO)).unwrap(), Event::Sounded);
    let seek = PlaybackCommand::Seek(Duration::from_micros(1_234_567));
    for command in [PlaybackCommand::Pause, seek, PlaybackCommand::Track(0)] {
        source.playback().unwrap().control(command);
    }
    expected = Playback { is_playing: false, position: at(1_234_567), track: Some(0), ..expected };
    assert_eq!(state(source.as_mut()), expected, "{place:?}");
    source.playback().unwrap().control(PlaybackCommand::Play);
    assert!(state(source.as_mut()).is_playing);
    assert_eq!(next(source.as_mut(), &mut frame).unwrap(), Event::PlaybackChanged, "it goes on");
}

fn a_command_that_fails_ends_the_source(folder: &Path, place: Place) {
    for (deed, rule) in [
        ("playback:control-fail", "the projector is stuck"),
        ("playback:control-silent", "it failed and did not say why"),
    ] {
        let mut source = open(&evil(folder, deed), place).unwrap();
        source.playback().unwrap().control(PlaybackCommand::Pause);
        let error = source.wait(Some(PATIENCE)).unwrap_err();
        assert!(error.message.contains(rule), "{deed}, {place:?}: {error}");
        assert_eq!(error.kind, ErrorKind::Ended, "{deed}, {place:?}: {error}");
    }
}

/// Deeds, and what is said of each.
const DEEDS: [(&str, &str); 40] = [
    ("cursor:table", "its table ls_cursor_source says it has 8 bytes"),
    ("cursor:no-function", "the function cursor of its table ls_cursor_source is null"),
    ("cursor:unaligned", "the address of its table ls_cursor_source is null or not aligned"),
    ("cursor:unasked", "an event of the extension lanstream.cursor/1, which it does not have"),
    ("cursor:fail", "the pointer is gone"),
    ("cursor:silent", "it failed and did not say why"),
    ("cursor:wide", "its cursor of 513x8 pixels"),
    ("cursor:huge", "its cursor of 4294967295x4294967295 pixels"),
    ("cursor:empty", "its cursor of 8x0 pixels"),
    ("cursor:hotspot", "points with the one at 8,4, which is outside of it"),
    ("cursor:far", "its cursor at 65537,6 is more than 65536 pixels away"),
    ("cursor:lowest", "its cursor at -7,-2147483648 is more than"),
    ("cursor:long", "has 18446744073709551615 bytes, and needs 256"),
    ("cursor:short", "has 255 bytes, and needs 256"),
    ("cursor:null", "the address of its bytes of a cursor is null"),
    ("cursor:serial", "the shape of its cursor changed, and not its serial 7"),
    ("audio:table", "its table ls_audio_source says it has 8 bytes"),
    ("audio:no-function", "the function take of its table ls_audio_source is null"),
    ("audio:unasked", "an event of the extension lanstream.audio/1, which it does not have"),
    ("audio:fail", "the sound card is gone"),
    ("audio:silent", "it failed and did not say why"),
    ("audio:long", "it has 61448 bytes of sound, and may have 61440"),
    ("audio:huge", "it has 18446744073709551615 bytes of sound, and may have 61440"),
    ("audio:odd", "its sound has 12 bytes"),
    ("audio:null", "the address of its bytes of sound is null"),
    ("audio:nan", "the sample 1 of its sound is infinite or not a number"),
    ("audio:infinite", "the sample 1 of its sound is infinite or not a number"),
    ("playback:table", "its table ls_playback_source says it has 8 bytes"),
    ("playback:no-function", "the function playback of its table ls_playback_source is null"),
    ("playback:no-control", "the function control of its table ls_playback_source is null"),
    ("playback:unasked", "an event of the extension lanstream.playback/1, which it does not have"),
    ("playback:fail", "the reel is torn"),
    ("playback:silent", "it failed and did not say why"),
    ("playback:track", "the track 2 of its sound is heard, and it has 2"),
    ("playback:tracks", "it has 65 tracks of sound, and may have 64"),
    ("playback:huge", "it has 18446744073709551615 tracks of sound, and may have 64"),
    ("playback:null", "the address of its tracks of sound is null"),
    ("playback:utf8", "its name of a track of sound is not UTF-8"),
    ("playback:name-null", "its name of a track of sound is at a null address"),
    ("playback:name-long", "the name of a track of its sound has 257 bytes, and may have 256"),
];

fn what_cannot_be_ends_its_source_with_the_rule(folder: &Path, place: Place) {
    for (deed, rule) in DEEDS {
        let mut events = 0;
        let error = match open(&evil(folder, deed), place) {
            Err(error) => error,
            Ok(mut source) => {
                let mut frame = buffer(source.as_mut());
                loop {
                    match next(source.as_mut(), &mut frame) {
                        Ok(Event::Sounded) => drop(take(source.as_mut())),
                        Ok(_) => {}
                        Err(error) => break error,
                    }
                    events += 1;
                    assert!(events < EVENTS, "{deed}, {place:?}: it goes on");
                }
            }
        };
        assert!(error.message.contains(rule), "{deed}, {place:?}: {error}");
        assert_eq!(error.kind, ErrorKind::Ended, "{deed}, {place:?}: {error}");
    }
}

fn a_crash_while_it_tells_is_a_loss(folder: &Path) {
    for deed in [
        "cursor:segv",
        "cursor:abort",
        "cursor:address",
        "audio:segv",
        "audio:address",
        "playback:segv",
        "playback:address",
    ] {
        let mut source = open(&evil(folder, deed), Place::OwnProcess).unwrap();
        let mut frame = buffer(source.as_mut());
        let error = loop {
            match next(source.as_mut(), &mut frame) {
                Ok(Event::Sounded) => drop(take(source.as_mut())),
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind, ErrorKind::Lost, "{deed}: {error}");
        assert!(error.message.contains("ended unexpectedly: signal"), "{deed}: {error}");
    }
}
