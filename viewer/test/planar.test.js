// Pictures in planes: by the golden vectors that the Rust tests share, by the module and without it, and what of them
// is painted when.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Codec } from '../src/decode/codec.js';
import { blockBytes, cellsOf, convert, markShown, planarOf } from '../src/decode/planar.js';
import { COMMIT, FIRST, ProtocolError } from '../src/protocol/messages.js';
import { Surface } from '../src/present/surface.js';
import { Update } from '../src/decode/update.js';
import { band, fromHex, random, raw, solid, toHex } from './bytes.js';
import { FakePresenter } from './fakes.js';

/** @typedef {{ planes: number[], width: number, height: number, block: string, pixels: string }} Vector */

const FILE = new URL('../../docs/planar-vectors.json', import.meta.url);
// An npm package does not carry the file; in the repository it must be there.
const skip = existsSync(FILE) ? false : 'docs/planar-vectors.json is not here';
const vectors = /** @type {Vector[]} */ (skip === false ? JSON.parse(readFileSync(FILE, 'utf8')) : []);
const MODULE = new WebAssembly.Module(readFileSync(new URL('../src/codec.wasm', import.meta.url)));
const KINDS = [1, 2, 3, 4, 5, 6].flatMap(chroma => [8, 10].map(bits => planar(chroma, bits)));

/** @param {number} chroma @param {number} bits */
function planar(chroma, bits, matrix = 1, range = 0) {
  return planarOf(chroma | (bits << 8) | (matrix << 16) | (range << 24));
}

function openCodec() {
  return new Codec(new WebAssembly.Instance(MODULE));
}

/** @param {Vector} vector */
function read({ planes, width, height, block }) {
  const code = planes.reduce((sum, byte, at) => sum | (byte << (at * 8)), 0) >>> 0;
  return { kind: planarOf(code), size: { width, height }, block: fromHex(block) };
}

test('the golden vectors, without the module', { skip }, () => {
  assert.ok(vectors.length > 30);
  for (const vector of vectors) {
    const { kind, size, block } = read(vector);
    assert.equal(block.length, blockBytes(kind, size));
    const pixels = new Uint8ClampedArray(size.width * size.height * 4);
    convert(kind, size, block, { x: 0, y: 0, ...size }, pixels);
    assert.equal(toHex(new Uint8Array(pixels.buffer)), vector.pixels, kind.name);
  }
});

test('the golden vectors, by the module', { skip }, () => {
  for (const vector of vectors) {
    const { kind, size, block } = read(vector);
    assert.equal(toHex(convertByModule(kind, size, block, { x: 0, y: 0, ...size })), vector.pixels, kind.name);
  }
});

test('both make the same of any part of any size', () => {
  const next = random(3);
  for (const kind of KINDS) {
    for (const size of [
      { width: 1, height: 1 },
      { width: 1, height: 7 },
      { width: 259, height: 6 },
      { width: 128, height: 5 },
    ]) {
      const x = Math.floor((next() * size.width) / 4) * 4;
      const y = Math.floor(next() * size.height);
      const part = {
        x,
        y,
        width: 1 + Math.floor(next() * (size.width - x)),
        height: 1 + Math.floor(next() * (size.height - y)),
      };
      const block = Uint8Array.from({ length: blockBytes(kind, size) }, () => next() * 256);
      const pixels = new Uint8ClampedArray(part.width * part.height * 4);
      convert(kind, size, block, part, pixels);
      assert.deepEqual(
        Uint8Array.from(pixels),
        convertByModule(kind, size, block, part),
        `${kind.name} ${size.width}x${size.height}`,
      );
    }
  }
});

/**
 * @param {import('../src/decode/planar.js').Planar} kind
 * @param {import('../src/decode/planar.js').Size} size
 * @param {Uint8Array} block
 * @param {import('../src/decode/planar.js').Part} part
 */
function convertByModule(kind, size, block, part) {
  const codec = openCodec();
  const at = Math.ceil(block.length / 4) * 4;
  codec.reserve(at).set(block);
  return Uint8Array.from(codec.convert(kind, size, 0, part, at));
}

test('a call of the module that makes no sense touches nothing', () => {
  const exports = /** @type {import('../src/decode/codec.js').Exports} */ (
    /** @type {unknown} */ (new WebAssembly.Instance(MODULE).exports)
  );
  const { memory, room } = exports;
  const base = room(65536);
  const end = memory.buffer.byteLength;
  const code = planar(1, 8).code;
  const before = toHex(memory.buffer);
  /**
   * @type {[planar: number, width: number, height: number, at: number, pixelsAt: number, left: number, top: number,
   *   columns: number, rows: number][]}
   */
  const calls = [
    [0, 4, 4, base, base + 64, 0, 0, 4, 4],
    [code | 255, 4, 4, base, base + 64, 0, 0, 4, 4],
    [code, 0, 4, base, base + 64, 0, 0, 0, 4],
    [code, 4, 20000, base, base + 64, 0, 0, 4, 4],
    [code, 4, 4, base, base + 64, 0, 0, 4, 5],
    [code, 4, 4, base, base + 64, 0, 4, 4, 1],
    [code, 4, 4, base, base + 64, 0, 0xffff_ffff, 4, 4],
    [code, 4, 4, base, base + 64, 4, 0, 1, 4],
    [code, 8, 4, base, base + 64, 2, 0, 4, 4],
    [code, 4, 4, base, base + 64, 0, 0, 0, 4],
    [code, 4, 4, end - 8, base, 0, 0, 4, 4],
    [code, 4, 4, base, end - 8, 0, 0, 4, 4],
    [code, 4, 4, base, base + 8, 0, 0, 4, 4],
    [code, 4, 4, base, base + 66, 0, 0, 4, 4],
    [code, 16384, 16384, base, base, 0, 0, 16384, 16384],
    [code, 4, 4, 0, base, 0, 0, 4, 4],
  ];
  for (const call of calls) assert.equal(exports.convert(...call), 255, call.join(' '));
  assert.equal(toHex(memory.buffer), before);
});

test('cells cover a block, and no more of them than a side may have', () => {
  for (const kind of KINDS) {
    for (const [width, height] of /** @type {const} */ ([
      [1, 1],
      [1, 16384],
      [16384, 16],
      [1921, 1081],
      [3, 5000],
    ])) {
      const cells = cellsOf(kind, { width, height });
      const bytes = blockBytes(kind, { width, height });
      assert.ok(
        cells.height <= 16384 &&
          cells.width * cells.height * 4 >= bytes &&
          cells.width * (cells.height - 1) * 4 < bytes,
        kind.name,
      );
    }
    assert.deepEqual(cellsOf(kind, { width: 1920, height: 1080 }).width, 480 * kind.sampleBytes);
  }
  assert.throws(() => cellsOf(planar(3, 12), { width: 16384, height: 16384 }), ProtocolError);
});

test('what is marked is what bytes are seen in', () => {
  const size = { width: 9, height: 7 };
  for (const kind of KINDS) {
    const bytes = blockBytes(kind, size);
    const block = new Uint8Array(bytes).fill(2);
    const pixels = new Uint8ClampedArray(9 * 7 * 4);
    const show = () => {
      convert(kind, size, block, { x: 0, y: 0, ...size }, pixels);
      return new Uint32Array(pixels.slice().buffer);
    };
    const before = show();
    for (let at = 0; at < bytes; at += 1) {
      block[at] = 60;
      const after = show();
      const marked = new Set();
      block[at] = 2;
      markShown(kind, size, at, at + 1, (left, top, right, bottom) => {
        for (let y = top; y < bottom; y += 1) for (let x = left; x < right; x += 1) marked.add(y * 9 + x);
      });
      assert.ok(
        after.every((pixel, index) => pixel === before[index] || marked.has(index)),
        `${kind.name}: byte ${at}`,
      );
    }
    let area = 0;
    markShown(kind, size, 0, size.width * size.height * kind.sampleBytes, (left, top, right, bottom) => {
      area += (right - left) * (bottom - top);
    });
    assert.equal(area, 63);
    markShown(kind, size, bytes, bytes + 4, () => assert.fail('there is nothing after the last sample'));
  }
});

test('only tiles that changed are painted, alike ones together', () => {
  const presenter = new FakePresenter();
  const surface = new Surface(presenter);
  const size = { width: 300, height: 40 };
  const planes = [6, 8, 1, 1];
  show(surface, band({ seq: 1, flags: FIRST | COMMIT, ...size, planes, patches: [raw(0, 0, 75, 40, 50)] }));
  presenter.log.length = 0;
  // Pixels 132 to 139 in rows 3 to 17, and the last of all.
  show(
    surface,
    band({
      seq: 2,
      base: 1,
      flags: FIRST | COMMIT,
      ...size,
      planes,
      patches: [raw(33, 3, 2, 15, 60), raw(74, 39, 1, 1, 70)],
    }),
  );
  assert.deepEqual(presenter.log, ['paint 128,0 128x32', 'paint 256,32 44x8', 'commit']);
  assert.deepEqual(
    [
      [132, 3],
      [131, 3],
      [139, 17],
      [140, 17],
      [299, 39],
    ].map(([x, y]) => presenter.pixels[(Number(y) * 300 + Number(x)) * 4]),
    [60, 50, 60, 50, 70],
  );
});

/** @param {Surface} surface @param {Uint8Array<ArrayBuffer>[]} bands */
function show(surface, ...bands) {
  const update = new Update();
  for (const bytes of bands) {
    update.add(bytes.buffer, bytes.byteLength);
    surface.hold(bytes.buffer, update);
  }
  surface.paint(update);
  return update;
}

test('planes come in cells, with their time', () => {
  const surface = new Surface(new FakePresenter());
  surface.useCodec(openCodec());
  // Two cells in a row: luma to row 8, U and V of 4x4 after it.
  const picture = { width: 8, height: 8, planes: [1, 8, 1, 1] };
  const update = show(
    surface,
    band({
      seq: 1,
      flags: FIRST | COMMIT,
      ...picture,
      pts: -5n,
      patches: [raw(0, 0, 2, 8, 0), solid(0, 8, 2, 4, 128)],
    }),
  );
  assert.deepEqual([update.cells, update.ptsUs], [{ width: 2, height: 12 }, -5]);
  assert.equal(toHex(surface.block ?? new Uint8Array()), '00'.repeat(64) + '808080ff'.repeat(8));
});

test('a picture in planes, then one of pixels', () => {
  const presenter = new FakePresenter();
  const surface = new Surface(presenter);
  const planes = [1, 8, 1, 1];
  const size = { width: 8, height: 8 };
  show(
    surface,
    band({ seq: 1, flags: FIRST | COMMIT, ...size, planes, patches: [raw(0, 0, 2, 8, 200), raw(0, 8, 2, 4, 128)] }),
  );
  assert.deepEqual(presenter.log, ['resize 8x8', 'paint 0,0 8x8', 'commit']);
  assert.deepEqual([...presenter.pixels.subarray(0, 4)], [200, 200, 200, 255]);
  presenter.log.length = 0;
  show(surface, band({ seq: 2, base: 1, flags: FIRST | COMMIT, ...size, planes, patches: [raw(1, 3, 1, 1, 90)] }));
  assert.deepEqual(presenter.log, ['paint 0,0 8x8', 'commit']);
  assert.deepEqual(
    [15, 16].map(at => presenter.pixels[(3 * 8 + at - 12) * 4]),
    [200, 90],
  );
  presenter.log.length = 0;
  show(surface, band({ seq: 3, base: 2, flags: FIRST | COMMIT, ...size, planes, patches: [solid(0, 10, 1, 1, 128)] }));
  assert.deepEqual(presenter.log, ['paint 0,0 8x8', 'commit']);
  show(surface, band({ seq: 4, flags: FIRST | COMMIT, patches: [raw(0, 0, 4, 4, 7)] }));
  assert.equal(surface.block, null);
  assert.equal(presenter.pixels[0], 7);
});

test('refuses planes that are none, or come as no planes do', () => {
  const size = { width: 8, height: 8 };
  /** @param {Parameters<typeof band>[0]} fields @param {RegExp} why */
  const refuses = (fields, why) =>
    assert.throws(
      () => {
        const bytes = band(fields);
        new Update().add(bytes.buffer, bytes.byteLength);
      },
      error => error instanceof ProtocolError && why.test(error.message),
    );
  for (const planes of [
    [9, 8, 1, 0],
    [1, 7, 1, 0],
    [1, 8, 3, 0],
    [1, 8, 1, 2],
    [0, 8, 1, 0],
  ]) {
    refuses({ seq: 1, flags: FIRST, ...size, planes }, /planes of kind/);
  }
  const planes = [1, 8, 1, 0];
  refuses({ seq: 1, flags: FIRST, ...size, planes, rest: 1 }, /reserved is 1/);
  refuses({ seq: 1, flags: FIRST, ...size, planes, patches: [raw(2, 0, 1, 1, 0)] }, /outside/);
  refuses({ seq: 1, flags: FIRST, ...size, planes, patches: [raw(0, 12, 1, 1, 0)] }, /outside/);
  refuses(
    { seq: 2, base: 1, flags: FIRST, ...size, planes, patches: [{ ...raw(0, 0, 1, 1, 0), encoding: 2 }] },
    /encoding 2/,
  );
  refuses(
    { seq: 2, base: 1, flags: FIRST, ...size, planes, patches: [{ ...raw(0, 0, 1, 1, 0), encoding: 6 }] },
    /encoding 6/,
  );
});

test('codes on their way leave the planes on show alone', { skip }, () => {
  const presenter = new FakePresenter();
  const surface = new Surface(presenter);
  const codec = openCodec();
  surface.useCodec(codec);
  const size = { width: 8, height: 8 };
  const planes = [1, 8, 1, 1];
  show(
    surface,
    band({ seq: 1, flags: FIRST | COMMIT, ...size, planes, patches: [raw(0, 0, 2, 8, 200), raw(0, 8, 2, 4, 128)] }),
  );
  const before = toHex(surface.block ?? new Uint8Array());
  // Packed pixels: three bytes each, and so many that the memory grows.
  const data = new Uint8Array(1024 * 1024 * 3).fill(9);
  const bytes = band({
    seq: 2,
    flags: FIRST | COMMIT,
    width: 1024,
    height: 1024,
    patches: [{ x: 0, y: 0, width: 1024, height: 1024, encoding: 6, data }],
  });
  const update = new Update();
  update.add(bytes.buffer, bytes.byteLength);
  surface.hold(bytes.buffer, update);
  assert.equal(toHex(surface.block ?? new Uint8Array()), before);
  surface.paint(update);
  assert.equal(surface.block, null);
  assert.deepEqual([...presenter.pixels.subarray(0, 4)], [9, 9, 9, 255]);
});
