//! The bytes of messages, as other programs have to write them: those of the golden vectors.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use lanstream_core::frame_sink::Backlog;
use lanstream_core::options::OptionSpec;
use lanstream_core::registry::Descriptor;
use lanstream_core::source::Position;
use lanstream_core::{Micros, PixelFormat, Rect, Size};

use super::*;
use crate::cursor::ShapeSize;
use crate::process::cursor::ShapeState;

fn layout() -> Layout {
    let size = Size { width: 30, height: 20 };
    Layout { stride: 160, ..Layout::packed(size, PixelFormat::Rgbx8) }
}

/// Returns the bytes of the messages in `docs/frame-link-vectors.json`, by their names.
fn vectors(kind: &str) -> BTreeMap<String, String> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/frame-link-vectors.json");
    let mut vectors: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    serde_json::from_value(vectors[kind].take()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Checks that each message has these bytes, is read back from them, and from no part of them.
fn check<T: fmt::Debug>(
    kind: &str,
    messages: &[(&str, T)],
    write: impl Fn(&T, &mut Vec<u8>),
    read: impl Fn(&[u8]) -> Result<T, MalformedError>,
) {
    let mut written = BTreeMap::new();
    for (name, message) in messages {
        let mut bytes = Vec::new();
        write(message, &mut bytes);
        assert_eq!(format!("{:?}", read(&bytes).unwrap()), format!("{message:?}"));
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end]).is_err(), "{name} cut off at {end}");
        }
        written.insert((*name).to_owned(), hex(&bytes));
    }
    assert_eq!(written, vectors(kind));
}

fn stream() -> StreamInfo {
    let description = Description { name: "a film".into(), ..Description::default() };
    StreamInfo { layout: layout(), description, has_sound: true }
}

fn sound() -> AudioChunk {
    AudioChunk { at: Pts(-5), samples: vec![1, 2, 3, 4, 5, 6, 7, 8] }
}

fn film() -> Playback {
    Playback {
        is_playing: true,
        can_seek: true,
        began: Pts(-5),
        duration: Some(Duration::from_secs(5)),
        position: Some(Position { at: Pts(7), us_per_s: 1_000_000 }),
        tracks: ["english".to_owned(), "deutsch".to_owned()].into(),
        track: Some(1),
    }
}

fn frame(damage: Region) -> Request {
    Request::Frame(FrameInfo {
        seq: 9,
        is_repeated: false,
        damage,
        at: Micros(5_000_000),
        captured_at: Micros(4_000_000),
        pts: Some(Pts(-5)),
        backlog: Backlog { waiting: 2, held: Duration::from_micros(7) },
    })
}

#[test]
fn requests_have_the_bytes_of_the_vectors() {
    let region = Region::from(Rect { x: 1, y: 2, width: 3, height: 4 });
    let values = OptionValues::default().with("size", "3x4").with("loop", "");
    let requests = [
        ("describe, link version 4", Request::Describe),
        ("open source 2, size = 3x4, loop", Request::Open { index: 2, values: values.clone() }),
        ("wait", Request::Wait),
        ("buffer 7 of 9 * 2^32 bytes", Request::Buffer { id: 7, len: 9 << 32 }),
        ("release 7", Request::Release { id: 7 }),
        (
            "capture 3x4 at 1,2 into 7, 30x20 RGBX with a stride of 160",
            Request::Capture { id: 7, layout: layout(), region },
        ),
        ("open sink 1, size = 3x4, loop", Request::OpenSink { index: 1, values }),
        ("begin 30x20 RGBX with a stride of 160 and sound", Request::Begin(stream())),
        (
            "frame 9 with 3x4 at 1,2 damaged, at 5 s, of 4 s, timestamp -5 µs, 2 wait, held 7 µs",
            frame(region),
        ),
        ("audio from -5 µs: one frame", Request::Audio(sound())),
        ("finish", Request::Finish),
        ("interrupt", Request::Interrupt),
        ("cursor", Request::Cursor),
        ("playback", Request::Playback),
        ("control: pause", Request::Control(PlaybackCommand::Pause)),
        ("control: seek to 5 s", Request::Control(PlaybackCommand::Seek(Duration::from_secs(5)))),
        ("control: track 1", Request::Control(PlaybackCommand::Track(1))),
    ];
    check("requests", &requests, Request::write, Request::read);
}

#[test]
fn replies_have_the_bytes_of_the_vectors() {
    let description = Description {
        name: "a camera".into(),
        stalled: Some("it is asleep".into()),
        alterations: vec!["10 bit shown as 8 bit".into()],
    };
    let options = vec![
        OptionSpec::integer("fps", 1, 60, "Rate").default("30").conflicts("loop"),
        OptionSpec::choice("kind", [("a", "first"), ("b", "")], "Which").requires("fps"),
        OptionSpec::switch("loop", "Again"),
        OptionSpec::path("input", "FILE", "File").positional(),
        OptionSpec::text("title", "TEXT", "Title"),
        OptionSpec::arguments("rest", "WORDS", "Others"),
    ];
    let source = Descriptor { name: "camera".into(), about: "A".into(), examples: "".into(), options };
    let options = vec![OptionSpec::path("file", "FILE", "File")];
    let sink = Descriptor { name: "disk".into(), about: "B".into(), examples: "".into(), options };
    let (sources, sinks) = (vec![source], vec![sink]);
    let captured = Captured { updated: Region::EMPTY, damage: Region::full(layout().size) };
    let event = |event, cursor, sound| Reply::Event { event, described: None, cursor, sound, playback: None };
    let resized = Reply::Event {
        event: Event::Resized,
        described: Some((description.clone(), layout())),
        cursor: None,
        sound: None,
        playback: None,
    };
    let cursor = |x, shape| CursorState { x, y: -2, shape };
    let moved = event(Event::CursorMoved, Some(cursor(40, ShapeState::Same)), None);
    let other = ShapeState::Other(ShapeSize { width: 16, height: 8, hot_x: 3, hot_y: 4 });
    let capabilities = Capabilities { has_cursor: true, has_audio: true, has_playback: true };
    let changed = Reply::Event {
        event: Event::PlaybackChanged,
        described: None,
        cursor: None,
        sound: None,
        playback: Some(Some(film())),
    };
    let replies = [
        (
            "plugin p, version 1, with the source camera, an option of each kind, and the sink disk",
            Reply::Plugin(PluginInfo { name: "p".into(), version: "1".into(), sources, sinks }),
        ),
        (
            "opened: a camera, stalled, one alteration, with a cursor, sound and playback",
            Reply::Opened { description, layout: layout(), capabilities },
        ),
        ("event damaged", event(Event::Damaged, None, None)),
        ("event resized, described as when opened", resized),
        ("event cursor moved to 40,-2, the shape as before", moved),
        ("event playback changed to a film that plays at 7 µs of 5 s in real time, with two tracks", changed),
        ("event sounded from -5 µs: one frame", event(Event::Sounded, None, Some(sound()))),
        ("captured all of 30x20, timestamp -5 µs", Reply::Captured { captured, pts: Some(Pts(-5)) }),
        ("error lost: unplugged", Reply::Failed(Error::new(ErrorKind::Lost, "unplugged"))),
        ("sink opened, gets every frame", Reply::SinkOpened(Delivery::Every)),
        ("taken, complete", Reply::Taken(SinkStatus::Complete)),
        ("cursor at -1,-2, hidden", Reply::Cursor(cursor(-1, ShapeState::Hidden))),
        ("cursor at -1,-2, another shape of 16x8 that points with 3,4", Reply::Cursor(cursor(-1, other))),
        ("playback of a live stream", Reply::Playback(None)),
        (
            "playback of a film that plays at 7 µs of 5 s in real time, with two tracks",
            Reply::Playback(Some(film())),
        ),
    ];
    check("replies", &replies, Reply::write, Reply::read);
}
