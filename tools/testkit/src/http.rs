//! A peer that speaks just enough HTTP/1.1, and may speak it badly.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// Beyond it a test has failed. No test that passes waits for it.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// One TCP connection, and what came on it that nobody took yet.
#[derive(Debug)]
pub struct Peer {
    /// The connection, for what has no method here.
    pub stream: TcpStream,
    /// Bytes that came and were not taken.
    pub buffer: Vec<u8>,
}

/// A response's parts.
#[derive(Debug)]
pub struct Response {
    /// The number of its first line.
    pub status: u16,
    /// Its first line and its headers.
    pub head: String,
    /// As many bytes as it says.
    pub body: Vec<u8>,
}

impl Response {
    /// Returns all of it as text.
    pub fn text(&self) -> String {
        format!("{}{}", self.head, String::from_utf8_lossy(&self.body))
    }
}

impl Peer {
    /// Connects, with a limit on every wait.
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::new() }
    }

    /// Sends what it can: a server may have closed in the middle of nonsense.
    pub fn send(&mut self, bytes: &[u8]) {
        let _closed = self.stream.write_all(bytes);
    }

    /// Says that nothing more will come.
    pub fn finish(&self) {
        let _closed = self.stream.shutdown(Shutdown::Write);
    }

    /// Vanishes as a crashed machine's router makes it: with a reset.
    pub fn reset(self) {
        rustix::net::sockopt::set_socket_linger(&self.stream, Some(Duration::ZERO)).unwrap();
    }

    /// Takes in more bytes; 0 at the connection's end.
    pub fn fill(&mut self) -> usize {
        let mut chunk = vec![0; 64 << 10];
        let count = match self.stream.read(&mut chunk) {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("silence for {PATIENCE:?}"),
            Err(_reset) => 0,
        };
        self.buffer.extend_from_slice(&chunk[..count]);
        count
    }

    /// The next `len` bytes; `None` where the connection ends before.
    pub fn take(&mut self, len: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < len {
            if self.fill() == 0 {
                return None;
            }
        }
        Some(self.buffer.drain(..len).collect())
    }

    /// All that comes until the connection's end.
    pub fn rest(&mut self) -> Vec<u8> {
        while self.fill() > 0 {}
        std::mem::take(&mut self.buffer)
    }

    /// Whether nothing is there to be taken now.
    pub fn is_silent(&mut self) -> bool {
        self.stream.set_nonblocking(true).unwrap();
        let peeked = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false).unwrap();
        self.buffer.is_empty() && peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    /// The head of a response; `None` where the connection ends before.
    pub fn head(&mut self) -> Option<(u16, String)> {
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if self.fill() == 0 {
                return None;
            }
        };
        let head = String::from_utf8(self.buffer.drain(..end).collect()).expect("a head is text");
        let status =
            head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a head has a status");
        Some((status, head))
    }

    /// A response with its body, if it says how long that is.
    pub fn response(&mut self) -> Option<Response> {
        let (status, head) = self.head()?;
        let len = header(&head, "content-length").map_or(0, |len| len.parse().expect("a length is a number"));
        let body = self.take(len)?;
        Some(Response { status, head, body })
    }
}

/// The value of the header called `name`, in lower case, if there is one.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

/// A request's bytes: `line` is its method and target, `headers` whole lines.
pub fn request(line: &str, headers: &[String]) -> Vec<u8> {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    format!("{line} HTTP/1.1\r\n{headers}\r\n").into_bytes()
}
