//! What a viewer sends.

use std::time::Duration;

use super::wire::{Fields, First, message, split};
use super::{ParseError, VIEWER_MESSAGE_BYTES_MAX};
use crate::source::PlaybackCommand;

/// A message from a viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ViewerMessage {
    /// The first message on a control channel.
    Hello(Hello),
    /// A whole update has arrived and will be shown before anything after it.
    Ack(Ack),
    /// The hash of the picture after an update, where the viewer asked for proofs.
    Proof {
        /// The update.
        seq: u32,
        /// See [`hash`](crate::hash).
        hash: u64,
    },
    /// Asks for a [`Pong`](super::ServerMessage::Pong).
    Ping {
        /// Comes back unchanged.
        token: u32,
    },
    /// The viewer lost its picture: the next update must not build on one.
    Refresh,
    /// Whether pictures are wanted: a hidden page wants none.
    Flow {
        /// No pictures until told otherwise.
        paused: bool,
    },
    /// Says on what pixels are to come from now on.
    Route(Route),
    /// Asks for bytes again that did not come, on a route by datagrams.
    Nack(Nack),
    /// Asks something of the source, if it can be controlled.
    PlaybackCommand(PlaybackCommand),
    /// Asks for a [`Ticket`](super::ServerMessage::Ticket).
    AskTicket,
}

/// How a viewer introduces itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hello {
    /// The protocol it speaks.
    pub version: u16,
    /// [`HELLO_VERIFY`], [`HELLO_CODES`].
    pub flags: u16,
}

/// In a [`Hello`]: the viewer will send a proof of every update.
pub const HELLO_VERIFY: u16 = 1;
/// In a [`Hello`]: the viewer takes every encoding, not only raw and solid ones.
pub const HELLO_CODES: u16 = 4;

/// Where pixels are to come, and from what picture on. A viewer has one route at a time: a new one ends the previous one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Chosen by the viewer; the first message on the route repeats it.
    pub number: u32,
    /// What carries the pixels.
    pub transport: TransportId,
    /// [`ROUTE_PLAIN`].
    pub flags: u8,
    /// Whose picture the viewer shows, from a welcome; 0 where it shows none.
    pub epoch: u64,
    /// The update that picture stands at.
    pub held_seq: u32,
}

/// In a [`Route`]: only raw and solid patches, so that what is measured is the route.
pub const ROUTE_PLAIN: u8 = 1;

/// Number of a transport on the wire, from 1 to [`TransportId::MAX`]. Which there are is in [`Transports`](crate::sink::Transports).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TransportId(u8);

impl TransportId {
    /// Largest number: each has a place in tables of this length.
    pub const MAX: usize = 16;

    /// Returns the transport with this number, if it is in range.
    pub const fn new(number: u8) -> Option<Self> {
        if number == 0 || number as usize > Self::MAX { None } else { Some(Self(number)) }
    }

    /// Returns the number.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Returns its place in a table of [`MAX`](Self::MAX).
    pub const fn index(self) -> usize {
        self.0 as usize - 1
    }
}

/// Bytes that did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nack {
    /// The route's number.
    pub number: u32,
    /// Counts the bands of a route from 0.
    pub band: u32,
    /// Where in the band they begin.
    pub offset: u32,
    /// How many, or more than there are.
    pub bytes: u32,
}

/// Receipt of an update, and how long things took at the viewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ack {
    /// The update.
    pub seq: u32,
    /// Microseconds from its first to its last byte.
    pub receive_us: u32,
    /// Microseconds that painting the previous update took.
    pub paint_us: u32,
    /// Microseconds that decoding the update took.
    pub decode_us: u32,
    /// Microseconds from the capture of the previous update until it was painted, as far as the viewer knows the server's clock; 0:
    /// it does not.
    pub total_us: u32,
}

const HELLO: u8 = 0x81;
const ACK: u8 = 0x82;
const PROOF: u8 = 0x83;
const PING: u8 = 0x84;
const REFRESH: u8 = 0x85;
const FLOW: u8 = 0x86;
const ROUTE: u8 = 0x87;
const NACK: u8 = 0x88;
const PLAYBACK_COMMAND: u8 = 0x89;
const ASK_TICKET: u8 = 0x8A;

const PAUSE: u8 = 0;
const PLAY: u8 = 1;
const STEP: u8 = 2;
const SEEK: u8 = 3;
const TRACK: u8 = 4;

impl ViewerMessage {
    /// Reads the first message of `bytes` and how many it took. Returns `None` if it is not all there.
    ///
    /// # Errors
    /// Where it is not a message that a viewer sends.
    pub fn read(bytes: &[u8]) -> Result<Option<(Self, usize)>, ParseError> {
        let Some(First { kind, body, taken }) = split(bytes, VIEWER_MESSAGE_BYTES_MAX)? else {
            return Ok(None);
        };
        let mut fields = Fields::new(kind, body);
        let message = match kind {
            HELLO => Self::Hello(Hello { version: fields.u16()?, flags: fields.u16()? }),
            ACK => Self::Ack(Ack {
                seq: fields.u32()?,
                receive_us: fields.u32()?,
                paint_us: fields.u32()?,
                decode_us: fields.u32()?,
                total_us: fields.u32()?,
            }),
            PROOF => Self::Proof { seq: fields.u32()?, hash: fields.u64()? },
            PING => Self::Ping { token: fields.u32()? },
            REFRESH => Self::Refresh,
            FLOW => Self::Flow { paused: flag(fields.u8()?, kind)? },
            ROUTE => Self::Route(Route {
                number: fields.u32()?,
                transport: TransportId::new(fields.u8()?).ok_or(ParseError::InvalidField(kind))?,
                flags: fields.u8()?,
                epoch: fields.u64()?,
                held_seq: fields.u32()?,
            }),
            NACK => Self::Nack(Nack {
                number: fields.u32()?,
                band: fields.u32()?,
                offset: fields.u32()?,
                bytes: fields.u32()?,
            }),
            PLAYBACK_COMMAND => Self::PlaybackCommand(command(fields.u8()?, fields.u64()?, kind)?),
            ASK_TICKET => Self::AskTicket,
            _ => return Err(ParseError::UnknownKind(kind)),
        };
        fields.end()?;
        Ok(Some((message, taken)))
    }

    /// Appends the message to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Hello(hello) => message(out, HELLO, |out| {
                out.extend_from_slice(&hello.version.to_le_bytes());
                out.extend_from_slice(&hello.flags.to_le_bytes());
            }),
            Self::Ack(ack) => message(out, ACK, |out| {
                out.extend_from_slice(&ack.seq.to_le_bytes());
                out.extend_from_slice(&ack.receive_us.to_le_bytes());
                out.extend_from_slice(&ack.paint_us.to_le_bytes());
                out.extend_from_slice(&ack.decode_us.to_le_bytes());
                out.extend_from_slice(&ack.total_us.to_le_bytes());
            }),
            Self::Proof { seq, hash } => message(out, PROOF, |out| {
                out.extend_from_slice(&seq.to_le_bytes());
                out.extend_from_slice(&hash.to_le_bytes());
            }),
            Self::Ping { token } => message(out, PING, |out| out.extend_from_slice(&token.to_le_bytes())),
            Self::Refresh => message(out, REFRESH, |_| {}),
            Self::AskTicket => message(out, ASK_TICKET, |_| {}),
            Self::Flow { paused } => message(out, FLOW, |out| out.push(u8::from(paused))),
            Self::Route(route) => message(out, ROUTE, |out| {
                out.extend_from_slice(&route.number.to_le_bytes());
                out.extend_from_slice(&[route.transport.number(), route.flags]);
                out.extend_from_slice(&route.epoch.to_le_bytes());
                out.extend_from_slice(&route.held_seq.to_le_bytes());
            }),
            Self::PlaybackCommand(command) => message(out, PLAYBACK_COMMAND, |out| {
                let (number, to) = match command {
                    PlaybackCommand::Pause => (PAUSE, 0),
                    PlaybackCommand::Play => (PLAY, 0),
                    PlaybackCommand::Step => (STEP, 0),
                    PlaybackCommand::Seek(to) => (SEEK, to.as_micros() as u64),
                    PlaybackCommand::Track(track) => (TRACK, u64::from(track)),
                };
                out.push(number);
                out.extend_from_slice(&to.to_le_bytes());
            }),
            Self::Nack(nack) => message(out, NACK, |out| {
                for field in [nack.number, nack.band, nack.offset, nack.bytes] {
                    out.extend_from_slice(&field.to_le_bytes());
                }
            }),
        }
    }
}

fn command(number: u8, to_us: u64, kind: u8) -> Result<PlaybackCommand, ParseError> {
    match (number, to_us) {
        (PAUSE, 0) => Ok(PlaybackCommand::Pause),
        (PLAY, 0) => Ok(PlaybackCommand::Play),
        (STEP, 0) => Ok(PlaybackCommand::Step),
        (SEEK, to_us) => Ok(PlaybackCommand::Seek(Duration::from_micros(to_us))),
        (TRACK, number) => {
            u32::try_from(number).map(PlaybackCommand::Track).map_err(|_| ParseError::InvalidField(kind))
        }
        _ => Err(ParseError::InvalidField(kind)),
    }
}

fn flag(byte: u8, kind: u8) -> Result<bool, ParseError> {
    match byte {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(ParseError::InvalidField(kind)),
    }
}
