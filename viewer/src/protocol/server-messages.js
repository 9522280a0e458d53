// What a server sends on the control channel, on routes and by datagrams, other than bands (band.js).

import { MessageTable, describe } from './describe.js';
import {
  flag,
  i32,
  i64,
  i64Number,
  list,
  mapped,
  nullable,
  oneOf,
  padding,
  record,
  rest,
  sizedText,
  text,
  u16,
  u32,
  u64,
  u64Number,
  u8,
} from './fields.js';
import { BAND_BODY_BYTES_MAX, HEADER_BYTES, KIND } from './numbers.js';

/** @typedef {'live' | 'lost' | 'ended'} SourceState */
/** @type {readonly SourceState[]} */
const SOURCE_STATES = ['live', 'lost', 'ended'];
/**
 * Why a server says goodbye: it was stopped, its source has ended, or this viewer is sent away.
 * @typedef {'stopped' | 'ended' | 'expelled'} GoodbyeCode
 * @type {readonly GoodbyeCode[]}
 */
const GOODBYE_CODES = ['stopped', 'ended', 'expelled'];

/** Longest side of a cursor; a 256 px one is already rare. */
const CURSOR_SIDE_PX_MAX = 512;
/** Bytes of a certificate's hash. */
const HASH_BYTES = 32;
/** A sample each for left and right. */
const SOUND_FRAME_BYTES = 8;
const IS_PLAYING = 1;
const CAN_SEEK = 2;
/** In place of a duration that is not known. */
const NO_DURATION = 2n ** 64n - 1n;
/** In place of a position that is the shown frame's, and of a track where none is heard. */
const NO_POSITION = -(2n ** 63n);
const NO_TRACK = 2 ** 32 - 1;

/** Pixels as red, green, blue, alpha, not premultiplied. */
const cursorShape = record(
  { serial: u32, width: u16, height: u16, hotX: u16, hotY: u16, rgba: rest },
  ({ width, height, rgba }, from) => {
    if (width > CURSOR_SIDE_PX_MAX || height > CURSOR_SIDE_PX_MAX)
      throw from.error(`of ${width}x${height} is too large`);
    if (rgba.byteLength !== width * height * 4) throw from.error(`of ${width}x${height} has ${rgba.byteLength} bytes`);
  },
);

/** A JSON object. */
const json = mapped(
  text,
  (value, from) => {
    const parsed = parsedJson(value);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw from.error('is no JSON object');
    return /** @type {Record<string, unknown>} */ (parsed);
  },
  value => JSON.stringify(value),
);

/** @param {string} value @returns {unknown} `undefined` if it is not JSON */
function parsedJson(value) {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

const hashes = mapped(
  rest,
  (bytes, from) => {
    if (bytes.byteLength % HASH_BYTES !== 0) throw from.error(`has ${bytes.byteLength} bytes, not hashes of 32`);
    const each = [];
    for (let at = 0; at < bytes.byteLength; at += HASH_BYTES)
      each.push(Uint8Array.from(bytes.subarray(at, at + HASH_BYTES)));
    return each;
  },
  values => Uint8ClampedArray.from(values.flatMap(hash => [...hash])),
);

/** Left and right by turns. */
const samples = mapped(
  rest,
  (bytes, from) => {
    if (bytes.length % SOUND_FRAME_BYTES !== 0) throw from.error('ends within a frame of sound');
    return new Float32Array(bytes.slice().buffer);
  },
  (/** @type {Float32Array<ArrayBuffer>} */ value) =>
    new Uint8ClampedArray(value.buffer, value.byteOffset, value.byteLength),
);

/**
 * How a film goes. `positionUs`: where it was at `atUs` of the server's clock, or `null`: where the shown frame is;
 * `usPerS`: how fast it goes on from there; `tracks`: what people call its tracks of sound; `track`: the one that is
 * heard, or `null`.
 */
const playback = mapped(
  record(
    {
      flags: u8,
      durationUs: nullable(u64, NO_DURATION),
      beganUs: i64Number,
      positionUs: nullable(i64, NO_POSITION),
      atUs: u64Number,
      usPerS: u32,
      track: mapped(
        u32,
        value => (value === NO_TRACK ? null : value),
        value => value ?? NO_TRACK,
      ),
      tracks: list(sizedText),
    },
    ({ flags }, from) => {
      if (flags > (IS_PLAYING | CAN_SEEK)) throw from.error(`come with the unknown flags ${flags}`);
    },
  ),
  ({ flags, ...others }) => ({
    isPlaying: (flags & IS_PLAYING) !== 0,
    canSeek: (flags & CAN_SEEK) !== 0,
    ...others,
  }),
  ({ isPlaying, canSeek, ...others }) => ({
    flags: (isPlaying ? IS_PLAYING : 0) | (canSeek ? CAN_SEEK : 0),
    ...others,
  }),
);

const fragment = record({ number: u32, band: u32, offset: u32, total: u32, bytes: rest }, (value, from) => {
  const { offset, total, bytes } = value;
  if (total > HEADER_BYTES + BAND_BODY_BYTES_MAX || offset + bytes.byteLength > total)
    throw from.error(`of ${bytes.byteLength} at ${offset} reach beyond a band of ${total}`);
});

export const SERVER_MESSAGES = new MessageTable([
  describe(KIND.WELCOME, 'Welcome', record({ version: u16, reserved: padding(2), epoch: u64, clockUs: u64Number })),
  describe(KIND.SOURCE, 'Source', record({ state: oneOf(SOURCE_STATES), text })),
  describe(KIND.CURSOR_SHAPE, 'CursorShape', record({ shape: cursorShape })),
  describe(KIND.CURSOR_AT, 'CursorAt', record({ x: i32, y: i32, serial: u32, moves: u32 })),
  describe(KIND.PONG, 'Pong', record({ token: u32, clockUs: u64Number })),
  describe(KIND.STATS, 'Stats', record({ stats: json })),
  describe(KIND.PROVEN, 'Proven', record({ seq: u32, exact: flag(u32), count: u64Number })),
  describe(KIND.NOTICE, 'Notice', record({ code: u8, text })),
  describe(KIND.GOODBYE, 'Goodbye', record({ code: oneOf(GOODBYE_CODES), text })),
  describe(KIND.ROUTED, 'Routed', record({ number: u32 })),
  describe(KIND.UNROUTED, 'Unrouted', record({ number: u32 })),
  describe(KIND.CERTIFICATES, 'Certificates', record({ port: u16, hashes })),
  describe(KIND.FRAGMENT, 'Fragment', fragment),
  describe(KIND.FRAGMENTS_END, 'FragmentsEnd', record({ number: u32, bands: u32 })),
  describe(KIND.PLAYBACK, 'Playback', playback),
  describe(KIND.SOUND, 'Sound', record({ atUs: i64Number, samples })),
  describe(
    KIND.DESCRIPTION,
    'Description',
    record({ name: sizedText, stalled: sizedText, alterations: list(sizedText) }),
  ),
  describe(KIND.TICKET, 'Ticket', record({ ticket: text })),
]);

/**
 * @typedef {import('./describe.js').MessageOf<typeof SERVER_MESSAGES.descriptions[number]>} KnownServerMessage
 * @typedef {KnownServerMessage | { type: 'Unknown', kind: number }} ServerMessage
 * @typedef {Extract<KnownServerMessage, { type: 'Playback' }>} Playback
 * @typedef {Omit<Extract<KnownServerMessage, { type: 'Certificates' }>, 'type'>} Certificates
 * @typedef {Extract<KnownServerMessage, { type: 'Fragment' }>} Fragment
 * @typedef {Extract<KnownServerMessage, { type: 'CursorShape' }>['shape']} CursorShape
 */

/** Reads one whole control message. @param {ArrayBuffer} buffer @returns {ServerMessage} */
export function readServerMessage(buffer) {
  return SERVER_MESSAGES.read(buffer);
}
