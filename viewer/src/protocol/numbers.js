// Numbers of docs/protocol.md: names and bounds as in core/src/protocol.

export const VERSION = 4;
export const HEADER_BYTES = 8;

/** Longest side of a frame, as in core/src/geometry.rs. */
export const SIDE_PX_MAX = 16384;
/** A band's longest body: an 8K frame in a single band and some room; a length that lies must not exhaust memory. */
export const BAND_BODY_BYTES_MAX = 160 << 20;
/** Longest body of every other kind; the longest honest one is a large cursor. */
export const CONTROL_BODY_BYTES_MAX = 2 << 20;

/** Kinds of messages. */
export const KIND = Object.freeze({
  BAND: 0x01,
  WELCOME: 0x10,
  SOURCE: 0x11,
  CURSOR_SHAPE: 0x12,
  CURSOR_AT: 0x13,
  PONG: 0x14,
  STATS: 0x15,
  PROVEN: 0x16,
  NOTICE: 0x17,
  GOODBYE: 0x18,
  ROUTED: 0x19,
  UNROUTED: 0x1a,
  CERTIFICATES: 0x1b,
  FRAGMENT: 0x1c,
  FRAGMENTS_END: 0x1d,
  PLAYBACK: 0x1e,
  SOUND: 0x1f,
  DESCRIPTION: 0x20,
  TICKET: 0x21,
  HELLO: 0x81,
  ACK: 0x82,
  PROOF: 0x83,
  PING: 0x84,
  REFRESH: 0x85,
  FLOW: 0x86,
  ROUTE: 0x87,
  NACK: 0x88,
  PLAYBACK_COMMAND: 0x89,
  ASK_TICKET: 0x8a,
});

/** Flags of a band. */
export const FIRST = 1;
export const COMMIT = 2;
export const ABORTED = 4;

export const HELLO_VERIFY = 1;
export const HELLO_CODES = 4;
export const ROUTE_PLAIN = 1;

export const ENCODING_RAW = 0;
export const ENCODING_SOLID = 1;
export const ENCODING_MOVE = 2;
/** Names for users, indexed by the encoding's number. Those after the moves are codes. */
export const ENCODING_NAMES = ['raw', 'one colour', 'moved', 'palette', 'predict', 'lz', 'packed'];
export const ENCODING_LAST = ENCODING_NAMES.length - 1;
