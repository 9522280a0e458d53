//! What a server sends on the control channel.

use std::borrow::Cow;
use std::time::Duration;

use bytes::BufMut;

use super::wire::{Body, Field, FieldError, First, Record, code, message, messages, record, split};
use super::{HEADER_BYTES, ParseError, SERVER_MESSAGE_BYTES_MAX, VERSION, kind};
use crate::source::{
    AudioChunk, CursorShape, Description, Playback, PlaybackSnapshot, Pointer, Position, SOUND_FRAME_BYTES,
};
use crate::time::{Micros, Pts, micros};

/// A message to a viewer, other than pixels.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ServerMessage<'a> {
    /// The answer to a hello.
    Welcome {
        /// The version that the server speaks.
        version: Version,
        /// Names this run of the source: a viewer that comes back with it can keep its picture.
        epoch: u64,
        /// The server's clock now, in microseconds.
        clock_us: u64,
    },
    /// What the source is doing.
    Source {
        /// In a word.
        state: SourceState,
        /// What it shows, or why it shows nothing.
        text: &'a str,
    },
    /// What must be known about the source, besides its pictures.
    Description(Cow<'a, Description>),
    /// The pointer's shape, before the first position that uses it.
    CursorShape(Cow<'a, CursorShape>),
    /// Where the pointer is.
    CursorAt(CursorAt),
    /// The answer to a ping.
    Pong {
        /// The ping's.
        token: u32,
        /// The server's clock, in microseconds.
        clock_us: u64,
    },
    /// Numbers for the overlay, as JSON.
    Stats {
        /// One object.
        json: &'a str,
    },
    /// What the server found when it compared a proof.
    Proven(Proven),
    /// Something the person who watches should know.
    Notice {
        /// In a word.
        code: NoticeCode,
        /// In words.
        text: &'a str,
    },
    /// The server ends the session on purpose.
    Goodbye {
        /// Why, in a word.
        code: GoodbyeCode,
        /// Why, for people.
        text: &'a str,
    },
    /// The first message on a route: the bands that follow are its own.
    Routed {
        /// The viewer's number of it.
        number: u32,
    },
    /// What carried the pixels is gone; the viewer may choose another route.
    Unrouted {
        /// The viewer's number of it.
        number: u32,
    },
    /// How a WebTransport session can be had.
    Certificates(Cow<'a, Certificates>),
    /// A part of a band, on a route by datagrams.
    Fragment(Fragment<'a>),
    /// All bands of an update are out, on a route by datagrams.
    FragmentsEnd {
        /// The route.
        number: u32,
        /// Bands of this route so far.
        bands: u32,
    },
    /// How the source goes, which can be controlled.
    Playback(Cow<'a, PlaybackSnapshot>),
    /// A stretch of its sound.
    Sound(Cow<'a, AudioChunk>),
    /// Opens one WebTransport session, soon.
    Ticket {
        /// Hexadecimal digits.
        ticket: &'a str,
    },
}

/// Where WebTransport sessions are accepted, and by what the server is known there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificates {
    /// The UDP port; 0: the same number as the page's own port.
    pub port: u16,
    /// SHA-256 of each certificate that the server may present; none where it has one that browsers trust anyway.
    pub hashes: Vec<[u8; 32]>,
}

/// A part of a band that travels in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment<'a> {
    /// The route's number.
    pub number: u32,
    /// Counts the bands of a route from 0.
    pub band: u32,
    /// Where in the band the bytes are, its header included.
    pub offset: u32,
    /// Bytes of the whole band.
    pub total: u32,
    /// Some of them.
    pub bytes: &'a [u8],
}

/// Bytes of a [`Fragment`] beyond those that it is a part of.
pub const FRAGMENT_OVERHEAD: usize = HEADER_BYTES + 16;

/// What a source is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SourceState {
    /// It shows pictures.
    Live = 0,
    /// Gone for now.
    Lost = 1,
    /// Over.
    Ended = 2,
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum NoticeCode {
    /// The viewer is shown on the display that it mirrors.
    SelfCapture = 1,
    /// That is over.
    SelfCaptureEnded = 2,
}

/// Why a server says goodbye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum GoodbyeCode {
    /// It was stopped.
    Stopped = 0,
    /// Its source has ended, and so it ends as well.
    Ended = 1,
    /// It goes on, but not with this viewer.
    Expelled = 2,
}

/// The version that both ends speak, and two bytes of 0 after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version;

impl Field<'_> for Version {
    fn read(body: &mut Body<'_>) -> Result<Self, FieldError> {
        let found = u32::read(body)?;
        if found == u32::from(VERSION) { Ok(Self) } else { Err(FieldError::Invalid(found.into())) }
    }

    fn write(&self, out: &mut impl BufMut) {
        out.put_u32_le(VERSION.into());
    }
}

/// Where the pointer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CursorAt {
    /// Column of the hotspot.
    pub x: i32,
    /// Row of the hotspot.
    pub y: i32,
    /// Serial number of its shape; 0 if it is hidden.
    pub serial: u32,
    /// Counts moves: of two that travel apart, the later is the one with more.
    pub moves: u32,
}

impl From<&Pointer> for CursorAt {
    fn from(Pointer { cursor, moves }: &Pointer) -> Self {
        let serial = cursor.shape.as_ref().map_or(0, |shape| shape.serial);
        Self { x: cursor.x, y: cursor.y, serial, moves: *moves }
    }
}

/// Result of the comparison of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The update.
    pub seq: u32,
    /// Whether the viewer's picture is exactly the frame.
    pub exact: bool,
    /// Updates proven exact on this channel so far.
    pub count: u64,
}

messages!(ServerMessage<'a>, SERVER_MESSAGE_BYTES_MAX, {
    WELCOME => Welcome { version, epoch, clock_us },
    SOURCE => Source { state, text },
    CURSOR_SHAPE => CursorShape(shape),
    CURSOR_AT => CursorAt(at),
    PONG => Pong { token, clock_us },
    STATS => Stats { json },
    PROVEN => Proven(proven),
    NOTICE => Notice { code, text },
    GOODBYE => Goodbye { code, text },
    ROUTED => Routed { number },
    UNROUTED => Unrouted { number },
    CERTIFICATES => Certificates(certificates),
    FRAGMENT => Fragment(fragment),
    FRAGMENTS_END => FragmentsEnd { number, bands },
    PLAYBACK => Playback(snapshot),
    SOUND => Sound(sound),
    DESCRIPTION => Description(description),
    TICKET => Ticket { ticket },
});

record!(CursorAt { x, y, serial, moves });
record!(Fragment<'a> { number, band, offset, total, bytes });
code!(SourceState { Live, Lost, Ended });
code!(NoticeCode { SelfCapture, SelfCaptureEnded });
code!(GoodbyeCode { Stopped, Ended, Expelled });

impl Record<'_> for Proven {
    fn read(body: &mut Body<'_>) -> Result<Self, ParseError> {
        let seq = body.field("seq")?;
        let exact = match body.field("exact")? {
            0_u32 => false,
            1 => true,
            other => return Err(body.error("exact", FieldError::Invalid(other.into()))),
        };
        Ok(Self { seq, exact, count: body.field("count")? })
    }

    fn write(&self, out: &mut impl BufMut) {
        out.put_u32_le(self.seq);
        out.put_u32_le(self.exact.into());
        out.put_u64_le(self.count);
    }
}

impl Record<'_> for CursorShape {
    fn read(body: &mut Body<'_>) -> Result<Self, ParseError> {
        let (serial, width, height) = (body.field("serial")?, body.field("width")?, body.field("height")?);
        let (hot_x, hot_y) = (body.field("hot_x")?, body.field("hot_y")?);
        let rgba: &[u8] = body.field("rgba")?;
        if rgba.len() != usize::from(width) * usize::from(height) * 4 {
            return Err(body.error("rgba", FieldError::Invalid(rgba.len() as u64)));
        }
        Ok(Self { serial, width, height, hot_x, hot_y, rgba: rgba.to_vec() })
    }

    fn write(&self, out: &mut impl BufMut) {
        out.put_u32_le(self.serial);
        for side in [self.width, self.height, self.hot_x, self.hot_y] {
            out.put_u16_le(side);
        }
        out.put_slice(&self.rgba);
    }
}

impl Record<'_> for Certificates {
    fn read(body: &mut Body<'_>) -> Result<Self, ParseError> {
        let (port, mut hashes) = (body.field("port")?, Vec::new());
        while !body.is_empty() {
            hashes.push(body.field("hashes")?);
        }
        Ok(Self { port, hashes })
    }

    fn write(&self, out: &mut impl BufMut) {
        out.put_u16_le(self.port);
        self.hashes.iter().for_each(|hash| out.put_slice(hash));
    }
}

impl Record<'_> for AudioChunk {
    fn read(body: &mut Body<'_>) -> Result<Self, ParseError> {
        let at = Pts(body.field("at_us")?);
        let samples: &[u8] = body.field("samples")?;
        if !samples.len().is_multiple_of(SOUND_FRAME_BYTES) {
            return Err(body.error("samples", FieldError::Invalid(samples.len() as u64)));
        }
        Ok(Self { at, samples: samples.to_vec() })
    }

    fn write(&self, out: &mut impl BufMut) {
        out.put_i64_le(self.at.0);
        out.put_slice(&self.samples);
    }
}

impl Record<'_> for Description {
    fn read(body: &mut Body<'_>) -> Result<Self, ParseError> {
        let (name, stalled): (_, String) = (body.field("name")?, body.field("stalled")?);
        let alterations = texts(body, "alterations")?;
        Ok(Self { name, stalled: Some(stalled).filter(|text| !text.is_empty()), alterations })
    }

    fn write(&self, out: &mut impl BufMut) {
        self.name.write(out);
        match &self.stalled {
            Some(reason) => reason.write(out),
            None => out.put_u16_le(0),
        }
        self.alterations.iter().for_each(|text| text.write(out));
    }
}

const IS_PLAYING: u8 = 1;
const CAN_SEEK: u8 = 2;
/// Instead of a duration that is not known.
const NO_DURATION: u64 = u64::MAX;
/// Instead of a place that is the shown picture's.
const NO_POSITION: i64 = i64::MIN;
/// Instead of the number of a track where none is heard.
const NO_TRACK: u32 = u32::MAX;

impl Record<'_> for PlaybackSnapshot {
    fn read(body: &mut Body<'_>) -> Result<Self, ParseError> {
        let flags: u8 = body.field("flags")?;
        if flags > IS_PLAYING | CAN_SEEK {
            return Err(body.error("flags", FieldError::Invalid(flags.into())));
        }
        let duration_us = Some(body.field("duration_us")?).filter(|us| *us != NO_DURATION);
        let began = Pts(body.field("began_us")?);
        let position_us = Some(body.field("position_us")?).filter(|us| *us != NO_POSITION);
        let at = Micros(body.field("at_us")?);
        let us_per_s = body.field("us_per_s")?;
        let track = Some(body.field("track")?).filter(|track| *track != NO_TRACK);
        let playback = Playback {
            is_playing: flags & IS_PLAYING != 0,
            can_seek: flags & CAN_SEEK != 0,
            began,
            duration: duration_us.map(Duration::from_micros),
            position: position_us.map(|us| Position { at: Pts(us), us_per_s }),
            tracks: texts(body, "tracks")?.into(),
            track,
        };
        Ok(Self { playback, at })
    }

    fn write(&self, out: &mut impl BufMut) {
        let playback = &self.playback;
        let flags = [(playback.is_playing, IS_PLAYING), (playback.can_seek, CAN_SEEK)];
        out.put_u8(flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).sum());
        out.put_u64_le(playback.duration.map_or(NO_DURATION, micros));
        out.put_i64_le(playback.began.0);
        out.put_i64_le(playback.position.map_or(NO_POSITION, |position| position.at.0));
        out.put_u64_le(self.at.0);
        out.put_u32_le(playback.position.map_or(0, |position| position.us_per_s));
        out.put_u32_le(playback.track.unwrap_or(NO_TRACK));
        playback.tracks.iter().for_each(|track| track.write(out));
    }
}

/// Reads texts until the end.
fn texts(body: &mut Body<'_>, name: &'static str) -> Result<Vec<String>, ParseError> {
    let mut texts = Vec::new();
    while !body.is_empty() {
        texts.push(body.field(name)?);
    }
    Ok(texts)
}
