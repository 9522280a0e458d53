//! Strangers' bytes: whatever comes, it is refused or the connection ends, and everyone else goes on.

use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

use lanstream_core::protocol::{Ack, Hello, VERSION, VIEWER_MESSAGE_BYTES_MAX, ViewerMessage, kind};
use lanstream_testkit::http::{Peer, request};
use lanstream_testkit::viewer::{GOODBYE, HELLO, PONG, SOURCE, Transport, Viewer, WELCOME, route};
use lanstream_testkit::websocket::{BINARY, CLOSE, FINAL, Heard, PING, TEXT};

use crate::serving::Serving;

/// The http sink's time for a head to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// More messages than a viewer may send in a second, wherever the second begins.
const FLOOD: usize = 2500;

#[test]
fn bytes_that_are_no_request() {
    let serving = Serving::motion();
    let noise: Vec<u8> = (0..4096_u32).map(|i| (i.wrapping_mul(0x9E37_79B1) >> 24) as u8).collect();
    let host = serving.door.host();
    let heads: Vec<Vec<u8>> = vec![
        noise,
        vec![0; 1000],
        vec![b'\n'; 1000],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n".to_vec(),
        b"GET /".to_vec(),
        format!("GET / HTTP/1.1\r\n{host}").into_bytes(),
        format!("GET / HTTP/1.1\r\n{host}\r\nX: a\0b\r\n\r\n").into_bytes(),
        format!("GET /\u{7f} HTTP/1.1\r\n{host}\r\n\r\n").into_bytes(),
        format!("POST /session HTTP/1.1\r\n{host}\r\nContent-Length: -1\r\n\r\n").into_bytes(),
        format!("POST /session HTTP/1.1\r\n{host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")
            .into_bytes(),
        format!("POST /session HTTP/1.1\r\n{host}\r\nTransfer-Encoding: gzip\r\n\r\n").into_bytes(),
    ];
    for head in heads {
        let mut peer = Peer::connect(serving.door.address);
        peer.send(&head);
        peer.finish();
        let answer = peer.rest();
        let refused = answer.is_empty() || answer.starts_with(b"HTTP/1.1 4");
        assert!(refused, "{:?} got {}", String::from_utf8_lossy(&head), String::from_utf8_lossy(&answer));
    }
    serving.assert_well();
}

#[test]
fn heads_beyond_all_size() {
    let serving = Serving::motion();
    let door = &serving.door;
    let long = vec![door.host(), format!("X-Long: {}", "a".repeat(100_000))];
    let many: Vec<_> = std::iter::once(door.host()).chain((0..1000).map(|i| format!("X-{i}: 1"))).collect();
    let target = format!("GET /{}", "a".repeat(100_000));
    for bytes in [request("GET /", &long), request("GET /", &many), request(&target, &[door.host()])] {
        let mut peer = Peer::connect(door.address);
        peer.send(&bytes);
        // A reset may overtake the answer, since some of the head was never read.
        assert!(peer.head().is_none_or(|(status, _)| matches!(status, 414 | 431)), "a giant was let in");
    }
    let browser: Vec<_> = (0..40).map(|i| format!("X-{i}: {}", "a".repeat(200))).collect();
    assert_eq!(door.ask("GET /", &browser).status, 200);
    serving.assert_well();
}

#[test]
fn a_body_that_never_comes() {
    let serving = Serving::motion();
    let door = &serving.door;
    let headers = [
        door.host(),
        door.origin(),
        format!("Authorization: Bearer {}", door.token),
        "Content-Length: 999999999".into(),
    ];
    let mut peer = Peer::connect(door.address);
    peer.send(&request("POST /session", &headers));
    assert_eq!(peer.response().map(|response| response.status), Some(200));
    assert_eq!(peer.rest(), b"", "the server does not wait for it");
    serving.assert_well();
}

#[test]
fn a_connection_that_closed_its_sending_half() {
    let serving = Serving::motion();
    let mut silent = Peer::connect(serving.door.address);
    silent.finish();
    assert_eq!(silent.rest(), b"");
    let mut asking = Peer::connect(serving.door.address);
    asking.send(&request("GET /page.js", &[serving.door.host()]));
    asking.finish();
    assert_eq!(asking.response().map(|response| response.status), Some(200));
    serving.assert_well();
}

/// One byte whenever the server has said nothing for a while, until it ends the connection.
fn dribble(mut peer: Peer, bytes: &[u8]) -> usize {
    let pace = HEAD_TIMEOUT / 20;
    peer.stream.set_read_timeout(Some(pace)).unwrap();
    for (sent, byte) in bytes.iter().enumerate() {
        peer.send(&[*byte]);
        match peer.stream.read(&mut [0; 512]) {
            Ok(0) => return sent,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_reset) => return sent,
        }
    }
    panic!("the server took {} bytes at one every {pace:?}", bytes.len());
}

#[test]
fn heads_that_take_forever() {
    let serving = Serving::motion();
    let door = &serving.door;
    let began = Instant::now();
    let silent = Peer::connect(door.address);
    let mut half = Peer::connect(door.address);
    half.send(format!("GET / HTTP/1.1\r\n{}\r\n", door.host()).as_bytes());
    let mut idle = Peer::connect(door.address);
    idle.send(&request("GET /page.css", &[door.host()]));
    assert_eq!(idle.response().map(|response| response.status), Some(200));
    let slow = Peer::connect(door.address);
    dribble(slow, &request("GET /", &[door.host(), format!("X: {}", "a".repeat(400))]));
    for mut peer in [silent, half, idle] {
        peer.rest();
    }
    assert!(began.elapsed() >= HEAD_TIMEOUT / 2, "they were given some time");
    serving.assert_well();
}

fn ack(seq: u32) -> ViewerMessage {
    ViewerMessage::Ack(Ack { seq, ..Ack::default() })
}

/// A route by the transport with this number.
fn route_by(transport: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    route(1, Transport::WebSocket, 0, 0).write(&mut bytes);
    bytes[12] = transport;
    bytes
}

/// Something that a viewer must not do, and a part of the reason that it is given, if any.
type Offence = (&'static str, fn(&mut Viewer), &'static str);

/// By a viewer that has not said hello.
const BEFORE_HELLO: &[Offence] = &[
    ("ack before hello", |viewer| viewer.control.say(ack(1)), "hello must come first"),
    ("refresh before hello", |viewer| viewer.control.say(ViewerMessage::Refresh), "hello must come first"),
    (
        "pause before hello",
        |viewer| viewer.control.say(ViewerMessage::Flow { paused: true }),
        "hello must come first",
    ),
    (
        "route before hello",
        |viewer| viewer.control.say(route(1, Transport::WebSocket, 0, 0)),
        "hello must come first",
    ),
    ("another version", |viewer| viewer.control.say(hello_of_version(VERSION + 1)), "speaks protocol 5"),
    ("version 0", |viewer| viewer.control.say(hello_of_version(0)), "speaks protocol 0"),
];

/// By a viewer whose pixels come on the channel, and that has acknowledged none of them.
const AFTER_HELLO: &[Offence] = &[
    ("two hellos", |viewer| viewer.control.say(HELLO), "hello must come first, and once"),
    ("ack of nothing", |viewer| viewer.control.say(ack(99_999)), "not in flight"),
    ("ack twice", ack_twice, "not in flight"),
    ("text", |viewer| viewer.control.send(FINAL | TEXT, b"{\"hello\":1}"), "message"),
    ("empty message", |viewer| viewer.control.send(FINAL | BINARY, b""), "ends early"),
    ("half a header", |viewer| viewer.control.send(FINAL | BINARY, &[0; 4]), "ends early"),
    (
        "length beyond the message",
        |viewer| viewer.control.send(FINAL | BINARY, &[9, 0, 0, 0, kind::PING, 0, 0, 0]),
        "ends early",
    ),
    (
        "length beyond the limit",
        |viewer| viewer.control.send(FINAL | BINARY, &[255; 8]),
        "longer than the limit",
    ),
    ("two messages in one", two_messages_in_one, "bytes after the message"),
    (
        "unknown kind",
        |viewer| viewer.control.send(FINAL | BINARY, &[0, 0, 0, 0, 0x99, 0, 0, 0]),
        "unknown message kind",
    ),
    (
        "a server's kind",
        |viewer| viewer.control.send(FINAL | BINARY, &[0, 0, 0, 0, kind::BAND, 0, 0, 0]),
        "unknown message kind",
    ),
    (
        "body of the wrong length",
        |viewer| viewer.control.send(FINAL | BINARY, &[1, 0, 0, 0, kind::PING, 0, 0, 0, 0]),
        "token is cut off",
    ),
    (
        "pause by 2",
        |viewer| viewer.control.send(FINAL | BINARY, &[1, 0, 0, 0, kind::FLOW, 0, 0, 0, 2]),
        "paused has the invalid value 2",
    ),
    (
        "route by a transport of another run",
        |viewer| viewer.control.send(FINAL | BINARY, &route_by(9)),
        "transport 9 is not offered",
    ),
    (
        "route by nothing that there is",
        |viewer| viewer.control.send(FINAL | BINARY, &route_by(17)),
        "transport has the invalid value 17",
    ),
    (
        "flood of routes",
        |viewer| flood(viewer, |viewer| viewer.control.say(route(1, Transport::WebSocket, 0, 0))),
        "too many messages",
    ),
    (
        "flood of pings",
        |viewer| flood(viewer, |viewer| viewer.control.say(ViewerMessage::Ping { token: 1 })),
        "too many messages",
    ),
    (
        "flood of refreshes",
        |viewer| flood(viewer, |viewer| viewer.control.say(ViewerMessage::Refresh)),
        "too many messages",
    ),
    (
        "flood of WebSocket pings",
        |viewer| flood(viewer, |viewer| viewer.control.send(FINAL | PING, b"")),
        "too many messages",
    ),
    (
        "flood of WebSocket pongs",
        |viewer| flood(viewer, |viewer| viewer.control.send(FINAL | 0xa, b"")),
        "too many messages",
    ),
    ("flood of empty fragments", empty_fragments, "too many messages"),
    ("flood of pings between fragments", pings_between_fragments, "too many messages"),
    (
        "unmasked",
        |viewer| viewer.control.send_unmasked(FINAL | BINARY, &[0, 0, 0, 0, kind::REFRESH, 0, 0, 0]),
        "",
    ),
    (
        "message over 1 KiB",
        |viewer| viewer.control.send(FINAL | BINARY, &[0; VIEWER_MESSAGE_BYTES_MAX + 9]),
        "",
    ),
    ("message of 64 KiB", |viewer| viewer.control.send(FINAL | BINARY, &[0; 1 << 16]), ""),
    ("fragments over 1 KiB", fragments_over_the_limit, ""),
    ("fragment of nothing", |viewer| viewer.control.send(FINAL, b"abc"), ""),
    ("text that is none", |viewer| viewer.control.send(FINAL | TEXT, b"\xff\xfe"), ""),
    ("reserved type of data", |viewer| viewer.control.send(FINAL | 0x3, b"abc"), ""),
    ("reserved type of control", |viewer| viewer.control.send(FINAL | 0xb, b"abc"), ""),
    ("reserved bit", |viewer| viewer.control.send(FINAL | BINARY | 0x40, b"abc"), ""),
    ("ping in fragments", |viewer| viewer.control.send(PING, b"abc"), ""),
    ("ping of 200 bytes", |viewer| viewer.control.send(FINAL | PING, &[0; 200]), ""),
    ("close of one byte", |viewer| viewer.control.send(FINAL | CLOSE, b"x"), ""),
    ("close", |viewer| viewer.control.send(FINAL | CLOSE, &1000_u16.to_be_bytes()), ""),
    ("end in the middle of a frame", end_in_the_middle, ""),
    ("bytes that are no frame", |viewer| viewer.control.peer.send(&[0xff; 3000]), ""),
];

fn hello_of_version(version: u16) -> ViewerMessage {
    ViewerMessage::Hello(Hello { version, flags: 0 })
}

fn ack_twice(viewer: &mut Viewer) {
    viewer.take_update();
    viewer.acknowledge();
    viewer.acknowledge();
}

fn two_messages_in_one(viewer: &mut Viewer) {
    let mut bytes = Vec::new();
    ViewerMessage::Ping { token: 1 }.write(&mut bytes);
    ViewerMessage::Ping { token: 2 }.write(&mut bytes);
    viewer.control.send(FINAL | BINARY, &bytes);
}

fn fragments_over_the_limit(viewer: &mut Viewer) {
    viewer.control.send(BINARY, &[0; 600]);
    viewer.control.send(0, &[0; 600]);
}

fn empty_fragments(viewer: &mut Viewer) {
    viewer.control.send(BINARY, b"");
    flood(viewer, |viewer| viewer.control.send(0, b""));
}

fn pings_between_fragments(viewer: &mut Viewer) {
    viewer.control.send(BINARY, b"x");
    flood(viewer, |viewer| viewer.control.send(FINAL | PING, b""));
}

fn end_in_the_middle(viewer: &mut Viewer) {
    viewer.control.peer.send(&[FINAL | BINARY, 0x80 | 100, 1, 2, 3, 4, 5]);
    viewer.control.peer.finish();
}

fn flood(viewer: &mut Viewer, say: impl Fn(&mut Viewer)) {
    for _ in 0..FLOOD {
        say(viewer);
    }
}

/// A goodbye's reason: the server goes on, without this viewer.
const EXPELLED: u8 = 2;

/// The server ends the channel of the viewer that did it, and of nobody else.
fn punish(serving: &Serving, mut viewer: Viewer, (offence, commit, reason): &Offence) {
    let mut innocent = Viewer::join(&serving.door, Transport::Http);
    commit(&mut viewer);
    let heard = viewer.control.hear_out();
    drop(viewer);
    innocent.watch(serving.kind, 2);
    drop(innocent);
    serving.wait_until_empty();
    if reason.is_empty() {
        return assert_eq!(serving.reasons(), [""; 0], "{offence}");
    }
    let reasons = serving.reasons();
    assert!(matches!(&*reasons, [one] if one.contains(reason)), "{offence}: {reasons:?}");
    let words = heard.iter().find_map(|heard| match heard {
        Heard::Binary(message) if message[4..9] == [GOODBYE, 0, 0, 0, EXPELLED] => {
            Some(String::from_utf8_lossy(&message[9..]))
        }
        _ => None,
    });
    // A flood that was not read to its end makes the system reset the connection, words and all.
    assert!(
        offence.contains("flood") || words.is_some_and(|words| words.contains(reason)),
        "{offence}: {heard:?}"
    );
}

#[test]
fn rules_broken_before_hello() {
    for offence in BEFORE_HELLO {
        let serving = Serving::motion();
        punish(&serving, Viewer::enter(&serving.door), offence);
        serving.assert_well();
    }
}

#[test]
fn rules_broken_after_hello() {
    for offence in AFTER_HELLO {
        let serving = Serving::motion();
        punish(&serving, Viewer::join(&serving.door, Transport::WebSocket), offence);
        serving.assert_well();
    }
}

#[test]
fn rules_broken_on_the_control_channel_end_the_pixels_elsewhere() {
    let serving = Serving::motion();
    let mut viewer = Viewer::join(&serving.door, Transport::Http);
    viewer.watch(serving.kind, 2);
    viewer.control.say(ack(99_999));
    viewer.control.hear_out();
    viewer.pixels.as_mut().unwrap().rest();
    serving.wait_until_empty();
    serving.assert_well();
}

#[test]
fn a_control_channel_without_a_hello() {
    let serving = Serving::motion();
    let mut viewer = Viewer::enter(&serving.door);
    viewer.control.hear_out();
    serving.wait_until_empty();
    assert_eq!(serving.reasons(), ["no hello within 5 seconds"]);
    serving.assert_well();
}

#[test]
fn what_is_odd_but_allowed() {
    let serving = Serving::motion();
    let mut viewer = Viewer::enter(&serving.door);
    let mut bytes = Vec::new();
    HELLO.write(&mut bytes);
    viewer.control.send(BINARY, &bytes[..5]);
    viewer.control.send(FINAL | PING, b"between");
    viewer.control.send(0, b"");
    viewer.control.send(FINAL, &bytes[5..]);
    assert_eq!(viewer.control.hear(), Heard::Pong(b"between".to_vec()));
    viewer.hear(WELCOME);
    viewer.control.say(ViewerMessage::Proof { seq: 77, hash: 1 });
    viewer.control.say(ViewerMessage::Ping { token: 0xdead_beef });
    assert_eq!(viewer.hear(PONG)[..4], 0xdead_beef_u32.to_le_bytes());
    viewer.control.say(ViewerMessage::Refresh);
    viewer.take_route(&serving.door, Transport::WebSocket);
    viewer.watch(serving.kind, 3);
    assert_eq!(viewer.hear(SOURCE)[0], 0, "live");
}

#[test]
fn a_ping_before_hello_is_answered() {
    let serving = Serving::motion();
    let mut viewer = Viewer::enter(&serving.door);
    viewer.control.say(ViewerMessage::Ping { token: 5 });
    assert_eq!(viewer.hear(PONG)[..4], 5_u32.to_le_bytes());
}
