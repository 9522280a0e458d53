//! Peers without a key: however many come, ask or guess, viewers are let in and have their pictures.

use std::collections::VecDeque;
use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use lanstream_core::admission::KEYS_MAX;
use lanstream_testkit::http::{PATIENCE, Peer, header, request};
use lanstream_testkit::viewer::{ALL, Door, Transport, Viewer};

use crate::serving::Serving;

/// Connections at a time; the http sink's own constant is private.
const CONNECTIONS_MAX: usize = 128;

#[test]
fn more_connections_than_there_are_places() {
    let serving = Serving::motion();
    let mut watching: Vec<_> = ALL.map(|transport| Viewer::join(&serving.door, transport)).into();
    let mut oldest = Peer::connect(serving.door.address);
    let mut second = Peer::connect(serving.door.address);
    // It has asked for something, and is no longer idle.
    second.send(&request("GET /page.css", &[serving.door.host()]));
    assert_eq!(second.response().map(|response| response.status), Some(200));
    // The pixel stream takes a place, control channels do not.
    let held: Vec<_> = (3..CONNECTIONS_MAX).map(|_| Peer::connect(serving.door.address)).collect();
    let mut newest = Peer::connect(serving.door.address);
    newest.send(&request("GET /page.css", &[serving.door.host()]));
    assert_eq!(newest.response().map(|response| response.status), Some(200));
    assert_eq!(oldest.rest(), b"", "the one that has been idle the longest gives way");
    second.send(&request("GET /page.css", &[serving.door.host()]));
    assert_eq!(second.response().map(|response| response.status), Some(200));
    watching.iter_mut().for_each(|viewer| viewer.watch(serving.kind, 3));
    drop((held, watching));
    serving.assert_well();
}

#[test]
fn strangers_that_come_again_and_again_keep_nobody_out() {
    let serving = Serving::motion();
    let address = serving.door.address;
    let is_over = AtomicBool::new(false);
    let mut watching: Vec<_> = ALL.map(|transport| Viewer::join(&serving.door, transport)).into();
    std::thread::scope(|scope| {
        let _end = OnDrop(|| is_over.store(true, Ordering::Relaxed));
        scope.spawn(|| {
            let mut held = VecDeque::new();
            while !is_over.load(Ordering::Relaxed) {
                held.extend(TcpStream::connect_timeout(&address, PATIENCE));
                if held.len() > 3 * CONNECTIONS_MAX {
                    held.pop_front();
                }
            }
        });
        for _ in 0..8 {
            serving.assert_well();
        }
        watching.iter_mut().for_each(|viewer| viewer.watch(serving.kind, 30));
    });
}

/// Does something also where a test fails.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn a_refusal_ends_its_connection() {
    let serving = Serving::motion();
    let door = &serving.door;
    let evil = "Host: evil.test".to_owned();
    for (line, headers, status) in [
        ("GET /", vec![evil], 403),
        ("GET /", vec![door.host(), "Origin: http://evil.test".into()], 403),
        ("POST /session", vec![door.host(), door.origin()], 401),
        ("GET /stream?route=1", vec![door.host()], 401),
        ("GET /nothing", vec![door.host()], 404),
        ("PUT /", vec![door.host(), door.origin()], 405),
    ] {
        let mut peer = Peer::connect(door.address);
        peer.send(&request(line, &headers));
        let response = peer.response().expect("an answer");
        let connection = header(&response.head, "connection");
        assert_eq!((response.status, connection), (status, Some("close")), "{line}");
        assert_eq!(peer.rest(), b"", "{line}");
    }
}

#[test]
fn a_peer_that_asks_without_end_and_reads_nothing() {
    let serving = Serving::motion();
    let mut peer = Peer::connect(serving.door.address);
    rustix::net::sockopt::set_socket_recv_buffer_size(&peer.stream, 4096).unwrap();
    let requests = request("GET /src/lan-stream.js", &[serving.door.host()]).repeat(100);
    let mut watching = Viewer::join(&serving.door, Transport::Http);
    let end = loop {
        if let Err(error) = peer.stream.write_all(&requests) {
            break error.kind();
        }
    };
    assert!(matches!(end, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "it was kept: {end}");
    watching.watch(serving.kind, 3);
    drop(watching);
    serving.assert_well();
}

#[test]
fn wrong_tokens_wait_and_right_ones_do_not() {
    let serving = Serving::motion();
    let door = Door { token: "0".repeat(64), ..serving.door.clone() };
    let time = |door: &Door, status| {
        let began = Instant::now();
        assert_eq!(door.exchange().status, status);
        began.elapsed()
    };
    let wrong = (0..30).map(|_| time(&door, 401)).max().unwrap();
    let right = time(&serving.door, 200);
    assert!(right < wrong, "{right:?} for a right token, {wrong:?} for a wrong one");
    assert!(wrong > Duration::from_millis(500), "{wrong:?}");
}

#[test]
fn keys_that_nobody_uses_keep_nobody_out() {
    let serving = Serving::motion();
    let keys: Vec<_> = (0..2 * KEYS_MAX).map(|_| serving.door.key()).collect();
    assert_eq!(serving.door.control(&keys[0]).err(), Some(401), "newer keys have replaced it");
    drop(serving.door.control(keys.last().unwrap()).expect("the newest is good"));
    serving.wait_until_empty();
    serving.assert_well();
}
