import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pictureHash } from '../src/protocol/hash.js';
import { random } from './bytes.js';

const MASK = 0xffffffffn;
const K = 0x9e3779b1n;

/** The words of docs/protocol.md, in integers that cannot overflow. @param {Uint8Array} bytes */
function slowHash(bytes) {
  const rotl = (/** @type {bigint} */ value, /** @type {bigint} */ by) =>
    ((value << by) | (value >> (32n - by))) & MASK;
  const lanes = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n];
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < bytes.length / 4; i += 1) {
    const lane = /** @type {bigint} */ (lanes[i % 8]);
    lanes[i % 8] = rotl(((lane ^ BigInt(view.getUint32(i * 4, true))) * K) & MASK, 15n);
  }
  let [low, high] = [0n, BigInt((bytes.length / 4) % 8)];
  for (const lane of lanes) {
    low = rotl(((low ^ lane) * K) & MASK, 13n);
    high = rotl(((high + low) * K) & MASK, 17n);
  }
  return (high << 32n) | low;
}

test('the fast hash is the one that the protocol describes', () => {
  const next = random(1);
  for (const pixels of [0, 1, 7, 8, 9, 63, 64, 1000]) {
    const bytes = Uint8Array.from({ length: pixels * 4 }, () => next() * 256);
    assert.equal(pictureHash(bytes), slowHash(bytes), `${pixels} pixels`);
  }
});

test('one bit of one pixel changes the hash', () => {
  const bytes = new Uint8Array(400).fill(255);
  const before = pictureHash(bytes);
  for (const at of [0, 13, 398]) {
    const changed = bytes.slice();
    changed[at] = 254;
    assert.notEqual(pictureHash(changed), before);
  }
});

test('the hash of known pixels is the one that the Rust test has', () => {
  const bytes = Uint8Array.from({ length: 44 }, (_, i) => (i % 4 === 3 ? 255 : i * 5));
  assert.equal(pictureHash(bytes), 17008374878294315656n);
});
