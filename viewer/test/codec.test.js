// The decoder as it is loaded, on the golden vectors that the Rust tests share, and on calls that make no sense.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Codec } from '../src/decode/codec.js';
import { Patches, writePatches } from '../src/decode/patches.js';
import { PictureMemory } from '../src/decode/picture-memory.js';
import { ENCODING_MOVE, ENCODING_RAW, ProtocolError } from '../src/protocol/messages.js';
import { fromHex, random, toHex } from './bytes.js';

/**
 * @typedef {{ name: string, code: number, width: number, pixels: string, bytes: string }} Picture `pixels`: the bytes
 *   of all, in hexadecimal
 * @typedef {{ name: string, code: number, width: number, pixels: number, bytes: string, error: number }} Hostile
 *   `pixels`: how many
 * @typedef {import('../src/decode/codec.js').Exports} Exports
 */

const FILE = new URL('../../docs/codec-vectors.json', import.meta.url);
// An npm package does not carry the file; in the repository it must be there.
const skip = existsSync(FILE) ? false : 'docs/codec-vectors.json is not here';
const { pictures, hostile } = /** @type {{ pictures: Picture[], hostile: Hostile[] }} */ (
  skip === false ? JSON.parse(readFileSync(FILE, 'utf8')) : { pictures: [], hostile: [] }
);

const MODULE = new WebAssembly.Module(readFileSync(new URL('../src/codec.wasm', import.meta.url)));
/** The wire's number of code 0. */
const ENCODING_FIRST = ENCODING_MOVE + 1;
/** What the module returns for a call that makes no sense, whatever the bytes are. */
const WRONG_CALL = 255;
const PAGE_BYTES = 65536;

function open() {
  const instance = new WebAssembly.Instance(MODULE);
  return { codec: new Codec(instance), exports: /** @type {Exports} */ (/** @type {unknown} */ (instance.exports)) };
}

/** Decodes it to the front of the memory, or to where it says. @param {Codec} codec @param {Picture} picture */
function decode(codec, picture, offset = 0) {
  codec.decode(ENCODING_FIRST + picture.code, fromHex(picture.bytes), picture.width, heightOf(picture), offset);
}

/** @param {Picture} picture */
function heightOf({ width, pixels }) {
  return pixels.length / 8 / width;
}

/** @param {Codec} codec @param {Picture} picture @param {number} offset where its pixels are to be found */
function check(codec, { name, code, pixels }, offset = 0) {
  const found = codec.reserve(0).subarray(offset, offset + pixels.length / 2);
  assert.equal(Buffer.from(found).toString('hex'), pixels, `${name} in code ${code}`);
}

test('the golden vectors', { skip }, () => {
  assert.ok(pictures.length > 0);
  const { codec } = open();
  for (const picture of pictures) {
    decode(codec, picture);
    check(codec, picture);
  }
});

test('what is no code is refused, and hurts neither what was decoded nor what comes', { skip }, () => {
  assert.ok(hostile.length > 0);
  const { codec } = open();
  const [before, after] = [at(pictures, 3), at(pictures, 20)];
  for (const { name, code, width, pixels, bytes, error } of hostile) {
    decode(codec, before);
    const behind = before.pixels.length / 2;
    const call = () => codec.decode(ENCODING_FIRST + code, fromHex(bytes), width, pixels / width, behind);
    // A patch has columns and whole rows, or update.js refuses it.
    if (pixels % width === 0)
      assert.throws(call, thrown => thrown instanceof ProtocolError && thrown.message.includes(`(${error})`), name);
    decode(codec, after, behind);
    check(codec, before);
    check(codec, after, behind);
  }
});

test('every error has its number', { skip }, () => {
  const {
    exports: { memory, room, decode },
  } = open();
  for (const { name, code, width, pixels, bytes, error } of hostile) {
    const base = room(pixels * 4 + bytes.length / 2);
    const codeAt = base + pixels * 4;
    new Uint8Array(memory.buffer).set(fromHex(bytes), codeAt);
    assert.equal(decode(code, codeAt, bytes.length / 2, width, base, pixels), error, `${name} in code ${code}`);
  }
});

test('what was decoded stays while the memory grows', { skip }, () => {
  const { codec, exports } = open();
  const atFirst = exports.memory.buffer.byteLength;
  /** @type {{ picture: Picture, offset: number }[]} */
  const decoded = [];
  for (let i = 0, offset = 0; exports.memory.buffer.byteLength < atFirst + (3 << 20); i += 1) {
    const picture = at(pictures, i);
    decode(codec, picture, offset);
    decoded.push({ picture, offset });
    offset += picture.pixels.length / 2;
  }
  assert.ok(decoded.length > 1000);
  for (const { picture, offset } of decoded) check(codec, picture, offset);
});

test('coded and raw patches of a band are written where they belong', { skip }, () => {
  const { codec } = open();
  const raw = Uint8Array.of(1, 2, 3, 255);
  const buffer = new Uint8Array([...raw, ...pictures.flatMap(({ bytes }) => [...fromHex(bytes)])]).buffer;
  const patches = new Patches();
  patches.add({ x: 63, y: 0, width: 1, height: 1, encoding: ENCODING_RAW, offset: 0, bytes: 4 });
  let offset = raw.length;
  let y = 0;
  patches.reserve(pictures.length);
  for (const picture of pictures) {
    const { code, width } = picture;
    const height = heightOf(picture);
    const bytes = picture.bytes.length / 2;
    patches.add({ x: 1, y, width, height, encoding: ENCODING_FIRST + code, offset, bytes });
    offset += bytes;
    y += height;
  }
  const memory = new PictureMemory(codec);
  memory.begin({ width: 64, height: y });
  writePatches(patches.table, buffer, codec, memory);
  memory.commit();
  assert.equal(toHex(Uint8Array.from(memory.shown).buffer), toHex(expected(64, y, raw).buffer));
});

/**
 * Every picture below the one before it, a pixel from the left, and `raw` at the top right, on black.
 * @param {number} width
 * @param {number} height
 * @param {Uint8Array} raw
 */
function expected(width, height, raw) {
  const bytes = new Uint8Array(new Uint32Array(width * height).fill(0xff000000).buffer);
  let y = 0;
  for (const picture of pictures) {
    const pixels = fromHex(picture.pixels);
    const row = picture.width * 4;
    for (let from = 0; from < pixels.length; from += row, y += 1)
      bytes.set(pixels.subarray(from, from + row), (y * width + 1) * 4);
  }
  bytes.set(raw, (width - 1) * 4);
  return bytes;
}

test('memory is made where it can be had, and always starts at one place', () => {
  const { memory, room } = open().exports;
  const base = room(0);
  assert.ok(base > 0 && base % 16 === 0);
  assert.equal(room(10 << 20), base);
  const grown = memory.buffer.byteLength;
  assert.ok(grown >= base + (10 << 20));
  assert.equal(room(2 ** 32 - 1), 0);
  assert.equal(room(5 << 20), base);
  assert.equal(memory.buffer.byteLength, grown);
});

test('memory grows up to its last byte, not beyond', () => {
  const { memory, room } = open().exports;
  const base = room(PAGE_BYTES);
  const rest = memory.buffer.byteLength - base;
  assert.equal(room(rest), base);
  assert.equal(memory.buffer.byteLength, base + rest);
  assert.equal(room(rest + 1), base);
  assert.ok(memory.buffer.byteLength > base + rest);
});

test('a call that makes no sense touches nothing', () => {
  const { memory, room, decode } = open().exports;
  const base = room(PAGE_BYTES);
  const end = memory.buffer.byteLength;
  new Uint8Array(memory.buffer, base).fill(0x11);
  const before = toHex(memory.buffer);
  /** @type {[code: number, at: number, bytes: number, width: number, pixelsAt: number, pixels: number][]} */
  const calls = [
    [4, base + 64, 4, 4, base, 16],
    [256, base + 64, 4, 4, base, 16],
    [-1, base + 64, 4, 4, base, 16],
    [1, 0, 4, 4, base, 16],
    [1, base + 64, 4, 4, 0, 16],
    [1, base - 1, 4, 4, base + 64, 16],
    [1, base + 64, 4, 4, base - 4, 16],
    [1, end - 3, 4, 4, base, 16],
    [1, base, 4, 4, end - 60, 16],
    [1, end + 1, 0, 4, base, 16],
    [1, base, 4, 4, end + 4, 0],
    [1, base + 63, 4, 4, base, 16],
    [1, base + 60, 1, 4, base, 16],
    [1, base, 5, 4, base + 4, 16],
    [1, base, 64, 4, base, 16],
    [1, base + 128, 4, 4, base + 1, 16],
    [1, base + 128, 4, 4, base + 2, 16],
    [1, base + 64, 0xffff_ffff, 4, base, 16],
    [1, base, 4, 4, base + 64, 0x4000_0000],
    [1, base, 4, 4, base + 64, 0xffff_ffff],
    [1, 0xffff_ffff, 0xffff_ffff, 4, 0xffff_fffc, 0xffff_ffff],
  ];
  for (const call of calls) assert.equal(decode(...call), WRONG_CALL, call.join(' '));
  assert.equal(toHex(memory.buffer), before);
});

test('whatever the numbers, a call returns', () => {
  const { memory, room, decode } = open().exports;
  const base = room(PAGE_BYTES);
  const next = random(7);
  const ends = [0, base, base + PAGE_BYTES, memory.buffer.byteLength, 2 ** 31, 2 ** 32];
  const near = () => /** @type {number} */ (ends[Math.floor(next() * ends.length)]) + Math.floor(next() * 200 - 100);
  const few = () => (next() < 0.9 ? Math.floor(next() * 2000) : near());
  for (let call = 0; call < 20_000; call += 1) {
    const fault = decode(Math.floor(next() * 4), near(), few(), few(), near(), few());
    assert.ok(fault >= 0 && fault <= WRONG_CALL);
  }
});

/** @param {readonly Picture[]} list @param {number} index goes round */
function at(list, index) {
  return /** @type {Picture} */ (list[index % list.length]);
}
