//! A viewer that gets in, opens its stream and never reads: what a suspended laptop looks like to the server.
//!
//! It follows docs/protocol.md by hand, over plain TCP, since a browser would read.

use anyhow::{Context, ensure};
use lanstream_testkit::http::{self, Peer};
use lanstream_testkit::websocket::{BINARY, FINAL, HANDSHAKE, frame};
use serde::Deserialize;

use super::server::{Transport, authority};

const HELLO: u8 = 0x81;
const PROTOCOL_VERSION: u16 = 4;
const ROUTE: u8 = 0x87;
const ROUTE_NUMBER: u32 = 1;
/// A route's transports.
const HTTP: u8 = 1;
const WEBSOCKET: u8 = 2;

/// The open connections. They close when it goes.
pub(crate) struct Viewer {
    _control: Peer,
    _stream: Option<Peer>,
}

/// Lets a viewer in through the page's URL and leaves it there.
pub(crate) fn open(url: &str, transport: Transport) -> anyhow::Result<Viewer> {
    let (_, token) = url.split_once('#').context("the page's URL has no token")?;
    let host = authority(url);
    let session = new_session(host, token)?;
    let by = if transport == Transport::Websocket { WEBSOCKET } else { HTTP };
    let control = open_control(host, &session, by)?;
    let stream = if by == HTTP { Some(open_stream(host, &session)?) } else { None };
    Ok(Viewer { _control: control, _stream: stream })
}

fn new_session(host: &str, token: &str) -> anyhow::Result<String> {
    #[derive(Deserialize)]
    struct Answer {
        session: String,
    }
    let bearer = format!("Authorization: Bearer {token}");
    let mut peer = ask(host, "POST /session", &[&bearer, "Content-Length: 0"])?;
    let response = peer.response().context("the server gives no session")?;
    ensure!(response.status == 200, "a session was answered {}", response.head);
    let answer: Answer = serde_json::from_slice(&response.body)?;
    Ok(answer.session)
}

fn open_control(host: &str, session: &str, transport: u8) -> anyhow::Result<Peer> {
    let protocol = format!("Sec-WebSocket-Protocol: lanstream.1, session.{session}");
    let mut control = ask(host, "GET /control", &[&HANDSHAKE[..], &[&protocol]].concat())?;
    expect(&mut control, 101)?;
    control.send(&frame(FINAL | BINARY, &hello()));
    control.send(&frame(FINAL | BINARY, &route(transport)));
    // One byte of the Welcome: then it is a viewer.
    control.take(1).context("the server says nothing")?;
    Ok(control)
}

fn open_stream(host: &str, session: &str) -> anyhow::Result<Peer> {
    let key = format!("Authorization: Session {session}");
    let mut stream = ask(host, &format!("GET /stream?route={ROUTE_NUMBER}"), &[&key])?;
    expect(&mut stream, 200)?;
    Ok(stream)
}

/// Sends a request with Host and Origin added.
fn ask(host: &str, line: &str, headers: &[&str]) -> anyhow::Result<Peer> {
    let mut peer = Peer::connect(host.parse().with_context(|| format!("{host} is no address"))?);
    let own = [format!("Host: {host}"), format!("Origin: http://{host}")];
    let headers: Vec<_> = headers.iter().map(|header| (*header).to_owned()).chain(own).collect();
    peer.send(&http::request(line, &headers));
    Ok(peer)
}

/// Reads an answer's head and nothing that comes after it.
fn expect(peer: &mut Peer, status: u16) -> anyhow::Result<()> {
    let (answered, head) = peer.head().context("the server gives no answer")?;
    ensure!(answered == status, "the server answers {head}");
    Ok(())
}

fn hello() -> Vec<u8> {
    message(HELLO, &[&PROTOCOL_VERSION.to_le_bytes(), &0_u16.to_le_bytes()])
}

/// From the beginning: no picture is held.
fn route(transport: u8) -> Vec<u8> {
    message(ROUTE, &[&ROUTE_NUMBER.to_le_bytes(), &[transport, 0], &[0; 8], &[0; 4]])
}

fn message(kind: u8, fields: &[&[u8]]) -> Vec<u8> {
    let body = fields.concat();
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    [&length.to_le_bytes()[..], &[kind, 0, 0, 0], &body].concat()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    /// Takes one request, answers it, and returns its head and the open connection.
    fn serve(listener: &TcpListener, answer: &str) -> (String, BufReader<TcpStream>) {
        let mut connection = BufReader::new(listener.accept().unwrap().0);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(connection.read_line(&mut head).unwrap() > 0, "the request has no end");
        }
        connection.get_mut().write_all(answer.as_bytes()).unwrap();
        (head, connection)
    }

    #[test]
    fn it_gets_in_as_the_protocol_says() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/?transport=http#t0", listener.local_addr().unwrap());
        let opening = std::thread::spawn(move || open(&url, Transport::Http));

        let (head, session) = serve(
            &listener,
            "HTTP/1.1 200 OK\r\nContent-Length: 32\r\n\r\n{\"session\":\"k1\",\"transports\":[]}",
        );
        assert!(head.starts_with("POST /session ") && head.contains("\r\nAuthorization: Bearer t0\r\n"));
        assert!(head.contains("\r\nOrigin: http://127.0.0.1:"));
        drop(session);
        let (head, mut control) = serve(&listener, "HTTP/1.1 101 Switching Protocols\r\n\r\n\x02");
        assert!(head.contains("\r\nSec-WebSocket-Protocol: lanstream.1, session.k1\r\n"));
        for payload in [hello(), route(HTTP)] {
            let mut came = vec![0; 6 + payload.len()];
            control.read_exact(&mut came).unwrap();
            assert_eq!(came, frame(FINAL | BINARY, &payload));
        }
        let (head, _stream) = serve(&listener, "HTTP/1.1 200 OK\r\n\r\n");
        assert!(
            head.starts_with("GET /stream?route=1 ") && head.contains("\r\nAuthorization: Session k1\r\n")
        );
        assert!(opening.join().unwrap().is_ok());
    }

    /// xtask depends on nothing of ours, so that nothing but this says so.
    #[test]
    fn version_and_kinds_are_those_of_the_protocol() {
        let source = std::fs::read_to_string(crate::repository::root().join("core/src/protocol.rs")).unwrap();
        assert!(source.contains(&format!("pub const VERSION: u16 = {PROTOCOL_VERSION};")));
        let kinds =
            std::fs::read_to_string(crate::repository::root().join("core/src/protocol/kind.rs")).unwrap();
        for (name, kind) in [("HELLO", HELLO), ("ROUTE", ROUTE)] {
            assert!(kinds.contains(&format!("pub const {name}: u8 = {kind:#04x};")), "{name}");
        }
    }

    #[test]
    fn messages_have_the_lengths_that_they_say() {
        assert_eq!(hello(), [4, 0, 0, 0, HELLO, 0, 0, 0, 4, 0, 0, 0]);
        assert_eq!(route(WEBSOCKET)[..14], [18, 0, 0, 0, ROUTE, 0, 0, 0, 1, 0, 0, 0, WEBSOCKET, 0]);
        assert_eq!(route(HTTP).len(), 8 + 18);
        assert_eq!(frame(FINAL | BINARY, &hello()).len(), 6 + 12);
    }
}
