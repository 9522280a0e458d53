// Messages near the golden ones, read and written again: what is read can be written, and is then read as the same.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  BAND_BYTES,
  HEADER_BYTES,
  KIND,
  ProtocolError,
  SERVER_MESSAGES,
  VIEWER_MESSAGES,
  flagsAt,
  kindAt,
  readBandHead,
  writeBand,
} from '../src/protocol/messages.js';
import { fromHex, random } from './bytes.js';

const FILE = new URL('../../docs/protocol-vectors.json', import.meta.url);
// An npm package does not carry the file; in the repository it must be there.
const skip = existsSync(FILE) ? false : 'docs/protocol-vectors.json is not here';
/** Messages that are made of each. */
const CHANGES = 400;

test('what is read is written and read again, and anything else is refused with a reason', { skip }, async t => {
  const vectors = /** @type {{ name: string, hex: string }[]} */ (JSON.parse(readFileSync(FILE, 'utf8')));
  const next = random(7);
  for (const { name, hex } of vectors) {
    await t.test(name, () => {
      const golden = fromHex(hex);
      assert.ok(readsTheSame(golden), 'the golden one is read');
      for (let i = 0; i < CHANGES; i += 1) readsTheSame(changed(golden, next));
    });
  }
});

test('every kind has one description', () => {
  const described = [...SERVER_MESSAGES.descriptions, ...VIEWER_MESSAGES.descriptions].map(({ kind }) => kind);
  assert.deepEqual(
    [KIND.BAND, ...described].sort((a, b) => a - b),
    Object.values(KIND).sort((a, b) => a - b),
  );
});

test('a reason names the message, the field and what was found', () => {
  const route = fromHex('0400000087000000' + '01000000');
  assert.throws(() => VIEWER_MESSAGES.read(route.buffer), /message 0x87: transport is cut off/);
  const flow = fromHex('0100000086000000' + '02');
  assert.throws(() => VIEWER_MESSAGES.read(flow.buffer), /message 0x86: paused is 2, not 0 or 1/);
  const pong = fromHex('0e00000014000000' + '00'.repeat(14));
  assert.throws(() => SERVER_MESSAGES.read(pong.buffer), /message 0x14 has 2 bytes too many/);
});

/** A message with a few bytes changed, shorter or longer. @param {Uint8Array} golden @param {() => number} next */
function changed(golden, next) {
  const body = [...golden.subarray(HEADER_BYTES)];
  if (next() < 0.2) body.length = Math.floor(next() * body.length);
  if (next() < 0.2) body.push(Math.floor(next() * 256));
  for (let left = Math.floor(next() * 4); left > 0 && body.length > 0; left -= 1)
    body[Math.floor(next() * body.length)] = Math.floor(next() * 256);
  const message = Uint8Array.from([...golden.subarray(0, HEADER_BYTES), ...body]);
  new DataView(message.buffer).setUint32(0, body.length, true);
  return message;
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {boolean} whether it was read at all */
function readsTheSame({ buffer }) {
  try {
    const first = readAny(buffer);
    const again = readAny(first.written);
    if (isExact(first.message)) assert.deepEqual(again, first);
    return true;
  } catch (error) {
    assert.ok(error instanceof ProtocolError, String(error));
    return false;
  }
}

/** What a message says, and the same written. @param {ArrayBuffer} buffer */
function readAny(buffer) {
  if (kindAt(buffer) === KIND.BAND) return readBand(buffer);
  const table = kindAt(buffer) >= KIND.HELLO ? VIEWER_MESSAGES : SERVER_MESSAGES;
  const message = table.read(buffer);
  assert.notEqual(message.type, 'Unknown');
  return { message, written: table.write(/** @type {any} */ (message)) };
}

/** Its head; the rows and data come along as they are. @param {ArrayBuffer} buffer */
function readBand(buffer) {
  const message = readBandHead(new DataView(buffer));
  const others = new Uint8Array(buffer, HEADER_BYTES + BAND_BYTES);
  return { message, written: writeBand(message, flagsAt(buffer), [], [others]) };
}

/** Whether all its numbers are ones that JavaScript has: beyond 2^53 it rounds. @param {object} message */
function isExact(message) {
  return Object.values(message).every(value => typeof value !== 'number' || Number.isSafeInteger(value));
}
