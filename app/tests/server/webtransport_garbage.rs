//! Strangers' packets: whatever comes by UDP, it is refused or the connection ends, and everyone else goes on.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use lanstream_core::protocol::ViewerMessage;
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::http3::{
    BI_OF_SESSION, DATA, Exchange, HEADERS, Quic, SETTINGS, UNI_OF_SESSION, connect, frame, section,
};
use lanstream_testkit::viewer::{HELLO, PONG, Transport, UNROUTED, Viewer, route};
use lanstream_testkit::webtransport::{Venue, any_port, spawn, wait};
use wtransport::config::QuicTransportConfig;
use wtransport::quinn::{self, ConnectionError};

use crate::serving::Serving;

/// Connections at a time; the sink's own constant is private.
const CONNECTIONS_MAX: usize = 64;
/// The same, those included that a peer keeps for itself.
const CONNECTIONS_OPEN_MAX: usize = 2 * CONNECTIONS_MAX;
/// The sink's time from the first packet to a request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of the first stream that the server opens, and hardly more.
const ROOM_FOR_SETTINGS: u32 = 27;
/// A frame that is longer than any that HTTP/3 has a use for here.
const FRAME_BYTES_TOO_MANY: usize = 5000;

/// A viewer that has said hello, and where sessions are to be had.
fn greeted(serving: &Serving) -> (Viewer, Venue) {
    let mut viewer = Viewer::greet(&serving.door);
    let venue = viewer.find_venue(&serving.door);
    (viewer, venue)
}

fn watching(serving: &Serving) -> Viewer {
    let mut viewer = Viewer::join(&serving.door, Transport::WebTransport);
    viewer.watch(serving.kind, 3);
    viewer
}

fn noise(len: usize, seed: u32) -> Vec<u8> {
    (0..).take(len).map(|i: u32| ((i ^ seed).wrapping_mul(0x9E37_79B1) >> 24) as u8).collect()
}

#[test]
fn packets_that_are_no_quic() {
    let serving = Serving::motion();
    let mut viewer = watching(&serving);
    let address = viewer.venue.as_ref().unwrap().address;
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let long_header_of_no_version = [&[0xc0, 0xfa, 0xce, 0xb0, 0x0c, 8][..], &noise(1300, 7)].concat();
    let long_header = [&[0xc3, 0, 0, 0, 1, 8][..], &noise(1300, 8)].concat();
    let ids_beyond_all_size = [&[0xc3, 0, 0, 0, 1, 255][..], &noise(1300, 9)].concat();
    let short_header = [&[0x40][..], &noise(60, 10)].concat();
    let negotiation = [&[0x80, 0, 0, 0, 0, 8][..], &noise(100, 11)].concat();
    let odd = [long_header_of_no_version, long_header, ids_beyond_all_size, short_header, negotiation];
    let more =
        [vec![], vec![0], vec![0; 1200], vec![0xff; 1472], noise(60_000, 1), b"GET / HTTP/1.1\r\n".into()];
    for round in 0..50 {
        for packet in odd.iter().chain(&more).chain([&noise(1200, round)]) {
            socket.send_to(packet, address).unwrap();
        }
    }
    viewer.watch(serving.kind, 10);
    serving.assert_well();
}

#[test]
fn handshakes_that_ask_for_nothing_are_ended_and_keep_nobody_out() {
    let serving = Serving::motion();
    let (mut viewer, venue) = greeted(&serving);
    let began = Instant::now();
    let waiting = |i| if i % 2 == 0 { Quic::connect(&venue) } else { Quic::speaking(&venue) };
    let held: Vec<_> = (0..CONNECTIONS_MAX).map(waiting).collect();
    viewer.take_route(&serving.door, Transport::WebTransport);
    viewer.watch(serving.kind, 3);
    let (oldest, others) = held.split_first().unwrap();
    oldest.wait_closed();
    let gave_way = began.elapsed();
    for peer in others {
        peer.wait_closed();
    }
    let ended = began.elapsed();
    assert!(gave_way < ended / 2, "it gives way before its time is over: after {gave_way:?} of {ended:?}");
    assert!(ended >= REQUEST_TIMEOUT / 2, "they were given some time");
    viewer.watch(serving.kind, 3);
    drop(viewer);
    serving.assert_well();
}

/// The first packet of a handshake, from one who then hears nothing.
fn initial(venue: &Venue) -> Vec<u8> {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let nowhere = Venue { address: silent.local_addr().unwrap(), ..venue.clone() };
    let asking = spawn(async move {
        let config = nowhere.config().quic_config().clone();
        let endpoint = quinn::Endpoint::client(any_port(nowhere.address)).unwrap();
        let connecting = endpoint.connect_with(config, nowhere.address, "localhost").unwrap();
        drop(connecting.await);
    });
    silent.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut packet = vec![0; 2000];
    let len = silent.recv(&mut packet).unwrap();
    asking.abort();
    packet.truncate(len);
    packet
}

#[test]
fn an_address_that_may_be_forged_gets_fewer_bytes_than_it_sends_and_no_place() {
    /// The types of long headers, and what of them says that the client must show that it hears.
    const LONG_HEADER_TYPE: u8 = 0xf0;
    const RETRY: u8 = 0xf0;
    let serving = Serving::motion();
    let (mut viewer, venue) = greeted(&serving);
    let initial = initial(&venue);
    for _ in 0..3 * CONNECTIONS_MAX {
        let forger = UdpSocket::bind("127.0.0.1:0").unwrap();
        forger.set_read_timeout(Some(PATIENCE)).unwrap();
        forger.send_to(&initial, venue.address).unwrap();
        let mut answer = [0; 2000];
        let len = forger.recv(&mut answer).unwrap();
        assert_eq!(answer[0] & LONG_HEADER_TYPE, RETRY, "{:#x}", answer[0]);
        assert!(len < initial.len(), "{len} bytes for {}", initial.len());
        // Nothing is kept of it, so that nothing comes later.
    }
    viewer.take_route(&serving.door, Transport::WebTransport);
    viewer.watch(serving.kind, 3);
    drop(viewer);
    serving.assert_well();
}

#[test]
fn connections_that_leave_give_their_places_back() {
    let serving = Serving::motion();
    let (_viewer, venue) = greeted(&serving);
    for _ in 0..3 {
        let held: Vec<_> = (0..CONNECTIONS_MAX)
            .map(|_| {
                // The server learns of those that have left one by one.
                std::iter::repeat_with(|| Quic::try_connect(&venue, QuicTransportConfig::default()))
                    .find_map(Result::ok)
            })
            .collect();
        drop(held);
    }
    while Quic::try_connect(&venue, QuicTransportConfig::default()).is_err() {}
    serving.assert_well();
}

/// A peer that takes no more than so many bytes of all that the server would say.
fn with_room(venue: &Venue, bytes: u32) -> Result<Quic, ConnectionError> {
    let mut transport = QuicTransportConfig::default();
    transport.receive_window(bytes.into());
    Quic::try_connect(venue, transport)
}

#[test]
fn peers_that_leave_no_room_for_an_answer_are_ended() {
    let serving = Serving::motion();
    let (mut viewer, venue) = greeted(&serving);
    let path = format!("/pixels?ticket={}", viewer.ticket());
    // The server's settings find room, the status that follows them does not.
    let peers = [None, Some(serving.door.page())].map(|origin| {
        let mut peer = with_room(&venue, ROOM_FOR_SETTINGS).expect("there is a place");
        peer.open(SETTINGS);
        let asked = peer.connect_session("localhost", origin.as_deref(), &path);
        (peer, asked)
    });
    peers.iter().for_each(|(peer, _)| drop(peer.wait_closed()));
    drop(viewer);
    serving.assert_well();
}

/// Peers that the library can't let go of: they leave no room for its first words, or say half of theirs.
fn clinging(venue: &Venue, index: usize) -> Result<(Quic, Option<Exchange>), ConnectionError> {
    if index.is_multiple_of(2) {
        return Ok((with_room(venue, 0)?, None));
    }
    let mut peer = with_room(venue, 1 << 20)?;
    peer.open(SETTINGS);
    let half = peer.ask(&frame(HEADERS, &[0; 100])[..50]);
    Ok((peer, half))
}

#[test]
fn peers_that_cling_are_bounded_and_hold_nobody_up() {
    let serving = Serving::motion();
    let (mut viewer, venue) = greeted(&serving);
    let mut held = Vec::new();
    while held.len() < CONNECTIONS_OPEN_MAX - 1 {
        // Where all places are taken it is refused, until those before it have waited for their time.
        held.extend(clinging(&venue, held.len()));
    }
    let last = std::iter::repeat_with(|| Quic::try_connect(&venue, QuicTransportConfig::default()));
    let last = last.filter_map(Result::ok).next().unwrap();
    // When its time is over, so is that of all others: every place is free.
    last.wait_closed();
    held.extend(std::iter::repeat_with(|| clinging(&venue, 0)).filter_map(Result::ok).next());
    assert!(clinging(&venue, 0).is_err(), "one more is held");
    viewer.take_route(&serving.door, Transport::Http);
    viewer.watch(serving.kind, 3);
    drop(held);
    while Quic::try_connect(&venue, QuicTransportConfig::default()).is_err() {}
    drop(viewer);
    serving.assert_well();
}

/// What a peer says first on a stream one way, and first on one both ways.
type Words = (&'static str, Vec<u8>, Vec<u8>);

/// Words of HTTP/3, at the wrong place or of the wrong kind. None of them gets an answer.
fn wrong_words(path: &str) -> Vec<Words> {
    let good = section(&connect("localhost", path));
    let settings = || SETTINGS.to_vec();
    let with = |name: &'static str, value: &'static str| {
        let fields =
            connect("localhost", path).map(|field| if field.0 == name { (name, value) } else { field });
        frame(HEADERS, &section(&fields))
    };
    let without = |name: &'static str| {
        let fields: Vec<_> = connect("localhost", path).into_iter().filter(|field| field.0 != name).collect();
        frame(HEADERS, &section(&fields))
    };
    vec![
        ("settings twice", [SETTINGS, &SETTINGS[1..]].concat(), vec![]),
        ("data before settings", vec![0x00, DATA, 1, 0], vec![]),
        ("settings with a name twice", vec![0x00, 0x04, 4, 0x33, 1, 0x33, 1], vec![]),
        ("settings of HTTP/2", vec![0x00, 0x04, 2, 0x02, 1], vec![]),
        ("half a setting", vec![0x00, 0x04, 1, 0x33], vec![]),
        ("settings without end", [&[0x00, 0x04, 0x7f, 0xff][..], &[0x33; 3000]].concat(), vec![]),
        ("a push stream", vec![0x01, 0x00], vec![]),
        ("a stream of noise", noise(3000, 3), vec![]),
        ("a stream of a session that is none", [UNI_OF_SESSION, &[0x01], &noise(100, 4)].concat(), vec![]),
        ("a stream of a session to come", [UNI_OF_SESSION, &[0x00], &noise(100, 5)].concat(), vec![]),
        ("noise for a request", settings(), noise(3000, 6)),
        ("data for a request", settings(), frame(DATA, b"abc")),
        ("settings for a request", settings(), frame(0x04, b"")),
        ("a frame of HTTP/2", settings(), frame(0x08, b"")),
        ("a frame beyond all size", settings(), frame(HEADERS, &[0; FRAME_BYTES_TOO_MANY])),
        (
            "a session's stream before the session",
            settings(),
            [BI_OF_SESSION, &[0x00], &noise(100, 6)].concat(),
        ),
        ("half a request", settings(), frame(HEADERS, &good)[..40].to_vec()),
        ("a name without end", settings(), frame(HEADERS, &[&[0, 0, 0x27, 0xff, 0x7f][..], b"abc"].concat())),
        (
            "a length beyond all numbers",
            settings(),
            frame(HEADERS, &[&[0, 0, 0x27][..], &[0xff; 40], &[0x7f]].concat()),
        ),
        ("a section of noise", settings(), frame(HEADERS, &noise(500, 12))),
        ("a name of the table's that is none", settings(), frame(HEADERS, &[0, 0, 0xff, 0x7f])),
        ("a name of a table that moves", settings(), frame(HEADERS, &[0, 0, 0x80])),
        ("letters that are none", settings(), frame(HEADERS, &[0, 0, 0x21, b'a', 0x02, 0xff, 0xfe])),
        ("GET", settings(), with(":method", "GET")),
        ("http", settings(), with(":scheme", "http")),
        ("another protocol", settings(), with(":protocol", "websocket")),
        ("no protocol", settings(), without(":protocol")),
        ("no host", settings(), without(":authority")),
        ("no path", settings(), without(":path")),
    ]
}

#[test]
fn words_that_are_no_request() {
    let serving = Serving::motion();
    let (mut viewer, venue) = greeted(&serving);
    let path = format!("/pixels?ticket={}", viewer.ticket());
    let peers: Vec<_> = wrong_words(&path)
        .into_iter()
        .map(|(hazard, one_way, both_ways)| {
            let mut peer =
                Quic::try_connect(&venue, QuicTransportConfig::default()).expect("there is a place");
            peer.open(&one_way);
            let asked = (!both_ways.is_empty()).then(|| peer.ask(&both_ways)).flatten();
            (hazard, peer, asked)
        })
        .collect();
    for (hazard, peer, asked) in peers {
        let status = asked.and_then(|mut asked| {
            let _closed = asked.sender.finish();
            asked.status()
        });
        assert_eq!(status, None, "{hazard}");
        peer.wait_closed();
    }
    drop(viewer);
    serving.assert_well();
}

#[test]
fn a_second_session_on_one_connection() {
    let serving = Serving::motion();
    let mut viewer = watching(&serving);
    let fields = connect("localhost", "/pixels?ticket=00");
    let request = frame(HEADERS, &section(&fields));
    let again = wait(async {
        let (mut sender, mut receiver) = viewer.quic().open_bi().await.unwrap();
        sender.write_all(&request).await.unwrap();
        tokio::time::timeout(Duration::from_millis(100), receiver.read_to_end(100)).await
    });
    assert!(!matches!(again, Ok(Ok(answer)) if !answer.is_empty()), "it gets no answer");
    viewer.watch(serving.kind, 5);
    drop(viewer);
    serving.assert_well();
}

/// Opens streams both ways and one way, as many as may be, and writes to them for as long as they take it.
async fn flood_streams(connection: quinn::Connection) {
    let writing = |mut stream: quinn::SendStream, head: &'static [u8]| async move {
        let _refused = stream.write_all(head).await;
        while stream.write_all(&[0; 1 << 16]).await.is_ok() {}
    };
    loop {
        tokio::select! {
            Ok(stream) = connection.open_uni() => drop(tokio::spawn(writing(stream, &[0x40, 0x54, 0x00]))),
            Ok((stream, _)) = connection.open_bi() => drop(tokio::spawn(writing(stream, &[0x40, 0x41, 0x00]))),
            else => return,
        }
    }
}

#[test]
fn a_session_that_opens_streams_and_writes_to_them() {
    let serving = Serving::motion();
    let mut viewer = watching(&serving);
    let flood = spawn(flood_streams(viewer.quic()));
    viewer.watch(serving.kind, 30);
    let received =
        viewer.quic().stats().frame_tx.stream_data_blocked + viewer.quic().stats().frame_tx.data_blocked;
    assert!(received > 0, "the server takes a little and no more");
    viewer.take_route(&serving.door, Transport::WebSocket);
    viewer.watch(serving.kind, 3);
    drop(viewer);
    wait(flood).unwrap();
    serving.wait_until_empty();
    serving.assert_well();
}

/// Opens streams one way that end or are reset after these bytes, for as long as there are more to be had.
fn come_and_go(connection: &quinn::Connection, head: &[u8]) {
    wait(async {
        for round in 0..1000_u32 {
            let opened = tokio::time::timeout(Duration::from_millis(20), connection.open_uni()).await;
            let Ok(Ok(mut stream)) = opened else { return };
            let _refused = stream.write_all(head).await;
            let _over = if round % 2 == 0 { stream.finish() } else { stream.reset(round.into()) };
        }
    });
}

#[test]
fn streams_that_come_and_go() {
    let serving = Serving::motion();
    let mut viewer = watching(&serving);
    come_and_go(&viewer.quic(), &[UNI_OF_SESSION, &[0x00]].concat());
    viewer.watch(serving.kind, 10);
    drop(viewer);
    serving.wait_until_empty();
    serving.assert_well();
}

#[test]
fn streams_that_end_before_they_say_what_they_are() {
    let serving = Serving::motion();
    for head in [&UNI_OF_SESSION[..1], UNI_OF_SESSION, b"\xff", b""] {
        let mut viewer = watching(&serving);
        come_and_go(&viewer.quic(), head);
        // It may have cost the session, and nothing else.
        viewer.take_route(&serving.door, Transport::WebSocket);
        viewer.watch(serving.kind, 3);
    }
    serving.wait_until_empty();
    serving.assert_well();
}

#[test]
fn a_ping_by_datagram_is_answered() {
    let serving = Serving::motion();
    let mut viewer = watching(&serving);
    check_pong(&viewer);
    viewer.watch(serving.kind, 3);
}

/// Any datagram may be lost, so the question is repeated.
fn check_pong(viewer: &Viewer) {
    let session = viewer.session.as_ref().unwrap();
    let began = Instant::now();
    let mut token = 0xdead_0000_u32;
    let pong = loop {
        token += 1;
        session.say(ViewerMessage::Ping { token });
        if let Some(pong) = session.hear(PONG, Duration::from_millis(500)) {
            break pong;
        }
        assert!(began.elapsed() < PATIENCE, "no pong came");
    };
    assert_eq!(pong.len(), 12);
    let answered = u32::from_le_bytes(*pong.first_chunk().unwrap());
    assert!((0xdead_0001..=token).contains(&answered), "{answered:#x} was never asked");
}

#[test]
fn datagrams_that_are_no_message_and_more_than_can_be_taken() {
    let serving = Serving::motion();
    let mut viewer = watching(&serving);
    let mut other = watching(&serving);
    let connection = &viewer.session.as_ref().unwrap().connection;
    let largest = connection.max_datagram_size().expect("datagrams may be sent");
    let mut hello = Vec::new();
    HELLO.write(&mut hello);
    let mut two = Vec::new();
    ViewerMessage::Refresh.write(&mut two);
    route(9, Transport::WebSocket, 0, 0).write(&mut two);
    let all = [vec![], vec![0], vec![0xff; 8], vec![0; largest], noise(largest, 1), hello, two];
    for datagram in all.iter().cycle().take(5000) {
        connection.send_datagram(datagram).expect("it fits");
    }
    check_pong(&viewer);
    viewer.watch(serving.kind, 10);
    other.watch(serving.kind, 3);
    assert_eq!(viewer.heard.iter().filter(|(kind, _)| *kind == UNROUTED).count(), 0);
    drop((viewer, other));
    serving.wait_until_empty();
    assert_eq!(serving.reasons(), [""; 0], "what comes by datagram is no reason to send anybody away");
    serving.assert_well();
}

#[test]
fn a_flood_of_pings_by_datagram_from_one_that_reads_no_answer() {
    let serving = Serving::motion();
    let mut viewer = watching(&serving);
    let mut other = watching(&serving);
    let session = viewer.session.as_ref().unwrap();
    (0..20_000).for_each(|token| session.say(ViewerMessage::Ping { token }));
    other.watch(serving.kind, 10);
    viewer.watch(serving.kind, 10);
    drop((viewer, other));
    serving.wait_until_empty();
    serving.assert_well();
}

#[test]
fn datagrams_of_no_session() {
    let serving = Serving::motion();
    for datagram in [&b""[..], b"\x01\x00", b"\xff", b"\x40\x99abc"] {
        let mut viewer = watching(&serving);
        viewer.quic().send_datagram(datagram.to_vec().into()).unwrap();
        viewer.take_route(&serving.door, Transport::WebSocket);
        viewer.watch(serving.kind, 3);
    }
    serving.assert_well();
}
