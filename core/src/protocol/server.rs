//! What a server sends on the control channel.

use super::HEADER_BYTES;
use super::wire::message;
use crate::source::{AudioChunk, Description, PlaybackSnapshot, Pointer, Position};
use crate::time::Pts;

/// A message to a viewer, other than pixels.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ServerMessage<'a> {
    /// The answer to a hello.
    Welcome {
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
    Description(&'a Description),
    /// The pointer's shape, before the first position that uses it.
    CursorShape(&'a crate::source::CursorShape),
    /// Where the pointer is.
    CursorAt(&'a Pointer),
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
    Proven {
        /// The update.
        seq: u32,
        /// Whether the viewer's picture is exactly the frame.
        exact: bool,
        /// Updates proven exact on this channel so far.
        count: u64,
    },
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
    Certificates(&'a Certificates),
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
    Playback(&'a PlaybackSnapshot),
    /// A stretch of its sound.
    Sound(&'a AudioChunk),
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

const WELCOME: u8 = 0x10;
const SOURCE: u8 = 0x11;
const CURSOR_SHAPE: u8 = 0x12;
const CURSOR_AT: u8 = 0x13;
const PONG: u8 = 0x14;
const STATS: u8 = 0x15;
const PROVEN: u8 = 0x16;
const NOTICE: u8 = 0x17;
const GOODBYE: u8 = 0x18;
const ROUTED: u8 = 0x19;
const UNROUTED: u8 = 0x1A;
const CERTIFICATES: u8 = 0x1B;
const FRAGMENT: u8 = 0x1C;
const FRAGMENTS_END: u8 = 0x1D;
const PLAYBACK: u8 = 0x1E;
const SOUND: u8 = 0x1F;
const DESCRIPTION: u8 = 0x20;
const TICKET: u8 = 0x21;

/// Longest text in a description: more than anybody reads, and its length fits 16 bits.
const TEXT_BYTES_MAX: usize = 4096;
const IS_PLAYING: u8 = 1;
const CAN_SEEK: u8 = 2;
/// Instead of a duration that is not known.
const NO_DURATION: u64 = u64::MAX;
/// Instead of a place that is the shown picture's.
const NO_POSITION: Pts = Pts(i64::MIN);
/// Instead of the number of a track where none is heard.
const NO_TRACK: u32 = u32::MAX;

impl ServerMessage<'_> {
    /// Appends the message to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Welcome { epoch, clock_us } => message(out, WELCOME, |out| {
                out.extend_from_slice(&super::VERSION.to_le_bytes());
                out.extend_from_slice(&[0, 0]);
                out.extend_from_slice(&epoch.to_le_bytes());
                out.extend_from_slice(&clock_us.to_le_bytes());
            }),
            Self::Source { state, text } => message(out, SOURCE, |out| coded_text(out, *state as u8, text)),
            Self::Description(description) => message(out, DESCRIPTION, |out| write_texts(out, description)),
            Self::CursorShape(shape) => message(out, CURSOR_SHAPE, |out| {
                out.extend_from_slice(&shape.serial.to_le_bytes());
                for field in [shape.width, shape.height, shape.hot_x, shape.hot_y] {
                    out.extend_from_slice(&field.to_le_bytes());
                }
                out.extend_from_slice(&shape.rgba);
            }),
            Self::CursorAt(Pointer { cursor, moves }) => message(out, CURSOR_AT, |out| {
                out.extend_from_slice(&cursor.x.to_le_bytes());
                out.extend_from_slice(&cursor.y.to_le_bytes());
                let serial = cursor.shape.as_ref().map_or(0, |shape| shape.serial);
                out.extend_from_slice(&serial.to_le_bytes());
                out.extend_from_slice(&moves.to_le_bytes());
            }),
            Self::Pong { token, clock_us } => message(out, PONG, |out| {
                out.extend_from_slice(&token.to_le_bytes());
                out.extend_from_slice(&clock_us.to_le_bytes());
            }),
            Self::Stats { json } => message(out, STATS, |out| out.extend_from_slice(json.as_bytes())),
            Self::Proven { seq, exact, count } => message(out, PROVEN, |out| {
                out.extend_from_slice(&seq.to_le_bytes());
                out.extend_from_slice(&u32::from(*exact).to_le_bytes());
                out.extend_from_slice(&count.to_le_bytes());
            }),
            Self::Notice { code, text } => message(out, NOTICE, |out| coded_text(out, *code as u8, text)),
            Self::Ticket { ticket } => message(out, TICKET, |out| out.extend_from_slice(ticket.as_bytes())),
            Self::Goodbye { code, text } => message(out, GOODBYE, |out| coded_text(out, *code as u8, text)),
            Self::Routed { number } => {
                message(out, ROUTED, |out| out.extend_from_slice(&number.to_le_bytes()))
            }
            Self::Unrouted { number } => {
                message(out, UNROUTED, |out| out.extend_from_slice(&number.to_le_bytes()));
            }
            Self::Certificates(certificates) => message(out, CERTIFICATES, |out| {
                out.extend_from_slice(&certificates.port.to_le_bytes());
                out.extend(certificates.hashes.iter().flatten());
            }),
            Self::Fragment(piece) => message(out, FRAGMENT, |out| {
                for field in [piece.number, piece.band, piece.offset, piece.total] {
                    out.extend_from_slice(&field.to_le_bytes());
                }
                out.extend_from_slice(piece.bytes);
            }),
            Self::FragmentsEnd { number, bands } => message(out, FRAGMENTS_END, |out| {
                out.extend_from_slice(&number.to_le_bytes());
                out.extend_from_slice(&bands.to_le_bytes());
            }),
            Self::Sound(sound) => message(out, SOUND, |out| {
                out.extend_from_slice(&sound.at.0.to_le_bytes());
                out.extend_from_slice(&sound.samples);
            }),
            Self::Playback(went) => message(out, PLAYBACK, |out| write_playback(out, went)),
        }
    }
}

fn write_playback(out: &mut Vec<u8>, PlaybackSnapshot { playback, at }: &PlaybackSnapshot) {
    let flags = [(playback.is_playing, IS_PLAYING), (playback.can_seek, CAN_SEEK)];
    out.push(flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).sum());
    let duration_us = playback.duration.map_or(NO_DURATION, |duration| duration.as_micros() as u64);
    out.extend_from_slice(&duration_us.to_le_bytes());
    out.extend_from_slice(&playback.began.0.to_le_bytes());
    let position = playback.position.unwrap_or(Position { at: NO_POSITION, us_per_s: 0 });
    out.extend_from_slice(&position.at.0.to_le_bytes());
    out.extend_from_slice(&at.0.to_le_bytes());
    out.extend_from_slice(&position.us_per_s.to_le_bytes());
    out.extend_from_slice(&playback.track.unwrap_or(NO_TRACK).to_le_bytes());
    playback.tracks.iter().for_each(|track| sized_text(out, track));
}

fn write_texts(out: &mut Vec<u8>, Description { name, stalled, alterations }: &Description) {
    sized_text(out, name);
    sized_text(out, stalled.as_deref().unwrap_or_default());
    alterations.iter().for_each(|text| sized_text(out, text));
}

/// A text with its length before it, at most [`TEXT_BYTES_MAX`] of it.
fn sized_text(out: &mut Vec<u8>, text: &str) {
    let text = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
    out.extend_from_slice(&(text.len() as u16).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn coded_text(out: &mut Vec<u8>, code: u8, text: &str) {
    out.push(code);
    out.extend_from_slice(text.as_bytes());
}
