import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMIT, FIRST, ProtocolError } from '../src/protocol/messages.js';
import { Update } from '../src/decode/update.js';
import { band, raw, solid } from './bytes.js';
import { pictureOf } from './fakes.js';

/** @param {Update} update @param {Uint8Array<ArrayBuffer>} bytes */
function add(update, bytes) {
  return update.add(bytes.buffer, bytes.byteLength);
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {RegExp} why */
function refuses(bytes, why) {
  assert.throws(
    () => add(new Update(), bytes),
    error => error instanceof ProtocolError && why.test(error.message),
  );
}

const BOTH = FIRST | COMMIT;

test('bands in separate buffers paint as one update', () => {
  const update = new Update();
  const bands = [
    band({ seq: 1, flags: FIRST, patches: [raw(0, 0, 4, 2, 7)] }),
    band({ seq: 1, flags: COMMIT, patches: [solid(0, 2, 2, 2, 9), raw(2, 2, 2, 2, 8)] }),
  ];
  assert.deepEqual(
    bands.map(bytes => add(update, bytes)),
    [false, true],
  );
  const pixels = pictureOf(...bands);
  assert.deepEqual(
    [0, 32, 40].map(at => pixels[at]),
    [7, 9, 8],
  );
});

test('many patches outgrow the first table', () => {
  const patches = Array.from({ length: 1000 }, (_, i) => solid(i % 40, Math.floor(i / 40), 1, 1, i % 256));
  const update = new Update();
  const bytes = band({ seq: 1, width: 40, height: 25, flags: BOTH, patches });
  assert.ok(add(update, bytes));
  const pixels = pictureOf(bytes);
  assert.deepEqual(
    [0, 63, 500, 999].map(i => pixels[i * 4]),
    [0, 63, 500 % 256, 999 % 256],
  );
});

test('an empty commit is an update', () => {
  assert.ok(add(new Update(), band({ seq: 2, base: 1, flags: BOTH })));
});

test('refuses a table that is cut off', () => {
  refuses(band({ seq: 1, flags: BOTH, count: 1 }), /table/);
  refuses(band({ seq: 1, flags: BOTH, count: 0xffff_ffff }), /table/);
});

test('refuses a patch outside the picture', () => {
  refuses(band({ seq: 1, flags: BOTH, patches: [raw(3, 0, 2, 1, 0)] }), /outside/);
  refuses(band({ seq: 1, flags: BOTH, patches: [raw(0, 4, 1, 1, 0)] }), /outside/);
});

test('refuses lengths that lie', () => {
  refuses(band({ seq: 1, flags: BOTH, patches: [{ ...raw(0, 0, 2, 2, 0), length: 12 }] }), /wrong length/);
  refuses(band({ seq: 1, flags: BOTH, patches: [{ ...solid(0, 0, 2, 2, 0), length: 8 }] }), /wrong length/);
  refuses(
    band({ seq: 1, flags: BOTH, patches: [{ ...raw(0, 0, 2, 2, 0), data: new Uint8Array(12), length: 16 }] }),
    /cut off/,
  );
  refuses(
    band({ seq: 1, flags: BOTH, patches: [{ ...raw(0, 0, 1, 1, 0), data: new Uint8Array(5), length: 4 }] }),
    /after the last/,
  );
});

test('refuses encodings that mean nothing', () => {
  refuses(band({ seq: 1, flags: BOTH, patches: [{ ...raw(0, 0, 1, 1, 0), encoding: 7 }] }), /encoding/);
  refuses(
    band({ seq: 1, flags: BOTH, patches: [{ ...raw(0, 0, 1, 1, 0), encoding: 4, data: new Uint8Array(5) }] }),
    /wrong length/,
  );
});

test('refuses to move what is not there', () => {
  const move = (/** @type {number} */ x, /** @type {number} */ y) => ({
    ...raw(0, 0, 2, 2, 0),
    encoding: 2,
    data: Uint8Array.of(x, 0, y, 0),
  });
  refuses(band({ seq: 2, flags: BOTH, patches: [move(1, 1)] }), /no picture/);
  refuses(band({ seq: 2, base: 1, flags: BOTH, patches: [move(3, 1)] }), /from outside/);
  refuses(band({ seq: 2, base: 1, flags: BOTH, patches: [move(1, 3)] }), /from outside/);
  assert.ok(add(new Update(), band({ seq: 2, base: 1, flags: BOTH, patches: [move(2, 2)] })));
});

test('refuses sizes and pictures that mean nothing', () => {
  refuses(band({ seq: 1, flags: BOTH, patches: [raw(0, 0, 0, 1, 0)] }), /without pixels/);
  refuses(band({ seq: 1, width: 0, flags: BOTH }), /picture of/);
  refuses(band({ seq: 1, width: 16385, flags: BOTH }), /picture of/);
  refuses(band({ seq: 0, flags: BOTH }), /picture 0/);
});

test('refuses more pixels than the picture has', () => {
  refuses(band({ seq: 1, flags: BOTH, patches: [raw(0, 0, 4, 4, 0), raw(0, 0, 1, 1, 0)] }), /overlap/);
});

test('refuses bands out of order', () => {
  refuses(band({ seq: 1, flags: COMMIT }), /without a first/);
  const update = new Update();
  add(update, band({ seq: 1, flags: FIRST }));
  assert.throws(() => add(update, band({ seq: 2, flags: COMMIT })), /another update/);
  assert.throws(() => add(update, band({ seq: 1, width: 5, flags: COMMIT })), /another update/);
  assert.throws(() => add(update, band({ seq: 2, flags: FIRST })), /before the one before/);
});
