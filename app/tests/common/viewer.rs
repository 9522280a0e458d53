//! A viewer over plain TCP: comes in, takes pixels on either transport, and checks them against the pattern.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part of this module")]

use std::net::SocketAddr;

use lanstream_core::picture::Picture;
use lanstream_core::protocol::{Ack, BandHead, HEADER_BYTES, HELLO_PIXELS, Hello, VERSION, ViewerMessage};
use lanstream_pattern::{Kind, draw, read_number};

use crate::http::{Peer, Response, request};
use crate::websocket::{Heard, WebSocket};

pub const BAND: u8 = 0x01;
pub const WELCOME: u8 = 0x10;
pub const SOURCE: u8 = 0x11;
pub const PONG: u8 = 0x14;
pub const STATS: u8 = 0x15;
pub const GOODBYE: u8 = 0x18;

/// Where a server is and what opens it.
#[derive(Clone, Debug)]
pub struct Door {
    pub address: SocketAddr,
    pub token: String,
}

/// How pixels travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Http,
    WebSocket,
}

pub const BOTH: [Transport; 2] = [Transport::Http, Transport::WebSocket];

impl Door {
    pub fn from_url(url: &str) -> Self {
        let (address, token) =
            url.strip_prefix("http://").and_then(|rest| rest.split_once("/#")).expect("a URL");
        Self { address: address.parse().expect("an address"), token: token.to_owned() }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn host(&self) -> String {
        format!("Host: {}", self.address)
    }

    pub fn origin(&self) -> String {
        format!("Origin: http://{}", self.address)
    }

    /// A request of its own connection, with the right host.
    pub fn ask(&self, line: &str, headers: &[String]) -> Response {
        let mut peer = Peer::connect(self.address);
        peer.send(&request(line, &[&[self.host()], headers].concat()));
        peer.response().expect("an answer")
    }

    /// Asks for a key, which may be refused.
    pub fn exchange(&self) -> Response {
        self.ask("POST /session", &[self.origin(), format!("Authorization: Bearer {}", self.token)])
    }

    /// A viewer's key.
    pub fn key(&self) -> String {
        let response = self.exchange();
        assert_eq!(response.status, 200, "{}", String::from_utf8_lossy(&response.body));
        let answer: serde_json::Value = serde_json::from_slice(&response.body).expect("JSON");
        answer["session"].as_str().expect("a key").to_owned()
    }

    /// The handshake of a control channel.
    pub fn handshake(&self, key: &str) -> Vec<u8> {
        let headers = [
            self.host(),
            self.origin(),
            "Connection: Upgrade".into(),
            "Upgrade: websocket".into(),
            "Sec-WebSocket-Version: 13".into(),
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==".into(),
            format!("Sec-WebSocket-Protocol: lanstream.1, session.{key}"),
        ];
        request("GET /control", &headers)
    }

    /// Opens the control channel; the status where it is refused.
    pub fn control(&self, key: &str) -> Result<WebSocket, u16> {
        let mut peer = Peer::connect(self.address);
        peer.send(&self.handshake(key));
        let (status, _) = peer.head().expect("an answer");
        if status == 101 { Ok(WebSocket { peer }) } else { Err(status) }
    }

    /// Opens the pixel stream; the status where it is refused.
    pub fn stream(&self, key: &str) -> Result<Peer, u16> {
        let mut peer = Peer::connect(self.address);
        peer.send(&request("GET /stream", &[self.host(), format!("Authorization: Session {key}")]));
        let (status, _) = peer.head().expect("an answer");
        if status == 200 { Ok(peer) } else { Err(status) }
    }
}

/// Someone who watches.
#[derive(Debug)]
pub struct Viewer {
    pub key: String,
    pub control: WebSocket,
    /// The HTTP transport's connection.
    pub pixels: Option<Peer>,
    pub picture: Picture,
    pub epoch: u64,
    /// The picture that the last update builds on, the bytes of all its bands, and when its picture was captured.
    pub base: u32,
    pub bytes: usize,
    pub captured_at_us: u64,
    /// Kinds and bodies of messages that came while another was waited for.
    pub heard: Vec<(u8, Vec<u8>)>,
    /// An update came whole while a message was waited for; the server sends no other before it is acknowledged.
    pub arrived: bool,
}

impl Viewer {
    /// Comes in for the first time.
    pub fn join(door: &Door, transport: Transport) -> Self {
        Self::come_back(door, transport, 0, Picture::default())
    }

    /// Comes in with a picture of the run called `epoch`.
    pub fn come_back(door: &Door, transport: Transport, epoch: u64, picture: Picture) -> Self {
        let mut viewer = Self::enter(door);
        let flags = if transport == Transport::WebSocket { HELLO_PIXELS } else { 0 };
        viewer.control.say(hello(flags, epoch, picture.seq()));
        viewer.picture = picture;
        let welcome = viewer.hear(WELCOME);
        viewer.epoch = u64::from_le_bytes(*welcome[4..].first_chunk().unwrap());
        if transport == Transport::Http {
            viewer.pixels = Some(door.stream(&viewer.key).expect("a stream is free"));
        }
        viewer
    }

    /// Opens the control channel and says nothing yet.
    pub fn enter(door: &Door) -> Self {
        let key = door.key();
        let control = door.control(&key).expect("a fresh key opens the control channel");
        let picture = Picture::default();
        Self {
            key,
            control,
            pixels: None,
            picture,
            epoch: 0,
            base: 0,
            bytes: 0,
            captured_at_us: 0,
            heard: Vec::new(),
            arrived: false,
        }
    }

    /// The body of the next message of this kind. Pixels that come before are taken.
    pub fn hear(&mut self, kind: u8) -> Vec<u8> {
        loop {
            if let Some(at) = self.heard.iter().position(|(heard, _)| *heard == kind) {
                return self.heard.remove(at).1;
            }
            self.listen();
        }
    }

    /// Takes an update, unacknowledged. Returns its number.
    pub fn take_update(&mut self) -> u32 {
        while !std::mem::take(&mut self.arrived) && !self.take_band() {}
        self.picture.seq()
    }

    pub fn acknowledge(&mut self) {
        let seq = self.picture.seq();
        self.control.say(ViewerMessage::Ack(Ack { seq, ..Ack::default() }));
    }

    /// Takes and acknowledges so many updates; each must be exactly one frame of the pattern, newer than the last.
    pub fn watch(&mut self, kind: Kind, updates: usize) {
        let mut last = None;
        for _ in 0..updates {
            self.take_update();
            let number = Some(self.assert_exact(kind));
            assert!(number > last, "frame {number:?} came after {last:?}");
            last = number;
            self.acknowledge();
        }
    }

    /// The picture is one frame of the pattern to the last pixel. Returns which.
    pub fn assert_exact(&self, kind: Kind) -> u32 {
        let size = self.picture.size().expect("a picture");
        let stride = size.width as usize * 4;
        let number = read_number(size, stride, self.picture.rgbx()).expect("the picture shows a number");
        let mut expected = vec![0; size.area() * 4];
        draw(kind, number, size, stride, &mut expected);
        assert!(self.picture.rgbx() == expected, "the picture is not frame {number} of {kind}");
        number
    }

    fn take_band(&mut self) -> bool {
        if self.pixels.is_some() {
            let band = self.next_on_stream().expect("the stream goes on");
            return self.apply(&band);
        }
        match self.control.hear() {
            Heard::Binary(message) if message[4] == BAND => self.apply(&message),
            Heard::Binary(message) => {
                self.heard.push((message[4], message[HEADER_BYTES..].to_vec()));
                false
            }
            other => panic!("the channel goes on, but there was {other:?}"),
        }
    }

    fn next_on_stream(&mut self) -> Option<Vec<u8>> {
        let peer = self.pixels.as_mut()?;
        loop {
            if let Some(len) = Picture::message_len(&peer.buffer).expect("a band is not endless") {
                return peer.take(len);
            }
            if peer.fill() == 0 {
                return None;
            }
        }
    }

    fn apply(&mut self, band: &[u8]) -> bool {
        let (head, _, _) = BandHead::read(band).expect("a band");
        self.base = head.base;
        self.captured_at_us = head.captured_at_us;
        self.bytes = if head.first { band.len() } else { self.bytes + band.len() };
        self.picture.take(band).expect("an update of this picture")
    }

    fn listen(&mut self) {
        match self.control.hear() {
            Heard::Binary(message) if message[4] == BAND => self.arrived = self.apply(&message),
            Heard::Binary(message) => self.heard.push((message[4], message[HEADER_BYTES..].to_vec())),
            other => panic!("the channel goes on, but there was {other:?}"),
        }
    }
}

pub fn hello(flags: u16, epoch: u64, held_seq: u32) -> ViewerMessage {
    ViewerMessage::Hello(Hello { version: VERSION, flags, epoch, held_seq })
}
