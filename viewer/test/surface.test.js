import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMIT, FIRST } from '../src/protocol/messages.js';
import { Segments } from '../src/decode/segments.js';
import { Surface } from '../src/present/surface.js';
import { chooseThread, displaysWorkersWhileBusy } from '../src/session/thread-choice.js';
import { Update } from '../src/decode/update.js';
import { band, raw, solid } from './bytes.js';
import { FakePresenter } from './fakes.js';

const BYTES = 64;

/**
 * Takes an update's bands into this surface's memory.
 * @param {Surface} surface
 * @param {Uint8Array<ArrayBuffer>[]} bands
 */
function hold(surface, ...bands) {
  const update = new Update();
  for (const bytes of bands) {
    const buffer = surface.buffer(bytes.length);
    new Uint8Array(buffer).set(bytes);
    update.add(buffer, bytes.length);
    surface.hold(buffer, update);
  }
  return update;
}

/** @param {Surface} surface @param {Uint8Array<ArrayBuffer>[]} bands */
function paint(surface, ...bands) {
  surface.paint(hold(surface, ...bands));
}

const SIZE = { width: 64, height: 32 };
/** A raw tile at the corner, and one colour below it. @param {number} seq @param {number} value */
function tiles(seq, value, base = seq - 1) {
  return [
    band({ seq, base, ...SIZE, flags: FIRST, patches: [raw(0, 0, 32, 16, value)] }),
    band({ seq, base, ...SIZE, flags: COMMIT, patches: [solid(0, 16, 64, 16, value + 1)] }),
  ];
}

test('a picture begins with its size, and goes on without', () => {
  const presenter = new FakePresenter();
  const surface = new Surface(presenter);
  paint(surface, ...tiles(1, 7, 0));
  assert.deepEqual(presenter.log, ['resize 64x32', 'paint 0,0 64x32', 'commit']);
  presenter.log.length = 0;
  paint(surface, ...tiles(2, 8));
  assert.deepEqual(presenter.log, ['paint 0,0 32x16', 'paint 0,16 64x16', 'commit']);
  assert.deepEqual([surface.read()[0], surface.copy()[0]], [8, 8]);
  assert.deepEqual(surface.read(), surface.copy());
});

test('a canvas that lost its picture shows it again from memory', () => {
  const presenter = new FakePresenter();
  const surface = new Surface(presenter);
  surface.repaint();
  paint(surface, ...tiles(1, 7, 0));
  const before = presenter.read();
  presenter.pixels.fill(0);
  surface.repaint();
  assert.deepEqual(presenter.read(), before);
});

test('the picture stays as it was until the update is painted, and where it is dropped', () => {
  const surface = new Surface(new FakePresenter());
  paint(surface, ...tiles(1, 7, 0));
  const before = surface.copy();
  hold(surface, ...tiles(2, 50));
  assert.deepEqual(surface.copy(), before);
  surface.drop();
  assert.deepEqual(surface.copy(), before);
  paint(surface, band({ seq: 2, base: 1, ...SIZE, flags: FIRST | COMMIT, patches: [raw(32, 0, 32, 16, 9)] }));
  for (let y = 0; y < 16; y += 1) before.fill(9, (y * 64 + 32) * 4, (y * 64 + 64) * 4);
  assert.deepEqual(
    [...surface.copy()].filter((_, at) => at % 4 !== 3),
    [...before].filter((_, at) => at % 4 !== 3),
  );
});

test('what is written late counts once', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const surface = new Surface(new FakePresenter());
  paint(surface, ...tiles(1, 7, 0));
  assert.equal(surface.takeLateMs(), 0);
  t.mock.timers.runAll();
  const late = surface.takeLateMs();
  assert.ok(late > 0, String(late));
  assert.equal(surface.takeLateMs(), 0);
  surface.close();
});

test('memory for bands is used over and over', () => {
  const surface = new Surface(new FakePresenter());
  const first = surface.buffer(BYTES);
  const bytes = tiles(1, 7, 0)[0] ?? new Uint8Array();
  new Uint8Array(first).set(bytes);
  const update = new Update();
  update.add(first, bytes.length);
  surface.hold(first, update);
  assert.equal(surface.buffer(BYTES), first);
});

test('after what failed to be painted comes a whole picture', () => {
  const presenter = new FakePresenter();
  const surface = new Surface(presenter);
  paint(surface, ...tiles(1, 7, 0));
  const { paint: painting } = presenter;
  presenter.paint = () => {
    throw new Error('no memory');
  };
  assert.throws(() => paint(surface, ...tiles(2, 8)), /no memory/);
  presenter.paint = painting;
  paint(surface, ...tiles(3, 9, 0));
  assert.deepEqual([presenter.pixels[0], surface.copy()[0]], [9, 9]);
});

test('of memory that comes back only segments are kept, and not too many', () => {
  const segments = new Segments();
  const own = segments.take(100);
  segments.give([new ArrayBuffer(100), own, segments.take(5 << 20)]);
  assert.equal(segments.take(200), own);
  const many = new Set(Array.from({ length: 100 }, () => segments.take(1)));
  assert.ok(!many.has(own));
  segments.give([...many]);
  const kept = Array.from({ length: 100 }, () => segments.take(1)).filter(buffer => many.has(buffer)).length;
  assert.ok(kept > 8 && kept < 20, String(kept));
});

test('a busy page has its frames from a worker where that is seen', () => {
  const webkit = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) ';
  assert.ok(
    displaysWorkersWhileBusy('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0'),
  );
  assert.ok(!displaysWorkersWhileBusy(`${webkit}Version/26.4 Safari/605.1.15`));
  assert.ok(!displaysWorkersWhileBusy(`${webkit}CriOS/150.0 Mobile/15E148 Safari/604.1`));
});

test('the page it is where that is asked for, or its 2D canvas is desynchronized', () => {
  const auto = /** @type {const} */ ({ wanted: 'auto', presenter: '2d', desynchronized: true });
  assert.deepEqual(chooseThread(auto), { thread: 'page', reason: 'its canvas is desynchronized' });
  assert.equal(chooseThread({ ...auto, desynchronized: false }).thread, 'worker');
  assert.equal(chooseThread({ ...auto, presenter: 'webgl2' }).thread, 'worker');
  assert.deepEqual(chooseThread({ ...auto, wanted: 'worker' }), { thread: 'worker', reason: 'asked for' });
  assert.deepEqual(chooseThread({ wanted: 'page', presenter: 'webgl2', desynchronized: false }), {
    thread: 'page',
    reason: 'asked for',
  });
});
