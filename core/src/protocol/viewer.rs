//! What a viewer sends.

use std::time::Duration;

use bytes::BufMut;

use super::wire::{Body, Field, FieldError, First, Record, message, messages, record, split};
use super::{ParseError, VIEWER_MESSAGE_BYTES_MAX, kind};
use crate::source::PlaybackCommand;
use crate::time::micros;

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
        /// See [`picture_hash`](crate::picture_hash).
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

/// Where pixels are to come, and from what picture on. A viewer has one route at a time: a new one ends the previous
/// one.
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

/// In a [`Route`]: only raw patches, so that what is measured is the route.
pub const ROUTE_PLAIN: u8 = 1;

/// Number of a transport on the wire, from 1 to [`TransportId::MAX`]. Which there are is in
/// [`Transports`](crate::sink::Transports).
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
    /// Microseconds from the capture of the previous update until it was painted, as far as the viewer knows the
    /// server's clock; 0: it does not.
    pub total_us: u32,
}

messages!(ViewerMessage, VIEWER_MESSAGE_BYTES_MAX, {
    HELLO => Hello(hello),
    ACK => Ack(ack),
    PROOF => Proof { seq, hash },
    PING => Ping { token },
    REFRESH => Refresh,
    FLOW => Flow { paused },
    ROUTE => Route(route),
    NACK => Nack(nack),
    PLAYBACK_COMMAND => PlaybackCommand(command),
    ASK_TICKET => AskTicket,
});

record!(Hello { version, flags });
record!(Ack { seq, receive_us, paint_us, decode_us, total_us });
record!(Route { number, transport, flags, epoch, held_seq });
record!(Nack { number, band, offset, bytes });

impl Field<'_> for TransportId {
    fn read(body: &mut Body<'_>) -> Result<Self, FieldError> {
        let number = u8::read(body)?;
        Self::new(number).ok_or_else(|| FieldError::Invalid(number.into()))
    }

    fn write(&self, out: &mut impl BufMut) {
        out.put_u8(self.number());
    }
}

const PAUSE: u8 = 0;
const PLAY: u8 = 1;
const STEP: u8 = 2;
const SEEK: u8 = 3;
const TRACK: u8 = 4;

/// A number, and where to seek, the number of a track, or 0.
impl Record<'_> for PlaybackCommand {
    fn read(body: &mut Body<'_>) -> Result<Self, ParseError> {
        let (number, to_us): (u8, u64) = (body.field("command")?, body.field("to_us")?);
        match (number, to_us) {
            (PAUSE, 0) => Ok(Self::Pause),
            (PLAY, 0) => Ok(Self::Play),
            (STEP, 0) => Ok(Self::Step),
            (SEEK, to_us) => Ok(Self::Seek(Duration::from_micros(to_us))),
            (TRACK, track) => u32::try_from(track)
                .map(Self::Track)
                .map_err(|_| body.error("to_us", FieldError::Invalid(track))),
            (PAUSE | PLAY | STEP, to_us) => Err(body.error("to_us", FieldError::Invalid(to_us))),
            (number, _) => Err(body.error("command", FieldError::Invalid(number.into()))),
        }
    }

    fn write(&self, out: &mut impl BufMut) {
        let (number, to) = match *self {
            Self::Pause => (PAUSE, 0),
            Self::Play => (PLAY, 0),
            Self::Step => (STEP, 0),
            Self::Seek(to) => (SEEK, micros(to)),
            Self::Track(track) => (TRACK, u64::from(track)),
        };
        out.put_u8(number);
        out.put_u64_le(to);
    }
}
