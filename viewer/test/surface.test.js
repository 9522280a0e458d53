import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Patches } from '../src/patches.js';
import { Segments } from '../src/segments.js';
import { Surface } from '../src/surface.js';
import { chooseThread } from '../src/thread.js';
import { FakePresenter } from './fakes.js';

const BYTES = 64;

/**
 * Paints a raw pixel at the corner before a solid row below it, from bands of this surface's memory.
 * @param {Surface} surface
 * @param {number} base
 * @param {number} value
 */
function paint(surface, base, value) {
  const patches = new Patches();
  patches.add({ x: 0, y: 0, width: 1, height: 1, encoding: 0, band: 0, offset: 4, bytes: 4 });
  patches.add({ x: 0, y: 1, width: 2, height: 1, encoding: 1, band: 1, offset: 8, bytes: 4 });
  for (const buffer of [surface.buffer(BYTES), surface.buffer(BYTES)]) {
    new Uint8Array(buffer, 0, BYTES).fill(value);
    surface.hold(buffer, patches.table);
  }
  surface.paint({ base, width: 2, height: 2, planar: null, patches: patches.table });
}

test('a picture begins with its size, and goes on without', () => {
  const presenter = new FakePresenter();
  const surface = new Surface(presenter);
  paint(surface, 0, 7);
  assert.deepEqual(presenter.log, ['resize 2x2', 'solid 0,1 2x1', 'raw 0,0 1x1', 'commit']);
  presenter.log.length = 0;
  paint(surface, 1, 8);
  assert.deepEqual(presenter.log, ['solid 0,1 2x1', 'raw 0,0 1x1', 'commit']);
  assert.deepEqual([...surface.read().subarray(0, 1)], [8]);
});

test('what moves is moved first, from where the picture was', () => {
  const presenter = new FakePresenter();
  const surface = new Surface(presenter);
  paint(surface, 0, 7);
  presenter.log.length = 0;
  const patches = new Patches();
  patches.add({ x: 1, y: 0, width: 1, height: 1, encoding: 1, band: 0, offset: 0, bytes: 4 });
  patches.add({ x: 0, y: 1, width: 1, height: 1, encoding: 2, band: 0, offset: 4, bytes: 4 });
  surface.hold(Uint8Array.of(9, 9, 9, 255, 1, 0, 0, 0).buffer, patches.table);
  surface.paint({ base: 1, width: 2, height: 2, planar: null, patches: patches.table });
  assert.deepEqual(presenter.log, ['move 1,0 to 0,1 1x1', 'solid 1,0 1x1', 'commit']);
});

test('memory is used over and over', () => {
  const surface = new Surface(new FakePresenter());
  const first = [surface.buffer(BYTES), surface.buffer(BYTES)];
  for (const buffer of first) surface.hold(buffer, new Float64Array(0));
  surface.drop();
  assert.deepEqual(new Set([surface.buffer(BYTES), surface.buffer(BYTES)]), new Set(first));
});

test('what is dropped is not painted, nor what failed', () => {
  const presenter = new FakePresenter();
  const surface = new Surface(presenter);
  surface.hold(new Uint8Array(BYTES).fill(3).buffer, new Float64Array(0));
  surface.drop();
  paint(surface, 0, 7);
  assert.equal(presenter.pixels[0], 7);
  const raw = presenter.raw;
  presenter.raw = () => { throw new Error('no memory'); };
  assert.throws(() => paint(surface, 1, 8), /no memory/);
  presenter.raw = raw;
  paint(surface, 0, 9);
  assert.equal(presenter.pixels[0], 9);
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

test('the page it is where that is asked for, or its 2D canvas is desynchronized', () => {
  const auto = /** @type {const} */ ({ wanted: 'auto', presenter: '2d', desynchronized: true });
  assert.deepEqual(chooseThread(auto), { thread: 'page', reason: 'its canvas is desynchronized' });
  assert.equal(chooseThread({ ...auto, desynchronized: false }).thread, 'worker');
  assert.equal(chooseThread({ ...auto, presenter: 'webgl2' }).thread, 'worker');
  assert.deepEqual(chooseThread({ ...auto, wanted: 'worker' }), { thread: 'worker', reason: 'asked for' });
  assert.deepEqual(chooseThread({ wanted: 'page', presenter: 'webgl2', desynchronized: false }), { thread: 'page', reason: 'asked for' });
});
