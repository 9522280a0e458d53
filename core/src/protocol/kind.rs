//! Kinds of messages: the fifth byte of each header.

/// A part of an update.
pub const BAND: u8 = 0x01;

/// See [`ServerMessage::Welcome`](super::ServerMessage::Welcome).
pub const WELCOME: u8 = 0x10;
/// See [`ServerMessage::Source`](super::ServerMessage::Source).
pub const SOURCE: u8 = 0x11;
/// See [`ServerMessage::CursorShape`](super::ServerMessage::CursorShape).
pub const CURSOR_SHAPE: u8 = 0x12;
/// See [`ServerMessage::CursorAt`](super::ServerMessage::CursorAt).
pub const CURSOR_AT: u8 = 0x13;
/// See [`ServerMessage::Pong`](super::ServerMessage::Pong).
pub const PONG: u8 = 0x14;
/// See [`ServerMessage::Stats`](super::ServerMessage::Stats).
pub const STATS: u8 = 0x15;
/// See [`ServerMessage::Proven`](super::ServerMessage::Proven).
pub const PROVEN: u8 = 0x16;
/// See [`ServerMessage::Notice`](super::ServerMessage::Notice).
pub const NOTICE: u8 = 0x17;
/// See [`ServerMessage::Goodbye`](super::ServerMessage::Goodbye).
pub const GOODBYE: u8 = 0x18;
/// See [`ServerMessage::Routed`](super::ServerMessage::Routed).
pub const ROUTED: u8 = 0x19;
/// See [`ServerMessage::Unrouted`](super::ServerMessage::Unrouted).
pub const UNROUTED: u8 = 0x1A;
/// See [`ServerMessage::Certificates`](super::ServerMessage::Certificates).
pub const CERTIFICATES: u8 = 0x1B;
/// See [`ServerMessage::Fragment`](super::ServerMessage::Fragment).
pub const FRAGMENT: u8 = 0x1C;
/// See [`ServerMessage::FragmentsEnd`](super::ServerMessage::FragmentsEnd).
pub const FRAGMENTS_END: u8 = 0x1D;
/// See [`ServerMessage::Playback`](super::ServerMessage::Playback).
pub const PLAYBACK: u8 = 0x1E;
/// See [`ServerMessage::Sound`](super::ServerMessage::Sound).
pub const SOUND: u8 = 0x1F;
/// See [`ServerMessage::Description`](super::ServerMessage::Description).
pub const DESCRIPTION: u8 = 0x20;
/// See [`ServerMessage::Ticket`](super::ServerMessage::Ticket).
pub const TICKET: u8 = 0x21;

/// See [`ViewerMessage::Hello`](super::ViewerMessage::Hello).
pub const HELLO: u8 = 0x81;
/// See [`ViewerMessage::Ack`](super::ViewerMessage::Ack).
pub const ACK: u8 = 0x82;
/// See [`ViewerMessage::Proof`](super::ViewerMessage::Proof).
pub const PROOF: u8 = 0x83;
/// See [`ViewerMessage::Ping`](super::ViewerMessage::Ping).
pub const PING: u8 = 0x84;
/// See [`ViewerMessage::Refresh`](super::ViewerMessage::Refresh).
pub const REFRESH: u8 = 0x85;
/// See [`ViewerMessage::Flow`](super::ViewerMessage::Flow).
pub const FLOW: u8 = 0x86;
/// See [`ViewerMessage::Route`](super::ViewerMessage::Route).
pub const ROUTE: u8 = 0x87;
/// See [`ViewerMessage::Nack`](super::ViewerMessage::Nack).
pub const NACK: u8 = 0x88;
/// See [`ViewerMessage::PlaybackCommand`](super::ViewerMessage::PlaybackCommand).
pub const PLAYBACK_COMMAND: u8 = 0x89;
/// See [`ViewerMessage::AskTicket`](super::ViewerMessage::AskTicket).
pub const ASK_TICKET: u8 = 0x8A;

/// Returns the kind of the message whose header `bytes` begin with.
pub fn of(bytes: &[u8]) -> Option<u8> {
    bytes.get(4).copied()
}
