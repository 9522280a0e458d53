//! Extensions of plugins' sources, as viewers and sinks get them: of a plugin in its own process, and in lanstream's.

use std::fs;

use std::time::Duration;

use lanstream_core::protocol::kind::{PLAYBACK, SOUND};
use lanstream_core::protocol::{CursorAt, ServerMessage, ViewerMessage};
use lanstream_core::source::{AudioChunk, Playback, PlaybackCommand};
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::viewer::{Transport, Viewer};
use rustix::process::Signal;

use crate::plugins::{built_in_c, built_in_rust, evil, name};
use crate::running::Running;

/// Flags of a plugin in its own process, and in lanstream's.
const PLACES: [&[&str]; 2] = [&["--json"], &["--json", "--in-process"]];

#[test]
fn a_plugin_of_a_version_before_extensions_is_not_asked_for_any() {
    let file = built_in_c("minor-1", "fixtures/minor-1.c", &[]);
    for flags in PLACES {
        let running = Running::start(&[&["--plugin", name(&file), "old-grey"], flags].concat());
        let mut viewer = Viewer::join(&running.door(), Transport::Http);
        viewer.take_update();
        assert!(viewer.picture.rgbx().as_chunks::<4>().0.iter().all(|pixel| pixel[..3] == [0x5a; 3]));
    }
}

#[test]
fn a_plugin_of_the_previous_minor_version_has_the_extensions_that_it_knows() {
    let file = built_in_c("minor-2", "fixtures/minor-2.c", &[]);
    for flags in PLACES {
        let running = Running::start(&[&["--plugin", name(&file), "grey-with-cursor"], flags].concat());
        let mut viewer = Viewer::join(&running.door(), Transport::Http);
        viewer.take_update();
        viewer.acknowledge();
        let (before, after) = (viewer.next_cursor_place(), viewer.next_cursor_place());
        assert!(before.x < after.x, "{before:?}, {after:?}");
    }
}

#[test]
fn the_cursor_of_a_plugin_moves_over_a_picture_that_stands() {
    let library = built_in_rust("orbit");
    for flags in PLACES {
        let line = ["--plugin", name(&library), "orbit", "--size", "200x100", "--round-ms", "1000"];
        let running = Running::start(&[&line, flags].concat());
        let mut viewer = Viewer::join(&running.door(), Transport::Http);
        viewer.take_update();
        viewer.acknowledge();
        let shape = viewer.next_cursor_shape();
        assert_eq!((shape.width, shape.height, shape.hot_x, shape.hot_y), (17, 17, 8, 8));
        assert_eq!(shape.rgba.as_chunks().0[8 * 17 + 8], [0xff, 0xa0, 0x20, 255]);
        let places: Vec<_> = (0..20).map(|_| viewer.next_cursor_place()).collect();
        for (before, after) in places.iter().zip(&places[1..]) {
            assert!((before.x, before.y) != (after.x, after.y) && before.moves < after.moves);
        }
        for CursorAt { x, y, serial, .. } in places {
            let [right, down] = [f64::from(x - 100) / 80.0, f64::from(y - 50) / 40.0];
            assert!((right.hypot(down) - 1.0).abs() < 0.02, "{x},{y} is not on its way");
            assert_eq!(serial, shape.serial);
        }
        assert_eq!(*viewer.picture.rgbx(), [0x20, 0x30, 0x40, 255].repeat(200 * 100));
    }
}

#[test]
fn a_source_that_is_started_again_has_other_shapes_of_its_cursor() {
    let running = Running::start(&["--plugin", name(&evil("cursor:segv")), "evil", "--json"]);
    let mut viewer = Viewer::join(&running.door(), Transport::Http);
    let first = viewer.next_cursor_shape();
    running.next_where("source", |event| event["state"] == "back");
    let second = viewer.next_cursor_shape();
    assert_eq!(first.rgba, second.rgba);
    assert_ne!(first.serial, second.serial, "viewers draw a serial that they know as they know it");
}

/// Returns the next stretch of sound that a viewer is sent.
fn next_sound(viewer: &mut Viewer) -> AudioChunk {
    match ServerMessage::from_body(SOUND, &viewer.hear(SOUND)) {
        Ok(ServerMessage::Sound(chunk)) => chunk.into_owned(),
        other => panic!("sound is read as {other:?}"),
    }
}

/// Expects the sound of `metronome`: stretches of 20 ms that follow each other, with a click at each beat.
fn expect_clicks(stretches: &[(i64, bool)]) {
    for ((before, _), (after, _)) in stretches.iter().zip(&stretches[1..]) {
        assert_eq!(after - before, 20_000, "{stretches:?}");
    }
    for (at, is_loud) in stretches {
        assert_eq!(*is_loud, at % 500_000 < 60_000, "at {at} µs");
    }
}

#[test]
fn the_sound_of_a_plugin_is_heard_without_a_gap_while_a_viewer_is_busy_with_a_frame() {
    let library = built_in_rust("metronome");
    for flags in PLACES {
        let running = Running::start(&[&["--plugin", name(&library), "metronome"], flags].concat());
        let mut viewer = Viewer::join(&running.door(), Transport::Http);
        // It is not acknowledged, so no other frame is captured.
        viewer.take_update();
        let chunks: Vec<_> = (0..50).map(|_| next_sound(&mut viewer)).collect();
        assert!(chunks.iter().all(|chunk| chunk.samples.len() == 960 * 8));
        let is_loud = |chunk: &AudioChunk| chunk.samples.iter().any(|byte| *byte != 0);
        expect_clicks(&chunks.iter().map(|chunk| (chunk.at.0, is_loud(chunk))).collect::<Vec<_>>());
    }
}

#[test]
fn the_sound_of_a_plugin_is_recorded_with_its_frames() {
    let (source, sink) = (built_in_rust("metronome"), built_in_c("tape", "fixtures/tape.c", &[]));
    let folder = tempfile::tempdir().unwrap();
    for flags in PLACES {
        let [sound, lines] = ["sound", "lines"].map(|file| name(&folder.path().join(file)).to_owned());
        let plugins = ["--plugin", name(&source), "--plugin", name(&sink), "metronome"];
        let to = ["--sink", "tape", "--tape.sound", &sound, "--tape.lines", &lines];
        let running = Running::start(&[&plugins[..], &to, flags].concat());
        running.next_where("sink-stats", |stats| stats["frames"].as_u64() >= Some(4));
        running.signal(Signal::TERM);
        let (status, stdout, stderr) = running.end(PATIENCE);
        assert!(status.success(), "{stdout}{stderr}");
        let (lines, sound) = (fs::read_to_string(&lines).unwrap(), fs::read(&sound).unwrap());
        assert_eq!(lines.lines().next(), Some("begin 320x180 1 48000 2"));
        let frames: Vec<i64> =
            lines.lines().filter_map(|line| line.strip_prefix("frame 1 ")?.parse().ok()).collect();
        // Each beat has a bright picture and a dark one.
        assert!(frames.iter().all(|at| [0, 100_000].contains(&(at % 500_000))), "{frames:?}");
        let starts = lines
            .lines()
            .filter_map(|line| line.strip_prefix("audio ")?.split(' ').next()?.parse::<i64>().ok());
        let is_loud = |stretch: &[u8]| stretch.iter().any(|byte| *byte != 0);
        expect_clicks(&starts.zip(sound.chunks(960 * 8).map(is_loud)).collect::<Vec<_>>());
        assert!(sound.len() > 20 * 960 * 8, "{} bytes of sound", sound.len());
    }
}

/// Waits until a viewer is told of a playback state like this.
fn playback_where(viewer: &mut Viewer, is_like: impl Fn(&Playback) -> bool) -> Playback {
    loop {
        match ServerMessage::from_body(PLAYBACK, &viewer.hear(PLAYBACK)) {
            Ok(ServerMessage::Playback(told)) if is_like(&told.playback) => return told.playback.clone(),
            Ok(ServerMessage::Playback(_)) => {}
            other => panic!("a playback state is read as {other:?}"),
        }
    }
}

/// Returns the columns of the bar of `reel` in a viewer's picture.
fn bar_columns(viewer: &Viewer) -> usize {
    let pixels = viewer.picture.rgbx();
    pixels.as_chunks::<4>().0[..250].iter().filter(|pixel| pixel[..3] == [0xff, 0xa0, 0x20]).count()
}

/// Takes updates until the bar of `reel` has so many columns.
fn take_bar(viewer: &mut Viewer, columns: usize) {
    loop {
        viewer.take_update();
        viewer.acknowledge();
        if bar_columns(viewer) == columns {
            return;
        }
    }
}

#[test]
fn the_film_of_a_plugin_is_paused_sought_and_stepped_by_its_viewers() {
    let library = built_in_rust("reel");
    for flags in PLACES {
        // A column for each frame.
        let line = ["--plugin", name(&library), "reel", "--size", "250x20", "--seconds", "10"];
        let running = Running::start(&[&line, flags].concat());
        let mut viewer = Viewer::join(&running.door(), Transport::Http);
        let command =
            |viewer: &mut Viewer, command| viewer.control.say(ViewerMessage::PlaybackCommand(command));
        let at_us = |told: &Playback| told.position.map(|position| (position.at.0, position.us_per_s));
        let first = playback_where(&mut viewer, |told| told.is_playing && told.can_seek);
        assert_eq!((first.duration, first.began.0), (Some(Duration::from_secs(10)), 0));
        assert_eq!(first.position.map(|position| position.us_per_s), Some(1_000_000));
        command(&mut viewer, PlaybackCommand::Pause);
        playback_where(&mut viewer, |told| !told.is_playing);
        command(&mut viewer, PlaybackCommand::Seek(Duration::from_secs(5)));
        playback_where(&mut viewer, |told| at_us(told) == Some((5_000_000, 0)));
        take_bar(&mut viewer, 250 * 125 / 249);
        command(&mut viewer, PlaybackCommand::Step);
        playback_where(&mut viewer, |told| at_us(told) == Some((5_040_000, 0)));
        take_bar(&mut viewer, 250 * 126 / 249);
        command(&mut viewer, PlaybackCommand::Seek(Duration::from_millis(9900)));
        command(&mut viewer, PlaybackCommand::Play);
        playback_where(&mut viewer, |told| told.is_playing);
        // It stands at its end, which it reaches by itself.
        playback_where(&mut viewer, |told| !told.is_playing && at_us(told) == Some((10_000_000, 0)));
        take_bar(&mut viewer, 250);
    }
}
