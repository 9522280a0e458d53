import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMIT, FIRST } from '../src/protocol/messages.js';
import { Surface } from '../src/present/surface.js';
import { StreamReader } from '../src/transport/stream-reader.js';
import { Update } from '../src/decode/update.js';
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
  return new ReadableStream(
    /** @type {any} */ ({
      type,
      pull(/** @type {ReadableStreamDefaultController} */ controller) {
        const piece = left.shift();
        if (piece !== undefined) return controller.enqueue(piece);
        controller.close();
        /** @type {any} */ (controller).byobRequest?.respond(0);
      },
    }),
  );
}

/** Takes bands as a session does, and paints at each commit. */
class FakeSink {
  begun = 0;
  shown = /** @type {number[][]} */ ([]);
  messages = /** @type {string[]} */ ([]);
  /** Distinct memories that bands came in. */
  memories = 0;
  #update = new Update();
  #presenter = new FakePresenter();
  #surface = new Surface(this.#presenter);
  /** @param {number} bytes */
  buffer(bytes) {
    return this.#surface.buffer(bytes);
  }
  begin() {
    this.begun += 1;
  }
  /** @param {import('../src/protocol/messages.js').ServerMessage} message */
  message({ type }) {
    this.messages.push(type);
  }
  /** @type {import('../src/transport/stream-reader.js').BandSink['band']} */
  band(buffer, bytes) {
    this.#count(buffer);
    const isLast = this.#update.add(buffer, bytes);
    this.#surface.hold(buffer, this.#update);
    if (!isLast) return;
    this.#surface.paint(this.#update);
    this.#update = new Update();
    this.shown.push([...new Set(this.#presenter.pixels.subarray(0, 256))]);
  }
  /**
   * The last byte of a buffer, where no bytes ever arrive, tells whether it was here before.
   * @param {ArrayBuffer} buffer
   */
  #count(buffer) {
    const tail = new Uint8Array(buffer, buffer.byteLength - 1);
    if (tail[0] === 0) this.memories += 1;
    tail[0] = 1;
  }
}

/** @param {ReadableStream} source */
async function read(source) {
  const sink = new FakeSink();
  await new StreamReader(source, sink).run();
  return sink;
}

/** An update that one value fills. @param {number} seq @param {number} side @param {number} value */
function large(seq, side, value) {
  const table = band({
    seq,
    width: side,
    height: side,
    flags: FIRST | COMMIT,
    patches: [{ ...raw(0, 0, 1, 1, 0), width: side, height: side, data: new Uint8Array(0), length: side * side * 4 }],
  });
  const bytes = new Uint8Array(table.length + side * side * 4).fill(value);
  bytes.set(table);
  new DataView(bytes.buffer).setUint32(0, bytes.length - 8, true);
  return bytes;
}

const WHOLE = Array.from({ length: UPDATES }, (_, i) => [i + 1]);

for (const [name, type] of /** @type {const} */ ([
  ['BYOB', 'bytes'],
  ['default', undefined],
])) {
  test(`${name} reader: random cuts change nothing`, async () => {
    for (const [seed, longest] of [
      [1, 1],
      [2, 9],
      [3, 100],
      [4, 700],
      [5, 5000],
    ]) {
      const pieces = cut(stream(), random(Number(seed)), Number(longest));
      const { shown } = await read(streamOf(pieces, type));
      assert.deepEqual(shown, WHOLE, `pieces of up to ${longest}`);
    }
  });

  test(`${name} reader: the memory of a band is used for the next`, async () => {
    const { shown, memories } = await read(streamOf(cut(stream(), random(7), 300), type));
    assert.deepEqual(shown, WHOLE);
    assert.equal(memories, 2);
  });

  test(`${name} reader: a band larger than a segment`, async () => {
    const bytes = join([large(1, 2, 4), large(2, 800, 5), large(3, 2, 6)]);
    const { shown } = await read(
      streamOf(
        cut(bytes, () => 0.99, 1 << 20),
        type,
      ),
    );
    assert.deepEqual(
      shown.map(([value]) => value),
      [4, 5, 6],
    );
  });

  test(`${name} reader: a band begins with its first bytes, and a stream may end within one`, async () => {
    const [first, second] = [large(1, 2, 1), large(2, 2, 2)];
    for (const pieces of [[first, second], [join([first, second])], [join([first, second.slice(0, 9)])]]) {
      const { begun, shown } = await read(streamOf(pieces, type));
      assert.equal(begun, 2);
      assert.equal(shown.length, pieces.length === 1 && pieces[0]?.length !== first.length + second.length ? 1 : 2);
    }
  });

  test(`${name} reader: a length beyond the limit ends it`, async () => {
    const bytes = message(1, 3, []);
    new DataView(bytes.buffer).setUint32(0, 0xffff_ffff, true);
    await assert.rejects(read(streamOf([bytes], type)), /longer than the limit/);
  });
}
