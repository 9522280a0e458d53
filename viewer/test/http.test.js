import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMIT, FIRST } from '../src/protocol.js';
import { StreamReader } from '../src/transport/http.js';
import { Update } from '../src/update.js';
import { band, join, message, random, raw } from './bytes.js';
import { FakePresenter } from './fakes.js';

const UPDATES = 12;

/** Each update fills the picture with its own value, in two bands, with a message of an unknown kind in between. */
function stream() {
  const parts = [];
  for (let seq = 1; seq <= UPDATES; seq += 1) {
    const head = { seq, base: seq - 1, width: 8, height: 8 };
    parts.push(band({ ...head, flags: FIRST, patches: [raw(0, 0, 8, 5, seq)] }));
    parts.push(message(0x55, 0, [1, 2, 3]));
    parts.push(band({ ...head, flags: COMMIT, patches: [raw(0, 5, 8, 3, seq)] }));
  }
  return join(parts);
}

/** @param {Uint8Array} bytes @param {() => number} next @param {number} longest */
function cut(bytes, next, longest) {
  const pieces = [];
  for (let at = 0; at < bytes.length;) {
    const length = 1 + Math.floor(next() * longest);
    pieces.push(Uint8Array.from(bytes.subarray(at, at + length)));
    at += length;
  }
  return pieces;
}

/** @param {Uint8Array<ArrayBuffer>[]} pieces @param {'bytes' | undefined} type */
function streamOf(pieces, type) {
  const left = pieces.map(piece => piece.slice());
  return new ReadableStream(/** @type {any} */ ({
    type,
    pull(/** @type {ReadableStreamDefaultController} */ controller) {
      const piece = left.shift();
      if (piece !== undefined) return controller.enqueue(piece);
      controller.close();
      /** @type {any} */ (controller).byobRequest?.respond(0);
    },
  }));
}

/** @param {ReadableStream} source */
async function picturesOf(source) {
  const update = new Update();
  const presenter = new FakePresenter();
  presenter.resize(8, 8);
  const shown = /** @type {number[][]} */ ([]);
  await new StreamReader(source, {
    band: (buffer, at, bytes, chunk) => update.add(buffer, at, bytes, chunk),
    commit: buffers => {
      update.paint(presenter, buffers);
      shown.push([...new Set(presenter.pixels)]);
    },
  }).run();
  return shown;
}

const WHOLE = Array.from({ length: UPDATES }, (_, i) => [i + 1]);

for (const [name, type] of /** @type {const} */ ([['BYOB', 'bytes'], ['default', undefined]])) {
  test(`${name} reader: random cuts change nothing`, async () => {
    for (const [seed, longest] of [[1, 1], [2, 9], [3, 100], [4, 700], [5, 5000]]) {
      const pieces = cut(stream(), random(Number(seed)), Number(longest));
      assert.deepEqual(await picturesOf(streamOf(pieces, type)), WHOLE, `pieces of up to ${longest}`);
    }
  });

  test(`${name} reader: an update larger than the buffer`, async () => {
    const large = band({ seq: 1, width: 2600, height: 2600, flags: FIRST | COMMIT, patches: [{ ...raw(0, 0, 1, 1, 0), width: 2600, height: 2600, data: new Uint8Array(0), length: 2600 * 2600 * 4 }] });
    const bytes = new Uint8Array(large.length + 2600 * 2600 * 4).fill(5);
    bytes.set(large);
    new DataView(bytes.buffer).setUint32(0, bytes.length - 8, true);
    let first = 0;
    const sink = {
      update: new Update(),
      band(/** @type {ArrayBuffer} */ buffer, /** @type {number} */ at, /** @type {number} */ length, /** @type {number} */ chunk) { return this.update.add(buffer, at, length, chunk); },
      commit(/** @type {readonly ArrayBuffer[]} */ [buffer]) { first = new Uint8Array(/** @type {ArrayBuffer} */ (buffer))[large.length] ?? 0; },
    };
    await new StreamReader(streamOf(cut(bytes, () => 0.99, 1 << 20), type), sink).run();
    assert.equal(first, 5);
  });

  test(`${name} reader: a length beyond the limit ends it`, async () => {
    const bytes = message(1, 3, []);
    new DataView(bytes.buffer).setUint32(0, 0xffff_ffff, true);
    await assert.rejects(picturesOf(streamOf([bytes], type)), /longer than the limit/);
  });
}
