// The messages of docs/protocol.md, read and written: names and bounds as in core/src/protocol. Not what they mean for
// a session (session/session.js), nor a band's patches (decode/update.js).

export const VERSION = 4;
export const HEADER_BYTES = 8;
export const BAND_BYTES = 40;
export const PATCH_BYTES = 16;

/** Longest side of a frame, as in core/src/geometry.rs. */
export const SIDE_PX_MAX = 16384;
/** A band's longest body: an 8K frame in a single band and some room; a length that lies must not exhaust memory. */
export const BAND_BODY_BYTES_MAX = 160 << 20;
/** Longest body of every other kind; the longest honest one is a large cursor. */
export const CONTROL_BODY_BYTES_MAX = 2 << 20;
/** Longest side of a cursor; a 256 px one is already rare. */
const CURSOR_SIDE_PX_MAX = 512;

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

export const FIRST = 1;
export const COMMIT = 2;
export const ABORTED = 4;
export const HELLO_VERIFY = 1;
export const HELLO_CODES = 4;
export const ROUTE_PLAIN = 1;
/**
 * What carries pixels; each lies where its number, less one, says.
 * @typedef {'http' | 'websocket' | 'webtransport' | 'webtransport-datagrams'} Transport
 * @type {readonly Transport[]}
 */
export const TRANSPORTS = Object.freeze(['http', 'websocket', 'webtransport', 'webtransport-datagrams']);
/** Bytes of a certificate's hash. */
const HASH_BYTES = 32;
export const ENCODING_RAW = 0;
export const ENCODING_SOLID = 1;
export const ENCODING_MOVE = 2;
/** Names for users, indexed by the encoding's number. Those after the moves are codes. */
export const ENCODING_NAMES = ['raw', 'one colour', 'moved', 'palette', 'predict', 'lz', 'packed'];
export const ENCODING_LAST = ENCODING_NAMES.length - 1;

/** A sample each for left and right. */
const SOUND_FRAME_BYTES = 8;
const IS_PLAYING = 1;
const CAN_SEEK = 2;
/** In place of a duration that is not known. */
const NO_DURATION = 2n ** 64n - 1n;
/** In place of a position that is the shown frame's, and of a track where none is heard. */
const NO_POSITION = -(2n ** 63n);
const NO_TRACK = 2 ** 32 - 1;

/** @typedef {'live' | 'lost' | 'ended'} SourceState */
/** @type {readonly SourceState[]} */
const SOURCE_STATES = ['live', 'lost', 'ended'];
/**
 * Why a server says goodbye: it was stopped, its source has ended, or this viewer is sent away.
 * @typedef {'stopped' | 'ended' | 'expelled'} GoodbyeCode
 * @type {readonly GoodbyeCode[]}
 */
const GOODBYE_CODES = ['stopped', 'ended', 'expelled'];

/** The server does not speak this protocol, or bytes were lost: the session must end. */
export class ProtocolError extends Error {
  /** @override */
  name = 'ProtocolError';
}

/**
 * How a film goes. `positionUs`: where it was at `atUs` of the server's clock, or `null`: where the shown frame is;
 * `usPerS`: how fast it goes on from there; `tracks`: what people call its tracks of sound; `track`: the one that is
 * heard, or `null`.
 * @typedef {{
 *   type: 'Playback', isPlaying: boolean, canSeek: boolean, durationUs: number | null, beganUs: number,
 *   positionUs: number | null, atUs: number, usPerS: number, track: number | null, tracks: string[],
 * }} Playback
 * @typedef {{ serial: number, width: number, height: number, hotX: number, hotY: number, rgba:
 *   Uint8ClampedArray<ArrayBuffer> }} CursorShape
 * @typedef {{ type: 'Welcome', version: number, epoch: bigint, clockUs: number }
 *   | { type: 'Source', state: SourceState, text: string }
 *   | { type: 'Description', name: string, stalled: string, alterations: string[] }
 *   | { type: 'CursorShape', shape: CursorShape }
 *   | { type: 'CursorAt', x: number, y: number, serial: number, moves: number }
 *   | { type: 'Pong', token: number, clockUs: number }
 *   | { type: 'Stats', stats: Record<string, unknown> }
 *   | { type: 'Proven', seq: number, exact: boolean, count: number }
 *   | { type: 'Notice', code: number, text: string }
 *   | { type: 'Goodbye', code: GoodbyeCode, text: string }
 *   | { type: 'Ticket', ticket: string }
 *   | { type: 'Routed', number: number }
 *   | { type: 'Unrouted', number: number }
 *   | { type: 'Fragment', number: number, band: number, offset: number, total: number, bytes:
 *     Uint8ClampedArray<ArrayBuffer> }
 *   | { type: 'FragmentsEnd', number: number, bands: number }
 *   | { type: 'Sound', atUs: number, samples: Float32Array<ArrayBuffer> }
 *   | Playback
 *   | { type: 'Certificates', port: number, hashes: Uint8Array<ArrayBuffer>[] }
 *   | { type: 'Unknown', kind: number }} ServerMessage
 */

/**
 * A message's whole length in bytes, from its header.
 * @param {DataView} view
 * @param {number} at where its header starts; `HEADER_BYTES` must be there
 */
export function messageBytes(view, at) {
  const body = view.getUint32(at, true);
  const kind = view.getUint8(at + 4);
  const max = kind === KIND.BAND ? BAND_BODY_BYTES_MAX : CONTROL_BODY_BYTES_MAX;
  if (body > max) throw new ProtocolError(`message ${hex(kind)} of ${body} bytes is longer than the limit`);
  return HEADER_BYTES + body;
}

/**
 * The kind of the one message in a WebSocket message, after a check that its length is right.
 * @param {ArrayBuffer} buffer
 */
export function kindOf(buffer) {
  if (buffer.byteLength < HEADER_BYTES) throw new ProtocolError('message without a header');
  const view = new DataView(buffer);
  const kind = view.getUint8(4);
  if (messageBytes(view, 0) !== buffer.byteLength) throw new ProtocolError(`message ${hex(kind)} has the wrong length`);
  return kind;
}

/**
 * Reads one whole control message.
 * @param {ArrayBuffer} buffer
 * @returns {ServerMessage}
 */
export function readServerMessage(buffer) {
  const kind = kindOf(buffer);
  const fields = new Fields(kind, buffer);
  const message = readBody(kind, fields);
  if (message.type !== 'Unknown') fields.end();
  return message;
}

/**
 * @param {number} kind
 * @param {Fields} fields
 * @returns {ServerMessage}
 */
function readBody(kind, fields) {
  switch (kind) {
    case KIND.WELCOME:
      return readWelcome(fields);
    case KIND.SOURCE:
      return { type: 'Source', state: sourceState(fields.u8()), text: fields.text() };
    case KIND.DESCRIPTION:
      return readDescription(fields);
    case KIND.CURSOR_SHAPE:
      return { type: 'CursorShape', shape: readCursorShape(fields) };
    case KIND.CURSOR_AT:
      return { type: 'CursorAt', x: fields.i32(), y: fields.i32(), serial: fields.u32(), moves: fields.u32() };
    case KIND.PONG:
      return { type: 'Pong', token: fields.u32(), clockUs: fields.u64Number() };
    case KIND.STATS:
      return { type: 'Stats', stats: jsonObject(fields.text()) };
    case KIND.PROVEN:
      return { type: 'Proven', seq: fields.u32(), exact: flag(fields.u32()), count: fields.u64Number() };
    case KIND.NOTICE:
      return { type: 'Notice', code: fields.u8(), text: fields.text() };
    case KIND.GOODBYE:
      return { type: 'Goodbye', code: goodbyeCode(fields.u8()), text: fields.text() };
    case KIND.TICKET:
      return { type: 'Ticket', ticket: fields.text() };
    case KIND.ROUTED:
      return { type: 'Routed', number: fields.u32() };
    case KIND.UNROUTED:
      return { type: 'Unrouted', number: fields.u32() };
    case KIND.PLAYBACK:
      return readPlayback(fields);
    case KIND.SOUND:
      return readSound(fields);
    case KIND.FRAGMENT:
      return readFragment(fields);
    case KIND.FRAGMENTS_END:
      return { type: 'FragmentsEnd', number: fields.u32(), bands: fields.u32() };
    case KIND.CERTIFICATES:
      return { type: 'Certificates', port: fields.u16(), hashes: readHashes(fields.rest()) };
    default:
      return { type: 'Unknown', kind };
  }
}

/** @param {Fields} fields @returns {ServerMessage} */
function readWelcome(fields) {
  const version = fields.u16();
  fields.u16();
  return { type: 'Welcome', version, epoch: fields.u64(), clockUs: fields.u64Number() };
}

/** @param {Fields} fields @returns {ServerMessage} */
function readDescription(fields) {
  const name = fields.sizedText();
  const stalled = fields.sizedText();
  const alterations = [];
  while (!fields.isEmpty) alterations.push(fields.sizedText());
  return { type: 'Description', name, stalled, alterations };
}

/** @param {Fields} fields @returns {CursorShape} */
function readCursorShape(fields) {
  const serial = fields.u32();
  const [width, height, hotX, hotY] = [fields.u16(), fields.u16(), fields.u16(), fields.u16()];
  const rgba = fields.rest();
  if (width > CURSOR_SIDE_PX_MAX || height > CURSOR_SIDE_PX_MAX) throw new ProtocolError('cursor is too large');
  if (rgba.byteLength !== width * height * 4) throw new ProtocolError('cursor has the wrong length');
  return { serial, width, height, hotX, hotY, rgba };
}

/** @param {Fields} fields @returns {ServerMessage} */
function readFragment(fields) {
  const [number, band, offset, total] = [fields.u32(), fields.u32(), fields.u32(), fields.u32()];
  const bytes = fields.rest();
  if (total > HEADER_BYTES + BAND_BODY_BYTES_MAX || offset + bytes.byteLength > total)
    throw new ProtocolError('a fragment reaches beyond its band');
  return { type: 'Fragment', number, band, offset, total, bytes };
}

/** @param {Uint8ClampedArray<ArrayBuffer>} bytes back to back */
function readHashes(bytes) {
  if (bytes.byteLength % HASH_BYTES !== 0) throw new ProtocolError('certificates have the wrong length');
  const hashes = [];
  for (let at = 0; at < bytes.byteLength; at += HASH_BYTES)
    hashes.push(Uint8Array.from(bytes.subarray(at, at + HASH_BYTES)));
  return hashes;
}

/** @param {Fields} fields @returns {ServerMessage} */
function readSound(fields) {
  const atUs = fields.i64Number();
  const bytes = fields.rest();
  if (bytes.length % SOUND_FRAME_BYTES !== 0) throw new ProtocolError('sound that ends within a frame');
  return { type: 'Sound', atUs, samples: new Float32Array(bytes.slice().buffer) };
}

/** @param {Fields} fields @returns {ServerMessage} */
function readPlayback(fields) {
  const flags = fields.u8();
  const durationUs = fields.u64();
  const beganUs = fields.i64Number();
  const positionUs = BigInt.asIntN(64, fields.u64());
  const atUs = fields.u64Number();
  const usPerS = fields.u32();
  const track = fields.u32();
  const tracks = [];
  while (!fields.isEmpty) tracks.push(fields.sizedText());
  if (flags > (IS_PLAYING | CAN_SEEK)) throw new ProtocolError(`playback with flags ${flags}`);
  return {
    type: 'Playback',
    isPlaying: (flags & IS_PLAYING) !== 0,
    canSeek: (flags & CAN_SEEK) !== 0,
    durationUs: durationUs === NO_DURATION ? null : Number(durationUs),
    beganUs,
    positionUs: positionUs === NO_POSITION ? null : Number(positionUs),
    atUs,
    usPerS,
    track: track === NO_TRACK ? null : track,
    tracks,
  };
}

/** @param {number} code */
function sourceState(code) {
  const state = SOURCE_STATES[code];
  if (state === undefined) throw new ProtocolError(`source state ${code} means nothing`);
  return state;
}

/** @param {number} code */
function goodbyeCode(code) {
  const reason = GOODBYE_CODES[code];
  if (reason === undefined) throw new ProtocolError(`goodbye ${code} means nothing`);
  return reason;
}

/** @param {number} value */
function flag(value) {
  if (value > 1) throw new ProtocolError(`flag with the value ${value}`);
  return value === 1;
}

/** @param {string} text @returns {Record<string, unknown>} */
function jsonObject(text) {
  try {
    const value = /** @type {unknown} */ (JSON.parse(text));
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return /** @type {Record<string, unknown>} */ (value);
  } catch {
    /* Not JSON: said below, together with JSON that is no object. */
  }
  throw new ProtocolError('stats are not a JSON object');
}

/** @param {number} kind */
function hex(kind) {
  return `0x${kind.toString(16).padStart(2, '0')}`;
}

/** Reads the fields of one body, front to back; past the end it throws. */
class Fields {
  #kind;
  #view;
  #at = HEADER_BYTES;

  /**
   * @param {number} kind
   * @param {ArrayBuffer} buffer
   */
  constructor(kind, buffer) {
    this.#kind = kind;
    this.#view = new DataView(buffer);
  }

  u8() {
    return this.#view.getUint8(this.#take(1));
  }
  u16() {
    return this.#view.getUint16(this.#take(2), true);
  }
  u32() {
    return this.#view.getUint32(this.#take(4), true);
  }
  i32() {
    return this.#view.getInt32(this.#take(4), true);
  }
  u64() {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  /** For clocks and counts, which stay below 2^53 for centuries. */
  u64Number() {
    return Number(this.u64());
  }

  /** For timestamps, which may lie before zero. */
  i64Number() {
    return Number(BigInt.asIntN(64, this.u64()));
  }

  get isEmpty() {
    return this.#at === this.#view.byteLength;
  }

  /** All that is left, as a copy-free view. */
  rest() {
    return this.#bytes(this.#view.byteLength - this.#at);
  }

  /** @param {number} bytes */
  #bytes(bytes) {
    return new Uint8ClampedArray(/** @type {ArrayBuffer} */ (this.#view.buffer), this.#take(bytes), bytes);
  }

  text() {
    return this.#decode(this.rest());
  }

  /** A text with its length before it. */
  sizedText() {
    return this.#decode(this.#bytes(this.u16()));
  }

  /** @param {Uint8ClampedArray<ArrayBuffer>} bytes */
  #decode(bytes) {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      throw new ProtocolError(`text of message ${hex(this.#kind)} is not UTF-8`);
    }
  }

  end() {
    if (this.#at !== this.#view.byteLength) throw new ProtocolError(`message ${hex(this.#kind)} is too long`);
  }

  /** @param {number} bytes */
  #take(bytes) {
    const at = this.#at;
    if (at + bytes > this.#view.byteLength) throw new ProtocolError(`message ${hex(this.#kind)} is too short`);
    this.#at = at + bytes;
    return at;
  }
}

/**
 * @param {number} kind
 * @param {number} bodyBytes
 */
function message(kind, bodyBytes) {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + bodyBytes));
  view.setUint32(0, bodyBytes, true);
  view.setUint8(4, kind);
  return view;
}

/** @param {{ flags: number, version?: number }} hello */
export function writeHello({ flags, version = VERSION }) {
  const view = message(KIND.HELLO, 4);
  view.setUint16(8, version, true);
  view.setUint16(10, flags, true);
  return view.buffer;
}

/** @param {{ number: number, transport: Transport, flags: number, epoch: bigint, heldSeq: number }} route */
export function writeRoute({ number, transport, flags, epoch, heldSeq }) {
  const view = message(KIND.ROUTE, 18);
  view.setUint32(8, number, true);
  view.setUint8(12, TRANSPORTS.indexOf(transport) + 1);
  view.setUint8(13, flags);
  view.setBigUint64(14, epoch, true);
  view.setUint32(22, heldSeq, true);
  return view.buffer;
}

/** @param {{ seq: number, receiveUs: number, paintUs: number, decodeUs: number, totalUs: number }} ack */
export function writeAck({ seq, receiveUs, paintUs, decodeUs, totalUs }) {
  const view = message(KIND.ACK, 20);
  view.setUint32(8, seq, true);
  view.setUint32(12, receiveUs, true);
  view.setUint32(16, paintUs, true);
  view.setUint32(20, decodeUs, true);
  view.setUint32(24, totalUs, true);
  return view.buffer;
}

/** @param {{ seq: number, hash: bigint }} proof */
export function writeProof({ seq, hash }) {
  const view = message(KIND.PROOF, 12);
  view.setUint32(8, seq, true);
  view.setBigUint64(12, hash, true);
  return view.buffer;
}

/** @param {number} token */
export function writePing(token) {
  const view = message(KIND.PING, 4);
  view.setUint32(8, token, true);
  return view.buffer;
}

export function writeRefresh() {
  return message(KIND.REFRESH, 0).buffer;
}

export function writeAskTicket() {
  return message(KIND.ASK_TICKET, 0).buffer;
}

/** @param {boolean} paused */
export function writeFlow(paused) {
  const view = message(KIND.FLOW, 1);
  view.setUint8(8, paused ? 1 : 0);
  return view.buffer;
}

/**
 * Playback commands, indexed by their number.
 * @type {readonly ['pause', 'play', 'step', 'seek', 'track']}
 */
export const COMMANDS = ['pause', 'play', 'step', 'seek', 'track'];

/**
 * @param {{ command: typeof COMMANDS[number], toUs: number }} command `toUs`: where to seek, the number of a track, or
 *   0
 */
export function writePlaybackCommand({ command, toUs }) {
  const view = message(KIND.PLAYBACK_COMMAND, 9);
  view.setUint8(8, COMMANDS.indexOf(command));
  view.setBigUint64(9, BigInt(toUs), true);
  return view.buffer;
}

/** @param {{ number: number, band: number, offset: number, bytes: number }} nack */
export function writeNack({ number, band, offset, bytes }) {
  const view = message(KIND.NACK, 16);
  for (const [place, field] of [number, band, offset, bytes].entries()) view.setUint32(8 + place * 4, field, true);
  return view.buffer;
}
