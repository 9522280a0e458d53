import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Patches } from '../src/patches.js';
import { choosePaintPlace } from '../src/surface/choose.js';
import { LocalSurface } from '../src/surface/local.js';
import { RemoteSurface, serveSurface } from '../src/surface/remote.js';
import { Segments } from '../src/surface/segments.js';
import { FakePresenter, settle } from './fakes.js';

/** @typedef {import('../src/surface/remote.js').Report} Report */
/** @typedef {import('../src/surface/remote.js').Task} Task */

const BYTES = 64;

/** Two threads' ends of a surface; what goes between them is moved, as between threads, and waits until it is taken. */
class FakePipe {
  presenter = new FakePresenter();
  lost = 0;
  #tasks = /** @type {Task[]} */ ([]);
  #reports = /** @type {Report[]} */ ([]);
  surface = new RemoteSurface((task, transfer) => { this.#tasks.push(structuredClone(task, { transfer })); }, () => { this.lost += 1; });
  #serve = serveSurface(new LocalSurface(this.presenter), (report, transfer) => this.post(report, transfer));
  /** @param {Report} report @param {Transferable[]} [transfer] */
  post(report, transfer = []) { this.#reports.push(structuredClone(report, { transfer })); }

  /** The page does all that is asked for; then the worker hears of it. */
  async go() {
    for (const task of this.#tasks.splice(0)) void this.#serve(task);
    await settle();
    for (const report of this.#reports.splice(0)) this.surface.receive(report);
    await settle();
  }
}

/**
 * A raw pixel at the corner before a solid row below it.
 * @param {number} base
 * @param {number} value
 */
function update(base, value) {
  const patches = new Patches();
  patches.add({ x: 0, y: 0, width: 1, height: 1, encoding: 0, band: 0, offset: 4 });
  patches.add({ x: 0, y: 1, width: 2, height: 1, encoding: 1, band: 1, offset: 8 });
  const buffers = [new ArrayBuffer(BYTES), new ArrayBuffer(BYTES)];
  for (const buffer of buffers) new Uint8Array(buffer).fill(value);
  return { painting: { base, width: 2, height: 2, patches: patches.table }, buffers };
}

/** @param {import('../src/surface/choose.js').Surface} surface @param {ReturnType<typeof update>} update */
function paint(surface, { painting, buffers }) {
  for (const buffer of buffers) surface.hold(buffer);
  return surface.paint(painting);
}

test('a surface in this thread has painted when it returns', async () => {
  const presenter = new FakePresenter();
  let clockMs = 0;
  const surface = new LocalSurface(presenter, () => clockMs++);
  const painted = paint(surface, update(0, 7));
  assert.deepEqual(presenter.log, ['resize 2x2', 'solid 0,1 2x1', 'raw 0,0 1x1', 'commit']);
  assert.deepEqual(await painted, { paintMs: 1 });
  presenter.log.length = 0;
  await paint(surface, update(1, 8));
  assert.ok(!presenter.log.includes('resize 2x2'));
});

test('a surface in another thread paints the same', async () => {
  const pipe = new FakePipe();
  const given = update(0, 7);
  const painted = paint(pipe.surface, given);
  assert.deepEqual(given.buffers.map(buffer => buffer.byteLength), [0, 0]);
  await pipe.go();
  assert.deepEqual(pipe.presenter.log, ['resize 2x2', 'solid 0,1 2x1', 'raw 0,0 1x1', 'commit']);
  assert.ok((await painted).paintMs >= 0);
});

test('for each band that goes over, memory comes back once there is some', async () => {
  const pipe = new FakePipe();
  const marks = new Set();
  for (let round = 0; round < 20; round += 1) {
    const given = update(0, 7);
    given.buffers = given.buffers.map(() => pipe.surface.buffer(BYTES));
    for (const buffer of given.buffers) {
      const tail = new Uint8Array(buffer, buffer.byteLength - 1);
      if (tail[0] === 0) marks.add(round);
      tail[0] = 1;
    }
    const painted = paint(pipe.surface, given);
    await pipe.go();
    await painted;
  }
  assert.deepEqual([...marks], [0, 1]);
});

test('what is dropped is not painted', async () => {
  const pipe = new FakePipe();
  for (const buffer of update(0, 3).buffers) pipe.surface.hold(buffer);
  pipe.surface.drop();
  const painted = paint(pipe.surface, update(0, 7));
  await pipe.go();
  await painted;
  assert.equal(pipe.presenter.pixels[0], 7);
});

test('of memory that comes back only segments are kept, and not too many', () => {
  const segments = new Segments();
  const own = segments.take(100);
  segments.give([new ArrayBuffer(100), own, segments.take(5 << 20)]);
  assert.equal(segments.take(200), own);
  assert.equal(segments.spare(), null);
  segments.give(Array.from({ length: 100 }, () => segments.take(1)));
  let spares = 0;
  while (segments.spare() !== null) spares += 1;
  assert.ok(spares > 8 && spares < 20, String(spares));
});

test('what is read is what was painted before, not after', async () => {
  const pipe = new FakePipe();
  const reads = [paint(pipe.surface, update(0, 7)), pipe.surface.read(), paint(pipe.surface, update(1, 8)), pipe.surface.read()];
  await pipe.go();
  const [, before, , after] = await Promise.all(reads);
  assert.deepEqual([before, after].map(pixels => /** @type {Uint8ClampedArray} */ (pixels)[0]), [7, 8]);
});

test('an error on the other side reaches the one who asked, and nobody else', async () => {
  const pipe = new FakePipe();
  const [bad, good] = [update(0, 7), update(0, 8)];
  bad.buffers.pop();
  const failed = assert.rejects(paint(pipe.surface, bad), /a band without its buffer/);
  const painted = paint(pipe.surface, good);
  await pipe.go();
  await failed;
  await painted;
  assert.equal(pipe.presenter.pixels[0], 8);
});

test('what cannot be posted waits for no answer', async () => {
  const surface = new RemoteSurface(task => { if (task.type === 'paint') throw new Error('cannot be moved'); }, () => {});
  await assert.rejects(paint(surface, update(0, 7)), /cannot be moved/);
  const read = surface.read();
  const rgba = new Uint8ClampedArray(4);
  surface.receive({ type: 'pixels', rgba });
  assert.equal(await read, rgba);
});

test('a canvas that is lost there is told of here', async () => {
  const pipe = new FakePipe();
  const painted = paint(pipe.surface, update(0, 7));
  pipe.post({ type: 'lost' });
  await pipe.go();
  await painted;
  assert.equal(pipe.lost, 1);
});

test('the page paints where that is asked for, or its 2D canvas is desynchronized', () => {
  const auto = /** @type {const} */ ({ wanted: 'auto', presenter: '2d', desynchronized: true });
  assert.deepEqual(choosePaintPlace(auto), { place: 'page', reason: 'its canvas is desynchronized' });
  assert.equal(choosePaintPlace({ ...auto, desynchronized: false }).place, 'worker');
  assert.equal(choosePaintPlace({ ...auto, presenter: 'webgl2' }).place, 'worker');
  assert.deepEqual(choosePaintPlace({ ...auto, wanted: 'worker' }), { place: 'worker', reason: 'asked for' });
  assert.deepEqual(choosePaintPlace({ wanted: 'page', presenter: 'webgl2', desynchronized: false }), { place: 'page', reason: 'asked for' });
});
