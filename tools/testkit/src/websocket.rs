//! A WebSocket client that can break every rule.

use std::time::Instant;

use crate::http::{PATIENCE, Peer};

/// The type of a frame of bytes.
pub const BINARY: u8 = 0x2;
/// The type of a frame of text.
pub const TEXT: u8 = 0x1;
/// The type of the last frame.
pub const CLOSE: u8 = 0x8;
/// The type of a frame that is answered.
pub const PING: u8 = 0x9;
/// The bit of a frame that ends its message.
pub const FINAL: u8 = 0x80;
/// The headers by which a client asks for WebSocket. Any key does: it only shows that the server speaks it.
pub const HANDSHAKE: [&str; 4] = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];
/// Any four bytes do.
const MASK: [u8; 4] = [0x12, 0x9a, 0x5c, 0xe7];
const MASKED: u8 = 0x80;

/// A connection after its handshake.
#[derive(Debug)]
pub struct WebSocket {
    /// The connection.
    pub peer: Peer,
}

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// A message of bytes.
    Binary(Vec<u8>),
    /// The answer to a ping.
    Pong(Vec<u8>),
    /// The last frame, with its code.
    Close(u16),
    /// The connection ended.
    Gone,
}

impl WebSocket {
    /// Sends one frame, masked as a client must.
    pub fn send(&mut self, first: u8, payload: &[u8]) {
        self.peer.send(&frame(first, payload));
    }

    /// Sends one frame as only a server may.
    pub fn send_unmasked(&mut self, first: u8, payload: &[u8]) {
        let mut bytes = head(first, payload.len(), 0);
        bytes.extend_from_slice(payload);
        self.peer.send(&bytes);
    }

    /// The next thing that the server says.
    pub fn hear(&mut self) -> Heard {
        self.try_hear().unwrap_or(Heard::Gone)
    }

    /// All that the server says until it closes or ends the connection, the close included.
    pub fn hear_out(&mut self) -> Vec<Heard> {
        let mut all = Vec::new();
        let began = Instant::now();
        while !matches!(all.last(), Some(Heard::Close(_) | Heard::Gone)) {
            all.push(self.hear());
            assert!(began.elapsed() < PATIENCE, "the server goes on talking: {:?}", all.last());
        }
        all
    }

    fn try_hear(&mut self) -> Option<Heard> {
        let head = self.peer.take(2)?;
        assert_eq!(head[1] & MASKED, 0, "a server does not mask");
        let len = match head[1] {
            126 => u16::from_be_bytes(self.peer.take(2)?.try_into().unwrap()).into(),
            127 => u64::from_be_bytes(self.peer.take(8)?.try_into().unwrap()).try_into().unwrap(),
            len => len.into(),
        };
        let payload = self.peer.take(len)?;
        match head[0] {
            0x82 => Some(Heard::Binary(payload)),
            0x8a => Some(Heard::Pong(payload)),
            0x88 => Some(Heard::Close(payload.first_chunk().map_or(0, |code| u16::from_be_bytes(*code)))),
            other => panic!("the server sent a frame of type {other:#04x}"),
        }
    }
}

/// One frame's bytes, masked as a client must.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = head(first, payload.len(), MASKED);
    bytes.extend_from_slice(&MASK);
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

fn head(first: u8, len: usize, masked: u8) -> Vec<u8> {
    match (u8::try_from(len), u16::try_from(len)) {
        (Ok(len @ ..126), _) => vec![first, masked | len],
        (_, Ok(len)) => [&[first, masked | 126][..], &len.to_be_bytes()].concat(),
        _ => [&[first, masked | 127][..], &(len as u64).to_be_bytes()].concat(),
    }
}
