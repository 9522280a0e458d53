//! The golden vectors of `docs/protocol-vectors.json`, which the JavaScript tests read too: every message as bytes and
//! as fields. `LANSTREAM_BLESS=1 cargo test -p lanstream-core --test vectors` writes the file anew after a change meant
//! so.
#![cfg(not(loom))]

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use lanstream_core::picture_hash;
use lanstream_core::planar::{Chroma, Depth, Matrix, Planar, Range};
use lanstream_core::protocol::{
    Ack, BandHead, Certificates, Encoding, Fragment, GoodbyeCode, HELLO_CODES, HELLO_VERIFY, Hello, Nack,
    NoticeCode, ParseError, Patch, Proven, ROUTE_PLAIN, Route, ServerMessage, SourceState, TransportId,
    VERSION, Version, ViewerMessage, kind,
};
use lanstream_core::source::{
    AudioChunk, Cursor, CursorShape, Description, Playback, PlaybackCommand, PlaybackSnapshot, Pointer,
    Position,
};
use lanstream_core::{Micros, Picture, Pts, Rect, Size};
use serde_json::{Value, json};

#[test]
fn the_file_holds_what_this_end_writes() {
    let vectors = Value::Array([viewer(), server(), film(), bands()].concat());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/protocol-vectors.json");
    if std::env::var_os("LANSTREAM_BLESS").is_some() {
        let text = serde_json::to_string_pretty(&vectors).unwrap();
        std::fs::write(&path, text + "\n").unwrap();
    }
    let file: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(file, vectors);
}

#[test]
fn what_a_viewer_writes_reads_back_and_every_cut_is_incomplete() {
    for (_, message, _) in viewer_messages() {
        let bytes = bytes_of(&message);
        assert_eq!(ViewerMessage::read(&bytes), Ok(Some((message, bytes.len()))));
        for cut in 0..bytes.len() {
            assert_eq!(ViewerMessage::read(&bytes[..cut]), Ok(None));
        }
    }
}

#[test]
fn an_error_names_the_field_and_what_was_found() {
    let refused = |bytes: &[u8]| ViewerMessage::read(bytes).unwrap_err();
    let (kind, field) = (kind::ROUTE, "transport");
    assert_eq!(refused(&[4, 0, 0, 0, kind, 0, 0, 0, 1, 0, 0, 0]), ParseError::CutOff { kind, field });
    let mut route = [0; 26];
    (route[0], route[4], route[12]) = (18, kind, 17);
    assert_eq!(refused(&route), ParseError::InvalidField { kind, field, found: 17 });
    let ping = [5, 0, 0, 0, kind::PING, 0, 0, 0, 1, 0, 0, 0, 0];
    assert_eq!(refused(&ping), ParseError::Excess { kind: kind::PING, bytes: 1 });
    let text = [2, 0, 0, 0, kind::SOURCE, 0, 0, 0, 0, 0xff];
    let reason = ServerMessage::read(&text).unwrap_err();
    assert_eq!(reason, ParseError::InvalidText { kind: kind::SOURCE, field: "text" });
    assert_eq!(reason.to_string(), "message 0x11: text is not UTF-8");
}

#[test]
fn lengths_that_lie_are_errors() {
    let mut bytes = bytes_of(&ViewerMessage::Ping { token: 1 });
    bytes[0] = 3;
    assert!(ViewerMessage::read(&bytes).is_err());
    bytes[0] = 5;
    bytes.push(0);
    assert!(ViewerMessage::read(&bytes).is_err());
    bytes[..4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(ViewerMessage::read(&bytes).is_err());
    assert!(ViewerMessage::read(&[0, 0, 0, 0, 0x7f, 0, 0, 0]).is_err());
}

fn viewer_messages() -> Vec<(&'static str, ViewerMessage, Value)> {
    let hello = Hello { version: VERSION, flags: HELLO_VERIFY | HELLO_CODES };
    let route = Route {
        number: 3,
        transport: TransportId::new(3).expect("the number is in range"),
        flags: ROUTE_PLAIN,
        epoch: u64::MAX - 1,
        held_seq: 77,
    };
    let ack = Ack { seq: 5, receive_us: 1234, paint_us: 900, decode_us: 450, total_us: 5100 };
    vec![
        ("hello", ViewerMessage::Hello(hello), json!({"version": VERSION, "flags": 5})),
        (
            "ack",
            ViewerMessage::Ack(ack),
            json!({"seq": 5, "receive_us": 1234, "paint_us": 900, "decode_us": 450, "total_us": 5100}),
        ),
        (
            "proof",
            ViewerMessage::Proof { seq: 6, hash: 0xfedc_ba98_7654_3210 },
            json!({"seq": 6, "hash": "18364758544493064720"}),
        ),
        ("ping", ViewerMessage::Ping { token: 0xdead_beef }, json!({"token": 0xdead_beef_u32})),
        ("refresh", ViewerMessage::Refresh, json!({})),
        ("ask-ticket", ViewerMessage::AskTicket, json!({})),
        ("flow", ViewerMessage::Flow { paused: true }, json!({"paused": true})),
        (
            "route",
            ViewerMessage::Route(route),
            json!({"number": 3, "transport": 3, "flags": 1, "epoch": "18446744073709551614", "held_seq": 77}),
        ),
        ("pause", ViewerMessage::PlaybackCommand(PlaybackCommand::Pause), json!({"command": 0, "to_us": 0})),
        ("play", ViewerMessage::PlaybackCommand(PlaybackCommand::Play), json!({"command": 1, "to_us": 0})),
        ("step", ViewerMessage::PlaybackCommand(PlaybackCommand::Step), json!({"command": 2, "to_us": 0})),
        (
            "seek",
            ViewerMessage::PlaybackCommand(PlaybackCommand::Seek(Duration::from_micros(7_200_000_001))),
            json!({"command": 3, "to_us": 7_200_000_001_u64}),
        ),
        (
            "track",
            ViewerMessage::PlaybackCommand(PlaybackCommand::Track(2)),
            json!({"command": 4, "to_us": 2}),
        ),
        (
            "nack",
            ViewerMessage::Nack(Nack { number: 3, band: 4, offset: 1400, bytes: u32::MAX }),
            json!({"number": 3, "band": 4, "offset": 1400, "bytes": u32::MAX}),
        ),
    ]
}

fn viewer() -> Vec<Value> {
    viewer_messages()
        .iter()
        .map(|(name, message, fields)| vector(name, "viewer", &bytes_of(message), fields))
        .collect()
}

fn server() -> Vec<Value> {
    let rgba: Vec<u8> = (0..2 * 3 * 4).collect();
    let shape = CursorShape { serial: 9, width: 2, height: 3, hot_x: 1, hot_y: 2, rgba: rgba.clone() };
    let cursor = Cursor { x: -4, y: 70_000, shape: Some(Arc::new(shape.clone())) };
    let pointer = Pointer { cursor, moves: 31 };
    let piece = Fragment { number: 3, band: 4, offset: 1400, total: 70_000, bytes: &rgba[..5] };
    let certificates = Certificates { port: 4433, hashes: vec![[0xab; 32], [0xcd; 32]] };
    let stats = r#"{"capture_us":1,"compare_us":2,"send_us":3,"fps":25.0,"mbps":4000.5,"viewers":1,"missed_damage":0,"skipped":7}"#;
    let messages = [
        (
            "welcome",
            ServerMessage::Welcome { version: Version, epoch: 3, clock_us: 1 << 40 },
            json!({"version": VERSION, "epoch": "3", "clock_us": 1_u64 << 40}),
        ),
        (
            "source",
            ServerMessage::Source { state: SourceState::Lost, text: "größer" },
            json!({"state": 1, "text": "größer"}),
        ),
        (
            "cursor-shape",
            ServerMessage::CursorShape(Cow::Borrowed(&shape)),
            json!({"serial": 9, "width": 2, "height": 3, "hot_x": 1, "hot_y": 2, "pixels": hex(&rgba)}),
        ),
        (
            "cursor-at",
            ServerMessage::CursorAt((&pointer).into()),
            json!({"x": -4, "y": 70_000, "serial": 9, "moves": 31}),
        ),
        ("pong", ServerMessage::Pong { token: 8, clock_us: 99 }, json!({"token": 8, "clock_us": 99})),
        ("stats", ServerMessage::Stats { json: stats }, json!({"json": stats})),
        (
            "proven",
            ServerMessage::Proven(Proven { seq: 4, exact: true, count: 12_345 }),
            json!({"seq": 4, "exact": true, "count": 12_345}),
        ),
        (
            "notice",
            ServerMessage::Notice { code: NoticeCode::SelfCapture, text: "mirror" },
            json!({"code": 1, "text": "mirror"}),
        ),
        (
            "goodbye",
            ServerMessage::Goodbye { code: GoodbyeCode::Ended, text: "bye" },
            json!({"code": 1, "text": "bye"}),
        ),
        ("ticket", ServerMessage::Ticket { ticket: "00ff" }, json!({"ticket": "00ff"})),
        ("routed", ServerMessage::Routed { number: 3 }, json!({"number": 3})),
        ("unrouted", ServerMessage::Unrouted { number: 4 }, json!({"number": 4})),
        (
            "certificates",
            ServerMessage::Certificates(Cow::Borrowed(&certificates)),
            json!({"port": 4433, "hashes": ["ab".repeat(32), "cd".repeat(32)]}),
        ),
        (
            "fragment",
            ServerMessage::Fragment(piece),
            json!({"number": 3, "band": 4, "offset": 1400, "total": 70_000, "bytes": hex(piece.bytes)}),
        ),
        (
            "fragments-end",
            ServerMessage::FragmentsEnd { number: 3, bands: 9 },
            json!({"number": 3, "bands": 9}),
        ),
    ];
    messages.iter().map(|(name, message, fields)| told(name, message, fields)).collect()
}

/// What is told of a source, and of a film.
fn film() -> Vec<Value> {
    let duration = Some(Duration::from_micros(90_000_001));
    let position = Some(Position { at: Pts(1_500_000), us_per_s: 1_000_000 });
    let tracks: Arc<[String]> = ["eng".to_owned(), "Kommentar (deu)".to_owned()].into();
    let (began, track) = (Pts(0), Some(1));
    let film = Playback { is_playing: true, can_seek: true, began, duration, position, tracks, track };
    let went =
        |playback: &Playback| PlaybackSnapshot { playback: playback.clone(), at: Micros(7_000_000_123) };
    let sound: Vec<u8> = [0.5_f32, -0.25, 1.0, 0.0].into_iter().flat_map(f32::to_le_bytes).collect();
    let endless = Playback {
        duration: None,
        is_playing: false,
        began: Pts(180_000_002),
        position: None,
        tracks: Arc::default(),
        track: None,
        ..film
    };
    let description = Description {
        name: "größe".to_owned(),
        stalled: Some("the window is minimised".to_owned()),
        alterations: vec!["10 bit shown as 8 bit".to_owned(), "interlaced".to_owned()],
    };
    vec![
        told(
            "description",
            &ServerMessage::Description(Cow::Borrowed(&description)),
            &json!({"name": "größe", "stalled": "the window is minimised", "alterations": ["10 bit shown as 8 bit", "interlaced"]}),
        ),
        told(
            "playback",
            &ServerMessage::Playback(Cow::Owned(went(&film))),
            &json!({
                "is_playing": true, "can_seek": true, "duration_us": 90_000_001, "began_us": 0, "position_us": 1_500_000,
                "at_us": 7_000_000_123_u64, "us_per_s": 1_000_000, "track": 1, "tracks": ["eng", "Kommentar (deu)"],
            }),
        ),
        told(
            "sound",
            &ServerMessage::Sound(Cow::Owned(AudioChunk { at: Pts(-20_000), samples: sound.clone() })),
            &json!({"at_us": -20_000, "samples": hex(&sound)}),
        ),
        told(
            "playback-without-end",
            &ServerMessage::Playback(Cow::Owned(went(&endless))),
            &json!({
                "is_playing": false, "can_seek": true, "duration_us": null, "began_us": 180_000_002, "position_us": null,
                "at_us": 7_000_000_123_u64, "us_per_s": 0, "track": null, "tracks": [],
            }),
        ),
    ]
}

fn told(name: &str, message: &ServerMessage<'_>, fields: &Value) -> Value {
    let mut bytes = Vec::new();
    message.write(&mut bytes);
    assert_eq!(ServerMessage::read(&bytes), Ok(Some((message.clone(), bytes.len()))), "{name}");
    vector(name, "server", &bytes, fields)
}

fn bands() -> Vec<Value> {
    let size = Size { width: 40, height: 30 };
    let head = BandHead {
        seq: 2,
        base: 0,
        size,
        planar: None,
        captured_at_us: 1_000_000,
        pts: None,
        first: true,
        commit: true,
        aborted: false,
    };
    let raw = Patch::new(Rect { x: 1, y: 2, width: 3, height: 2 }, Encoding::Raw);
    let solid = Patch::new(Rect { x: 10, y: 20, width: 30, height: 10 }, Encoding::Solid);
    let later = BandHead { first: false, base: 1, ..head };
    let opening = BandHead { commit: false, ..head };
    // 41 pixels are eleven cells; with chroma there are 465 of these in all.
    let planar =
        Planar { chroma: Chroma::C420, depth: Depth::Eight, matrix: Matrix::Bt2020, range: Range::Full };
    let size = Size { width: 41, height: 30 };
    let in_planes = BandHead { size, planar: Some(planar), pts: Some(Pts(-40_000)), ..head };
    let cells = Patch::new(Rect { x: 7, y: 42, width: 4, height: 1 }, Encoding::Raw);
    vec![
        band("band-whole", &head, &[raw, solid]),
        band("band-opening", &opening, &[solid]),
        band("band-last", &later, &[raw]),
        band("band-in-planes", &in_planes, &[cells]),
    ]
}

fn band(name: &str, head: &BandHead, patches: &[Patch]) -> Value {
    let mut bytes = BytesMut::new();
    head.write(&mut bytes, patches);
    let data: usize = patches.iter().map(|patch| patch.bytes).sum();
    bytes.extend((0..data).map(|i| if i % 4 == 3 { 255 } else { i.to_le_bytes()[0] }));
    assert_eq!(
        BandHead::read(&bytes).map(|(head, patches, _)| (head, patches)),
        Ok((*head, patches.to_vec()))
    );
    let rows: Vec<Value> = patches
        .iter()
        .map(|Patch { rect, encoding, .. }| {
            json!({"x": rect.x, "y": rect.y, "width": rect.width, "height": rect.height, "encoding": encoding.number()})
        })
        .collect();
    let fields = json!({
        "seq": head.seq, "base": head.base, "width": head.size.width, "height": head.size.height,
        "captured_at_us": head.captured_at_us, "pts_us": head.pts.map(|pts| pts.0),
        "planes": head.planar.map(Planar::to_wire), "first": head.first, "commit": head.commit, "patches": rows,
    });
    vector(name, "band", &bytes, &fields)
}

#[test]
fn the_hash_of_known_pixels() {
    let pixels: Vec<u8> = (0..11 * 4).map(|i| if i % 4 == 3 { 255 } else { i * 5 }).collect();
    assert_eq!(hash_of(&pixels), HASH_OF_ELEVEN);
    let empty = hash_of(&[]);
    assert_ne!(empty, hash_of(&[0, 0, 0, 255]));
}

/// Of pixels in one row.
fn hash_of(pixels: &[u8]) -> u64 {
    let width = u32::try_from(pixels.len() / 4).unwrap_or_default();
    picture_hash(pixels, Size { width, height: 1 }, None)
}

/// The JavaScript hash test has the same figure.
const HASH_OF_ELEVEN: u64 = 17_008_374_878_294_315_656;

#[test]
fn truncated_and_altered_bands_never_change_a_picture() {
    let size = Size { width: 40, height: 30 };
    let head = BandHead {
        seq: 2,
        base: 0,
        size,
        planar: None,
        captured_at_us: 0,
        pts: None,
        first: true,
        commit: true,
        aborted: false,
    };
    let patch = Patch::new(Rect { x: 1, y: 2, width: 3, height: 2 }, Encoding::Raw);
    let mut whole = BytesMut::new();
    head.write(&mut whole, &[patch]);
    whole.extend([9; 24]);
    for cut in 0..whole.len() {
        assert!(Picture::default().take(&whole[..cut]).is_err());
    }
    for at in 0..whole.len() - 24 {
        for bit in 0..8 {
            let mut altered = whole.to_vec();
            altered[at] ^= 1 << bit;
            let mut picture = Picture::default();
            let taken = picture.take(&altered);
            assert!(taken.is_ok() || picture == Picture::default());
        }
    }
}

fn vector(name: &str, kind: &str, bytes: &[u8], fields: &Value) -> Value {
    json!({"name": name, "kind": kind, "hex": hex(bytes), "fields": fields})
}

fn bytes_of(message: &ViewerMessage) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.write(&mut bytes);
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
