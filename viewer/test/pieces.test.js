import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMIT, FIRST, ProtocolError } from '../src/protocol/messages.js';
import { Pieces } from '../src/transport/pieces.js';
import { Timers } from '../src/transport/timers.js';
import { band, random, raw } from './bytes.js';
import { FakeBrowser } from './fakes.js';

const ROUTE = 7;
const ROOM = 50;

/** Bands of one update, cut into pieces. */
function cut() {
  const bands = [1, 2, 3].map(seq =>
    band({ seq, width: 8, height: 8, flags: FIRST | COMMIT, patches: [raw(0, 0, 8, 8, seq)] }),
  );
  const pieces = bands.flatMap((bytes, number) => {
    const starts = Array.from({ length: Math.ceil(bytes.length / ROOM) }, (_, i) => i * ROOM);
    return starts.map(offset => ({
      number: ROUTE,
      band: number,
      offset,
      total: bytes.length,
      bytes: Uint8ClampedArray.from(bytes.subarray(offset, offset + ROOM)),
    }));
  });
  return { bands, pieces };
}

function gather() {
  const browser = new FakeBrowser(() => new Response(''));
  const handedOn = /** @type {Uint8Array[]} */ ([]);
  const asked = /** @type {import('../src/transport/pieces.js').Lack[]} */ ([]);
  const sink = {
    buffer: (/** @type {number} */ bytes) => new ArrayBuffer(bytes + 9),
    begin() {},
    message() {},
    band: (/** @type {ArrayBuffer} */ buffer, /** @type {number} */ bytes) => {
      handedOn.push(new Uint8Array(buffer, 0, bytes));
    },
  };
  const pieces = new Pieces(ROUTE, sink, new Timers(browser.env), lack => asked.push(lack));
  return { browser, handedOn, asked, pieces };
}

test('in whatever order pieces come, and however often, the bands are whole and in order', () => {
  const next = random(5);
  for (let round = 0; round < 20; round += 1) {
    const { bands, pieces } = cut();
    const { handedOn, pieces: gathering } = gather();
    const shuffled = [...pieces, ...pieces.slice(0, 9)]
      .map(piece => ({ piece, at: next() }))
      .sort((a, b) => a.at - b.at);
    for (const { piece } of shuffled) gathering.take(piece);
    assert.deepEqual(handedOn, bands);
  }
});

test('what is lost is asked for when nothing has come for a while, and not before', () => {
  const { bands, pieces } = cut();
  const { browser, handedOn, asked, pieces: gathering } = gather();
  const lost = [pieces[1], ...pieces.filter(piece => piece.band === 2)];
  for (const piece of pieces) if (!lost.includes(piece)) gathering.take(piece);
  assert.equal(handedOn.length, 0, 'the first band is not whole');
  gathering.scattered(3);
  assert.deepEqual(asked, []);
  browser.ring(5);
  assert.deepEqual(asked, [
    { number: ROUTE, band: 0, offset: ROOM, bytes: ROOM },
    { number: ROUTE, band: 2, offset: 0, bytes: 0xffff_ffff },
  ]);
  for (const piece of lost) if (piece !== undefined) gathering.take(piece);
  assert.deepEqual(handedOn, bands);
  browser.ring(10);
  assert.equal(asked.length, 2);
  assert.deepEqual(browser.timers, []);
});

test('pieces of another route are nothing, and pieces that lie are an error', () => {
  const { pieces } = cut();
  const { handedOn, pieces: gathering } = gather();
  const first = /** @type {import('../src/transport/pieces.js').Piece} */ (pieces[0]);
  gathering.take({ ...first, number: ROUTE + 1 });
  gathering.take(first);
  assert.equal(handedOn.length, 0);
  assert.throws(() => gathering.take({ ...first, total: first.total + 1 }), ProtocolError);
  assert.throws(() => gathering.take({ ...first, band: 99_999 }), ProtocolError);
});
