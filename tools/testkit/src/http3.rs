//! A peer that speaks just enough HTTP/3 over QUIC, and may speak it badly.

use wtransport::config::QuicTransportConfig;
use wtransport::quinn::{Connection, ConnectionError, Endpoint, RecvStream, SendStream};

use crate::webtransport::{Venue, any_port, wait};

/// A control stream's type, and settings of which one says that datagrams are taken.
pub const SETTINGS: &[u8] = &[0x00, 0x04, 0x02, 0x33, 0x01];
/// The type of a frame with a body.
pub const DATA: u8 = 0x00;
/// The type of a frame with fields.
pub const HEADERS: u8 = 0x01;
/// The types of the streams that a session's peer may open, one way and both ways.
pub const UNI_OF_SESSION: &[u8] = &[0x40, 0x54];
/// The type of a stream both ways.
pub const BI_OF_SESSION: &[u8] = &[0x40, 0x41];

/// One QUIC connection.
#[derive(Debug)]
pub struct Quic {
    /// The connection, for what has no method here.
    pub connection: Connection,
    _endpoint: Endpoint,
    _streams: Vec<SendStream>,
}

impl Quic {
    /// Shakes hands and says nothing.
    pub fn connect(venue: &Venue) -> Self {
        Self::try_connect(venue, QuicTransportConfig::default()).expect("the server listens")
    }

    /// Shakes hands, with settings of QUIC, and says nothing.
    pub fn try_connect(venue: &Venue, transport: QuicTransportConfig) -> Result<Self, ConnectionError> {
        let config = venue.tuned(transport).quic_config().clone();
        wait(async {
            let endpoint = Endpoint::client(any_port(venue.address)).expect("a UDP socket");
            let connecting = endpoint.connect_with(config, venue.address, "localhost").expect("a name");
            Ok(Self { connection: connecting.await?, _endpoint: endpoint, _streams: Vec::new() })
        })
    }

    /// Shakes hands and says that it speaks HTTP/3.
    pub fn speaking(venue: &Venue) -> Self {
        let mut peer = Self::connect(venue);
        peer.open(SETTINGS);
        peer
    }

    /// Opens a stream one way, which begins with these bytes and stays open.
    pub fn open(&mut self, bytes: &[u8]) {
        let opened = wait(async {
            let mut stream = self.connection.open_uni().await?;
            let _refused = stream.write_all(bytes).await;
            Ok::<_, ConnectionError>(stream)
        });
        self._streams.extend(opened);
    }

    /// Opens a stream both ways, which begins with these bytes. `None` where the connection has ended.
    pub fn ask(&self, bytes: &[u8]) -> Option<Exchange> {
        wait(async {
            let (mut sender, receiver) = self.connection.open_bi().await.ok()?;
            let _refused = sender.write_all(bytes).await;
            Some(Exchange { sender, receiver })
        })
    }

    /// Asks for a session as a browser does.
    pub fn connect_session(&self, authority: &str, origin: Option<&str>, path: &str) -> Option<Exchange> {
        let origin = origin.map(|origin| ("origin", origin));
        let fields: Vec<_> = connect(authority, path).into_iter().chain(origin).collect();
        self.ask(&frame(HEADERS, &section(&fields)))
    }

    /// Waits until the server has closed the connection. Returns how.
    pub fn wait_closed(&self) -> ConnectionError {
        wait(self.connection.closed())
    }
}

/// A request, while it is not over.
#[derive(Debug)]
pub struct Exchange {
    /// Where the request goes.
    pub sender: SendStream,
    /// Where the answer comes.
    pub receiver: RecvStream,
}

impl Exchange {
    /// The status of the answer; `None` where there is none.
    pub fn status(&mut self) -> Option<u16> {
        let mut head = [0; 2];
        wait(self.receiver.read_exact(&mut head)).ok()?;
        let [HEADERS, len @ 0..64] = head else { panic!("an answer begins with headers, not {head:?}") };
        let mut section = vec![0; len.into()];
        wait(self.receiver.read_exact(&mut section)).ok()?;
        status_of(&section)
    }

    /// Whether the stream has ended, whatever comes before.
    pub fn is_over(&mut self) -> bool {
        wait(self.receiver.read_to_end(1 << 20)).is_ok()
    }
}

/// Its name comes from QPACK's static table, its value in letters, or in Huffman's code where that is shorter.
fn status_of(section: &[u8]) -> Option<u16> {
    match section {
        [0, 0, 0x5f, 0x09, 0x82, 0x10, 0x01] => Some(200),
        [0, 0, 0x5f, 0x09, 3, digits @ ..] => str::from_utf8(digits).ok()?.parse().ok(),
        other => panic!("an answer is a status and nothing else, not {other:x?}"),
    }
}

/// The fields that make a request one for a session.
pub fn connect<'a>(authority: &'a str, path: &'a str) -> [(&'a str, &'a str); 5] {
    [
        (":method", "CONNECT"),
        (":scheme", "https"),
        (":protocol", "webtransport"),
        (":authority", authority),
        (":path", path),
    ]
}

/// A frame's bytes.
pub fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len()).expect("a frame of a test is small");
    // A number of two bytes says so in its first two bits.
    let mut bytes = vec![kind];
    bytes.extend((len | 0x4000).to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// Fields as QPACK writes them: in letters, not by their numbers in a table.
pub fn section(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = vec![0, 0];
    for (name, value) in fields {
        number(&mut bytes, 0x20, 7, name.len());
        bytes.extend_from_slice(name.as_bytes());
        number(&mut bytes, 0x00, 127, value.len());
        bytes.extend_from_slice(value.as_bytes());
    }
    bytes
}

/// A number that begins in the low bits of a byte, as far as these hold it.
fn number(bytes: &mut Vec<u8>, high_bits: u8, low_bits: u8, value: usize) {
    let Some(mut rest) = value.checked_sub(low_bits.into()) else {
        return bytes.push(high_bits | value.to_le_bytes()[0]);
    };
    bytes.push(high_bits | low_bits);
    while rest >= 0x80 {
        bytes.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    bytes.push(rest.to_le_bytes()[0]);
}
