import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMIT, FIRST, ProtocolError } from '../src/protocol/messages.js';
import { FragmentAssembler } from '../src/transport/fragments.js';
import { Timers } from '../src/transport/timers.js';
import { band, random, raw } from './bytes.js';
import { FakeBrowser } from './fakes.js';

const ROUTE = 7;
const ROOM = 50;

/** Bands of one update, cut into fragments. */
function cut() {
  const bands = [1, 2, 3].map(seq =>
    band({ seq, width: 8, height: 8, flags: FIRST | COMMIT, patches: [raw(0, 0, 8, 8, seq)] }),
  );
  const fragments = bands.flatMap((bytes, number) => {
    const starts = Array.from({ length: Math.ceil(bytes.length / ROOM) }, (_, i) => i * ROOM);
    return starts.map(offset => ({
      number: ROUTE,
      band: number,
      offset,
      total: bytes.length,
      bytes: Uint8ClampedArray.from(bytes.subarray(offset, offset + ROOM)),
    }));
  });
  return { bands, fragments };
}

function gather() {
  const browser = new FakeBrowser(() => new Response(''));
  const handedOn = /** @type {Uint8Array[]} */ ([]);
  const asked = /** @type {import('../src/transport/fragments.js').Nack[]} */ ([]);
  const sink = {
    buffer: (/** @type {number} */ bytes) => new ArrayBuffer(bytes + 9),
    begin() {},
    message() {},
    band: (/** @type {ArrayBuffer} */ buffer, /** @type {number} */ bytes) => {
      handedOn.push(new Uint8Array(buffer, 0, bytes));
    },
  };
  const fragments = new FragmentAssembler(ROUTE, sink, new Timers(browser.env), nack => asked.push(nack));
  return { browser, handedOn, asked, fragments };
}

test('in whatever order fragments come, and however often, the bands are whole and in order', () => {
  const next = random(5);
  for (let round = 0; round < 20; round += 1) {
    const { bands, fragments } = cut();
    const { handedOn, fragments: gathering } = gather();
    const shuffled = [...fragments, ...fragments.slice(0, 9)]
      .map(fragment => ({ fragment, at: next() }))
      .sort((a, b) => a.at - b.at);
    for (const { fragment } of shuffled) gathering.take(fragment);
    assert.deepEqual(handedOn, bands);
  }
});

test('what is lost is asked for when nothing has come for a while, and not before', () => {
  const { bands, fragments } = cut();
  const { browser, handedOn, asked, fragments: gathering } = gather();
  const lost = [fragments[1], ...fragments.filter(fragment => fragment.band === 2)];
  for (const fragment of fragments) if (!lost.includes(fragment)) gathering.take(fragment);
  assert.equal(handedOn.length, 0, 'the first band is not whole');
  gathering.endUpdate(3);
  assert.deepEqual(asked, []);
  browser.ring(5);
  assert.deepEqual(asked, [
    { number: ROUTE, band: 0, offset: ROOM, bytes: ROOM },
    { number: ROUTE, band: 2, offset: 0, bytes: 0xffff_ffff },
  ]);
  for (const fragment of lost) if (fragment !== undefined) gathering.take(fragment);
  assert.deepEqual(handedOn, bands);
  browser.ring(10);
  assert.equal(asked.length, 2);
  assert.deepEqual(browser.timers, []);
});

test('fragments of another route are nothing, and fragments that lie are an error', () => {
  const { fragments } = cut();
  const { handedOn, fragments: gathering } = gather();
  const first = /** @type {import('../src/transport/fragments.js').Fragment} */ (fragments[0]);
  gathering.take({ ...first, number: ROUTE + 1 });
  gathering.take(first);
  assert.equal(handedOn.length, 0);
  assert.throws(() => gathering.take({ ...first, total: first.total + 1 }), ProtocolError);
  assert.throws(() => gathering.take({ ...first, band: 99_999 }), ProtocolError);
});
