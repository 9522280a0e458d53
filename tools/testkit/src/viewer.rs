//! A viewer: comes in over plain TCP, takes pixels on any transport, and checks them against the pattern.

use std::time::Instant;

use lanstream_core::Picture;
pub use lanstream_core::protocol::kind::{
    BAND, CERTIFICATES, GOODBYE, PONG, ROUTED, SOURCE, STATS, TICKET, UNROUTED, WELCOME,
};
use lanstream_core::protocol::kind::{CURSOR_AT, CURSOR_SHAPE};
use lanstream_core::protocol::{
    Ack, BandHead, CursorAt, HEADER_BYTES, Hello, Route, ServerMessage, TransportId, VERSION, ViewerMessage,
};
use lanstream_core::source::CursorShape;
use lanstream_pattern::{Kind, draw, read_number};

pub use crate::door::Door;
use crate::http::PATIENCE;
use crate::pixels::Pixels;
use crate::websocket::{BINARY, FINAL, Heard, WebSocket};
use crate::webtransport::{Session, Venue};

/// What pixels can come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::enum_variant_names, reason = "the last is called so")]
pub enum Transport {
    /// The body of a response.
    Http,
    /// Messages on the control channel.
    WebSocket,
    /// A stream of a session.
    WebTransport,
}

impl Transport {
    /// Returns its number on the wire.
    fn id(self) -> TransportId {
        match self {
            Self::Http => lanstream_http::TRANSPORT.id,
            Self::WebSocket => lanstream_websocket::TRANSPORT.id,
            Self::WebTransport => lanstream_webtransport::STREAM.id,
        }
    }
}

/// Every transport.
pub const ALL: [Transport; 3] = [Transport::Http, Transport::WebSocket, Transport::WebTransport];

/// What a viewer says on the control channel.
impl WebSocket {
    /// Sends one message of the protocol.
    pub fn say(&mut self, message: ViewerMessage) {
        let mut bytes = Vec::new();
        message.write(&mut bytes);
        self.send(FINAL | BINARY, &bytes);
    }
}

/// Someone who watches.
#[derive(Debug)]
pub struct Viewer {
    /// What it is known by.
    pub key: String,
    /// The channel of all but pixels.
    pub control: WebSocket,
    /// What the route has of its own: the HTTP transport's connection, or WebTransport's stream.
    pub pixels: Option<Pixels>,
    /// Where WebTransport is to be had, once that was asked for.
    pub venue: Option<Venue>,
    /// Its WebTransport session, once there is one.
    pub session: Option<Session>,
    /// The number of its route.
    pub route: u32,
    /// What it shows.
    pub picture: Picture,
    /// The run that the picture is of.
    pub epoch: u64,
    /// The number of the picture that the last update builds on.
    pub base: u32,
    /// Bytes of all bands of the last update.
    pub bytes: usize,
    /// When the last update's picture was captured.
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
        viewer.control.say(HELLO);
        viewer.picture = picture;
        let welcome = viewer.hear(WELCOME);
        viewer.epoch = epoch;
        viewer.take_route(door, transport);
        viewer.epoch = match ServerMessage::from_body(WELCOME, &welcome) {
            Ok(ServerMessage::Welcome { epoch, .. }) => epoch,
            other => panic!("a welcome is read as {other:?}"),
        };
        viewer
    }

    /// Has the pixels come by another route, from the picture that it shows.
    pub fn take_route(&mut self, door: &Door, transport: Transport) {
        self.route += 1;
        let number = self.route;
        self.arrived = false;
        self.picture.forget_pending();
        self.control.say(route(number, transport, self.epoch, self.picture.seq()));
        self.pixels = match transport {
            Transport::Http => Some(Pixels::Http(door.stream(&self.key, number).expect("a stream is free"))),
            Transport::WebTransport => Some(Pixels::WebTransport(self.open_session(door).stream(number))),
            Transport::WebSocket => None,
        };
        if transport == Transport::WebSocket {
            // Before it, bands of the route before may come.
            while self.hear(ROUTED) != number.to_le_bytes() {}
            self.picture.forget_pending();
            self.arrived = false;
        }
    }

    /// Its WebTransport session.
    pub fn open_session(&mut self, door: &Door) -> &Session {
        if self.session.is_none() {
            let venue = self.find_venue(door);
            self.session = Some(Session::open(door, &venue, &self.ticket()));
        }
        self.session.as_ref().unwrap()
    }

    /// Where the server says that WebTransport is to be had.
    pub fn find_venue(&mut self, door: &Door) -> Venue {
        if self.venue.is_none() {
            self.venue = Some(Venue::read(door.address, &self.hear(CERTIFICATES)));
        }
        self.venue.clone().unwrap()
    }

    /// What opens a WebTransport session, once.
    pub fn ticket(&mut self) -> String {
        self.control.say(ViewerMessage::AskTicket);
        String::from_utf8(self.hear(TICKET)).expect("it is text")
    }

    /// The connection of its WebTransport session.
    pub fn quic(&self) -> wtransport::quinn::Connection {
        self.session.as_ref().expect("it has a session").connection.quic_connection().clone()
    }

    /// Comes in and asks for no pixels yet.
    pub fn greet(door: &Door) -> Self {
        let mut viewer = Self::enter(door);
        viewer.control.say(HELLO);
        viewer.hear(WELCOME);
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
            venue: None,
            session: None,
            route: 0,
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

    /// Returns the next shape of the cursor.
    pub fn next_cursor_shape(&mut self) -> CursorShape {
        match ServerMessage::from_body(CURSOR_SHAPE, &self.hear(CURSOR_SHAPE)) {
            Ok(ServerMessage::CursorShape(shape)) => shape.into_owned(),
            other => panic!("a shape is read as {other:?}"),
        }
    }

    /// Returns the next place of the cursor.
    pub fn next_cursor_place(&mut self) -> CursorAt {
        match ServerMessage::from_body(CURSOR_AT, &self.hear(CURSOR_AT)) {
            Ok(ServerMessage::CursorAt(at)) => at,
            other => panic!("a place is read as {other:?}"),
        }
    }

    /// Takes an update, unacknowledged. Returns its number.
    pub fn take_update(&mut self) -> u32 {
        while !std::mem::take(&mut self.arrived) && !self.take_band() {}
        self.picture.seq()
    }

    /// Says that it shows the last update.
    pub fn acknowledge(&mut self) {
        let seq = self.picture.seq();
        self.control.say(ViewerMessage::Ack(Ack { seq, ..Ack::default() }));
    }

    /// Takes and acknowledges updates until all of the picture is of this colour.
    pub fn watch_until_all_is(&mut self, rgbx: [u8; 4]) {
        self.watch_until(|picture| picture.rgbx().as_chunks().0.iter().all(|pixel| *pixel == rgbx));
    }

    /// Takes and acknowledges updates, at least one, until the picture is as wanted.
    pub fn watch_until(&mut self, is_wanted: impl Fn(&Picture) -> bool) {
        let began = Instant::now();
        loop {
            self.take_update();
            self.acknowledge();
            if is_wanted(&self.picture) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "the picture that is wanted never came");
        }
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
        let number = read_number(size, stride, &self.picture.rgbx()).expect("the picture shows a number");
        let mut expected = vec![0; size.area() * 4];
        draw(kind, number, size, stride, &mut expected);
        assert!(*self.picture.rgbx() == expected, "the picture is not frame {number} of {kind}");
        number
    }

    fn take_band(&mut self) -> bool {
        if self.pixels.is_some() {
            let message = self.next_on_stream().expect("the stream goes on");
            return message[4] == BAND && self.apply(&message);
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
        let pixels = self.pixels.as_mut()?;
        loop {
            if let Some(len) = Picture::message_len(pixels.buffer()).expect("a band is not endless") {
                return pixels.take(len);
            }
            if pixels.fill() == 0 {
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

/// How a viewer greets that takes no codes and proves nothing.
pub const HELLO: ViewerMessage = ViewerMessage::Hello(Hello { version: VERSION, flags: 0 });

/// Asks for pixels by a route, from a picture of a run.
pub fn route(number: u32, transport: Transport, epoch: u64, held_seq: u32) -> ViewerMessage {
    ViewerMessage::Route(Route { number, transport: transport.id(), flags: 0, epoch, held_seq })
}
