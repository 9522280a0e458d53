//! A viewer that gets in, opens its stream and never reads: what a suspended laptop looks like to the server.
//!
//! It follows docs/protocol.md by hand, over plain TCP, since a browser would read.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde::Deserialize;

use super::server::{Transport, authority};

/// How long each answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// Longest head of an answer; ours are a few hundred bytes.
const HEAD_BYTES_MAX: usize = 8192;
/// Any 16 bytes do: the key only shows that the server speaks WebSocket (RFC 6455, section 1.3).
const WEBSOCKET_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// Any four bytes do: the mask protects proxies from pages, and there is neither here.
const MASK: [u8; 4] = [0x1a, 0x2b, 0x3c, 0x4d];
const HELLO: u8 = 0x81;
const PROTOCOL_VERSION: u16 = 4;
const ROUTE: u8 = 0x87;
const ROUTE_NUMBER: u32 = 1;
/// A route's transports.
const HTTP: u8 = 1;
const WEBSOCKET: u8 = 2;

/// The open connections. They close when it goes.
pub(crate) struct Viewer {
    _control: TcpStream,
    _stream: Option<TcpStream>,
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
    let head = format!(
        "POST /session HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Length: 0\r\nConnection: close\r\n"
    );
    let mut connection = request(host, &head, "200")?;
    let mut body = String::new();
    connection.read_to_string(&mut body)?;
    // A chunked body has lengths around it: the object is what stands between the braces.
    let object = body.find('{').zip(body.rfind('}')).and_then(|(start, end)| body.get(start..=end));
    let answer: Answer = serde_json::from_str(object.unwrap_or(&body))?;
    Ok(answer.session)
}

fn open_control(host: &str, session: &str, transport: u8) -> anyhow::Result<TcpStream> {
    let head = format!(
        "GET /control HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: {WEBSOCKET_KEY}\r\nSec-WebSocket-Protocol: lanstream.1, session.{session}\r\n"
    );
    let mut control = request(host, &head, "101")?;
    control.write_all(&masked_frame(&hello()))?;
    control.write_all(&masked_frame(&route(transport)))?;
    // One byte of the Welcome: then it is a viewer.
    control.read_exact(&mut [0])?;
    Ok(control)
}

fn open_stream(host: &str, session: &str) -> anyhow::Result<TcpStream> {
    request(
        host,
        &format!("GET /stream?route={ROUTE_NUMBER} HTTP/1.1\r\nAuthorization: Session {session}\r\n"),
        "200",
    )
}

/// Sends a head with Host and Origin added, and reads the answer's head and not a byte more.
fn request(host: &str, head: &str, status: &str) -> anyhow::Result<TcpStream> {
    let mut connection = TcpStream::connect(host)?;
    connection.set_read_timeout(Some(ANSWER_LIMIT))?;
    write!(connection, "{head}Host: {host}\r\nOrigin: http://{host}\r\n\r\n")?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        ensure!(answer.len() < HEAD_BYTES_MAX, "the answer's head has no end");
        let mut byte = [0];
        connection.read_exact(&mut byte)?;
        answer.push(byte[0]);
    }
    let answer = String::from_utf8_lossy(&answer);
    let line = answer.lines().next().unwrap_or_default();
    ensure!(line.split(' ').nth(1) == Some(status), "{:?} was answered {line:?}", head.lines().next());
    Ok(connection)
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
    [&(body.len() as u32).to_le_bytes()[..], &[kind, 0, 0, 0], &body].concat()
}

/// A final binary frame, masked as a client's must be; its payload is shorter than 126 bytes.
fn masked_frame(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x82, 0x80 | payload.len() as u8];
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;

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

        let (head, session) =
            serve(&listener, "HTTP/1.1 200 OK\r\n\r\n{\"session\":\"k1\",\"transports\":[]}");
        assert!(head.starts_with("POST /session ") && head.contains("\r\nAuthorization: Bearer t0\r\n"));
        assert!(head.contains("\r\nOrigin: http://127.0.0.1:"));
        drop(session);
        let (head, mut control) = serve(&listener, "HTTP/1.1 101 Switching Protocols\r\n\r\n\x02");
        assert!(head.contains("\r\nSec-WebSocket-Protocol: lanstream.1, session.k1\r\n"));
        for payload in [hello(), route(HTTP)] {
            let mut frame = vec![0; 6 + payload.len()];
            control.read_exact(&mut frame).unwrap();
            assert_eq!(frame, masked_frame(&payload));
        }
        let (head, _stream) = serve(&listener, "HTTP/1.1 200 OK\r\n\r\n");
        assert!(
            head.starts_with("GET /stream?route=1 ") && head.contains("\r\nAuthorization: Session k1\r\n")
        );
        assert!(opening.join().unwrap().is_ok());
    }

    /// xtask depends on nothing of ours, so that nothing but this says so.
    #[test]
    fn the_version_is_that_of_the_protocol() {
        let source = std::fs::read_to_string(crate::repository::root().join("core/src/protocol.rs")).unwrap();
        assert!(source.contains(&format!("pub const VERSION: u16 = {PROTOCOL_VERSION};")));
    }

    #[test]
    fn messages_have_the_lengths_that_they_say() {
        assert_eq!(hello(), [4, 0, 0, 0, HELLO, 0, 0, 0, 4, 0, 0, 0]);
        assert_eq!(route(WEBSOCKET)[..14], [18, 0, 0, 0, ROUTE, 0, 0, 0, 1, 0, 0, 0, WEBSOCKET, 0]);
        assert_eq!(route(HTTP).len(), 8 + 18);
        assert_eq!(masked_frame(&hello()).len(), 6 + 12);
    }
}
