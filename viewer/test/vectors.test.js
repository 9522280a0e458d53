// The golden vectors that the Rust tests share: what the server writes is read here, what this writes is what it reads.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PlainArena } from '../src/decode/arena.js';
import { writePatches } from '../src/decode/patches.js';
import { PictureMemory } from '../src/decode/picture-memory.js';
import {
  BAND_BYTES,
  COMMANDS,
  HEADER_BYTES,
  KIND,
  SERVER_MESSAGES,
  VIEWER_MESSAGES,
  readServerMessage,
  writeViewerMessage,
} from '../src/protocol/messages.js';
import { Update } from '../src/decode/update.js';
import { fromHex, toHex } from './bytes.js';

/** @typedef {{ name: string, kind: string | number, hex: string, fields: Record<string, any> }} Vector */

const FILE = new URL('../../docs/protocol-vectors.json', import.meta.url);
// An npm package does not carry the file; in the repository it must be there.
const skip = existsSync(FILE) ? false : 'docs/protocol-vectors.json is not here';

/**
 * A viewer's messages, from the fields of a vector.
 * @type {Record<number, (fields: Record<string, any>) => import('../src/protocol/messages.js').ViewerMessage>}
 */
const MESSAGES = {
  [KIND.HELLO]: f => ({ type: 'Hello', version: f['version'], flags: f['flags'] }),
  [KIND.ACK]: f => ({
    type: 'Ack',
    seq: f['seq'],
    receiveUs: f['receive_us'],
    paintUs: f['paint_us'],
    decodeUs: f['decode_us'],
    totalUs: f['total_us'],
  }),
  [KIND.PROOF]: f => ({ type: 'Proof', seq: f['seq'], hash: BigInt(f['hash']) }),
  [KIND.PING]: f => ({ type: 'Ping', token: f['token'] }),
  [KIND.REFRESH]: () => ({ type: 'Refresh' }),
  [KIND.ASK_TICKET]: () => ({ type: 'AskTicket' }),
  [KIND.FLOW]: f => ({ type: 'Flow', paused: Boolean(f['paused']) }),
  [KIND.PLAYBACK_COMMAND]: f => ({
    type: 'PlaybackCommand',
    command: /** @type {typeof COMMANDS[number]} */ (COMMANDS[f['command']]),
    toUs: f['to_us'],
  }),
  [KIND.NACK]: f => ({ type: 'Nack', number: f['number'], band: f['band'], offset: f['offset'], bytes: f['bytes'] }),
  [KIND.ROUTE]: f => ({
    type: 'Route',
    number: f['number'],
    transport: f['transport'],
    flags: f['flags'],
    epoch: BigInt(f['epoch']),
    heldSeq: f['held_seq'],
  }),
};

test('the golden vectors', { skip }, async t => {
  const vectors = /** @type {Vector[]} */ (JSON.parse(readFileSync(FILE, 'utf8')));
  assert.ok(vectors.length > 0);
  for (const vector of vectors) await t.test(vector.name, () => check(vector));
});

/** @param {Vector} vector */
function check({ hex, fields }) {
  const bytes = fromHex(hex);
  const kind = /** @type {number} */ (bytes[4]);
  const messageOf = MESSAGES[kind];
  if (messageOf !== undefined) checkViewerMessage(bytes, messageOf(fields));
  else if (kind === KIND.BAND) checkBand(bytes, fields);
  else checkServerMessage(bytes, fields);
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {import('../src/protocol/messages.js').ViewerMessage} message */
function checkViewerMessage(bytes, message) {
  assert.equal(toHex(writeViewerMessage(message)), toHex(bytes));
  assert.deepEqual(VIEWER_MESSAGES.read(bytes.buffer), message);
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {Record<string, any>} fields */
function checkServerMessage(bytes, fields) {
  const message = readServerMessage(bytes.buffer);
  checkFields(flatten(message), fields);
  assert.notEqual(message.type, 'Unknown');
  // JSON spells a number in several ways.
  if (message.type === 'Unknown' || message.type === 'Stats') return;
  assert.equal(toHex(SERVER_MESSAGES.write(message)), toHex(bytes));
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {Record<string, any>} fields */
function checkBand(bytes, fields) {
  const update = new Update();
  const bands = [bytes.slice().buffer];
  const isFirst = (Number(bytes[5]) & 1) !== 0;
  if (!isFirst) {
    // A later band needs one that begins its update: its own head, without patches.
    const head = bytes.slice(0, HEADER_BYTES + BAND_BYTES);
    head[5] = 1;
    new DataView(head.buffer).setUint32(0, BAND_BYTES, true);
    new DataView(head.buffer).setUint32(20, 0, true);
    update.add(head.buffer, head.length);
    bands.unshift(head.buffer);
  }
  const commit = update.add(/** @type {ArrayBuffer} */ (bands.at(-1)), bytes.length);
  const written = /** @type {string[]} */ ([]);
  const note =
    (/** @type {string} */ kind) =>
    (/** @type {unknown} */ _, /** @type {import('../src/rect.js').Rect} */ { x, y, width, height }) => {
      written.push(`${kind} ${x},${y} ${width}x${height}`);
    };
  writePatches(
    update.patches,
    bands.at(-1) ?? new ArrayBuffer(0),
    null,
    Object.assign(new PictureMemory(new PlainArena()), { raw: note('raw'), solid: note('solid') }),
  );
  const { patches, ...scalars } = fields;
  checkFields(
    {
      seq: update.seq,
      base: update.base,
      width: update.width,
      height: update.height,
      captured_at_us: update.capturedAtUs,
      pts_us: update.ptsUs,
      planes: planesOf(update.planar),
      flags: bytes[5],
      first: (Number(bytes[5]) & 1) !== 0,
      commit,
    },
    scalars,
  );
  if (Array.isArray(patches)) {
    assert.deepEqual(
      written.sort(),
      patches.map(p => `${['raw', 'solid'][encodingOf(p.encoding)]} ${p.x},${p.y} ${p.width}x${p.height}`).sort(),
    );
  }
}

/** @param {import('../src/decode/planar.js').Planar | null} planar */
function planesOf(planar) {
  return planar === null ? null : [0, 8, 16, 24].map(shift => (planar.code >>> shift) & 255);
}

/** @param {string | number} encoding */
function encodingOf(encoding) {
  return typeof encoding === 'number' ? encoding : ['raw', 'solid'].indexOf(encoding.toLowerCase());
}

/**
 * A message's fields by the names of docs/protocol.md.
 * @param {import('../src/protocol/messages.js').ServerMessage} message
 */
function flatten(message) {
  switch (message.type) {
    case 'Welcome':
      return { version: message.version, epoch: message.epoch, clock_us: message.clockUs };
    case 'Goodbye':
      return { code: ['stopped', 'ended', 'expelled'].indexOf(message.code), text: message.text };
    case 'Source':
      return { state: message.state, text: message.text };
    case 'CursorShape': {
      const { hotX, hotY, rgba, ...rest } = message.shape;
      return { ...rest, hot_x: hotX, hot_y: hotY, rgba: [...rgba], pixels: [...rgba] };
    }
    case 'Certificates':
      return { port: message.port, hashes: message.hashes.map(hash => toHex(hash)) };
    case 'Fragment':
      return { ...message, bytes: toHex(Uint8Array.from(message.bytes)) };
    case 'Playback':
      return {
        is_playing: message.isPlaying,
        can_seek: message.canSeek,
        duration_us: message.durationUs,
        began_us: message.beganUs,
        position_us: message.positionUs,
        at_us: message.atUs,
        us_per_s: message.usPerS,
        track: message.track,
        tracks: message.tracks,
      };
    case 'Sound':
      return { at_us: message.atUs, samples: toHex(message.samples.buffer) };
    case 'Description':
      return { name: message.name, stalled: message.stalled, alterations: message.alterations };
    case 'Pong':
      return { token: message.token, clock_us: message.clockUs };
    case 'Stats':
      return { ...message.stats, json: JSON.stringify(message.stats) };
    default:
      return { ...message };
  }
}

/** @param {Record<string, any>} read @param {Record<string, any>} expected */
function checkFields(read, expected) {
  for (const [name, value] of Object.entries(expected)) {
    assert.ok(name in read, `field ${name} is not read`);
    assert.equal(plain(name, read[name]), plain(name, value), name);
  }
}

const STATES = ['live', 'lost', 'ended'];

/** One spelling for what JSON and JavaScript spell differently. @param {string} name @param {any} value */
function plain(name, value) {
  if (typeof value === 'boolean') return String(Number(value));
  if (name === 'state' && typeof value === 'number') return STATES[value];
  if (name === 'json') return JSON.stringify(typeof value === 'string' ? JSON.parse(value) : value);
  if (name === 'rgba' || name === 'pixels') return typeof value === 'string' ? value : toHex(Uint8Array.from(value));
  if (typeof value === 'string' && /^0x[0-9a-f]+$/i.test(value)) return String(BigInt(value));
  return typeof value === 'string' && name === 'state' ? value.toLowerCase() : String(value);
}
