import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Canvas2d } from '../src/present/canvas2d.js';
import { OverlayCanvas } from '../src/present/overlay-canvas.js';
import { ActivityTracker } from '../src/present/activity-tracker.js';

/** @typedef {import('../src/rect.js').Rect} Rect */

const SIZE = { width: 1024, height: 800 };
const CHANGES_MIN = 8;

globalThis.ImageData ??= /** @type {any} */ (
  class {
    /** @param {Uint8ClampedArray} data @param {number} width @param {number} height */
    constructor(data, width, height) {
      Object.assign(this, { data, width, height });
    }
  }
);

/**
 * A canvas that keeps its pixels, counts how often they are read, and those that were there when the last task ended:
 * what a browser shows.
 */
class FakeCanvas extends EventTarget {
  width = 0;
  reads = 0;
  #height = 0;
  pixels = new Uint8ClampedArray(0);
  shown = new Uint8ClampedArray(0);
  get height() {
    return this.#height;
  }
  set height(height) {
    this.#height = height;
    this.pixels = new Uint8ClampedArray(this.width * height * 4);
  }
  getContext() {
    return this;
  }
  /**
   * @param {ImageData} image
   * @param {number} x
   * @param {number} y
   * @param {number[]} dirty what of the image: x, y, width, height
   */
  putImageData(image, x, y, ...dirty) {
    const [left = 0, top = 0, width = image.width, height = image.height] = dirty;
    for (let row = top; row < top + height; row += 1) {
      const from = (row * image.width + left) * 4;
      this.pixels.set(image.data.subarray(from, from + width * 4), ((y + row) * this.width + x + left) * 4);
    }
  }
  /** @param {number} x @param {number} y @param {number} width @param {number} height */
  getImageData(x, y, width, height) {
    this.reads += 1;
    const data = new Uint8ClampedArray(width * height * 4);
    for (let row = 0; row < height; row += 1)
      data.set(
        this.pixels.subarray(((y + row) * this.width + x) * 4, ((y + row) * this.width + x + width) * 4),
        row * width * 4,
      );
    return { data, width, height };
  }
  clearRect() {
    this.pixels.fill(0);
  }
  present() {
    this.shown = this.pixels.slice();
  }
}

/** A page with both canvases, whose frames come when the test wants. */
function page({ isExact = true, task = async () => {} } = {}) {
  const whole = new FakeCanvas();
  const small = new FakeCanvas();
  const layer = {
    canvas: /** @type {any} */ (small),
    rect: /** @type {Rect | null} */ (null),
    refused: () => {},
    show(/** @type {Rect} */ rect) {
      if (isExact) this.rect = rect;
      return isExact;
    },
    hide() {
      this.rect = null;
    },
  };
  let frame = () => {};
  const next = {
    frame: () =>
      /** @type {Promise<void>} */ (
        new Promise(resolve => {
          frame = resolve;
        })
      ),
    task,
  };
  const model = new Uint32Array(SIZE.width * SIZE.height);
  const pixels = () => pixelsOf(model);
  const overlay = new OverlayCanvas(new Canvas2d(/** @type {any} */ (whole)), layer, { pixels, lost: () => {} }, next);
  overlay.resize(SIZE.width, SIZE.height);
  const frames = async () => {
    for (let each = 0; each < 2; each += 1) {
      frame();
      await Promise.resolve();
    }
  };
  return { whole, small, layer, overlay, frames, model };
}

/**
 * What is seen of a page, as single numbers.
 * @param {{ whole: FakeCanvas, small: FakeCanvas, layer: { rect: Rect | null } }} page
 */
function seen({ whole, small, layer }) {
  const all = new Uint32Array(whole.shown.slice().buffer);
  if (layer.rect === null) return all;
  const over = new Uint32Array(small.shown.slice().buffer);
  const { x, y, width } = layer.rect;
  over.forEach((pixel, at) => {
    if (pixel >>> 24 === 255) all[(y + Math.floor(at / width)) * SIZE.width + x + (at % width)] = pixel;
  });
  return all;
}

/** @param {Uint32Array<ArrayBuffer>} model the picture in memory */
function pixelsOf(model) {
  return { bytes: new Uint8ClampedArray(model.buffer), x: 0, y: 0, ...SIZE };
}

/**
 * Changes the picture in memory and shows it.
 * @param {OverlayCanvas} overlay
 * @param {Rect} rect
 * @param {number} value
 * @param {Uint32Array<ArrayBuffer>} model
 */
async function change(overlay, rect, value, model) {
  const { x, y, width, height } = rect;
  await overlay.prepare(rect);
  const pixel = ((value & 0xffff) | (7 << 16) | (255 << 24)) >>> 0;
  for (let row = y; row < y + height; row += 1) model.fill(pixel, row * SIZE.width + x, row * SIZE.width + x + width);
  overlay.paint(pixelsOf(model), [rect]);
  overlay.commit();
}

const ALL = { x: 0, y: 0, ...SIZE };
const THERE = { x: 300, y: 200, width: 40, height: 20 };

test('what keeps to a small place is found, with room around it', () => {
  const tracker = new ActivityTracker();
  for (let change = 1; change < CHANGES_MIN; change += 1) assert.equal(tracker.note(THERE, SIZE), null);
  assert.deepEqual(tracker.note(THERE, SIZE), { x: 172, y: 136, width: 296, height: 148 });
  assert.equal(tracker.note(THERE, SIZE), null, 'the count begins again');
});

test('what does not keep to a small place is not', () => {
  const tracker = new ActivityTracker();
  for (let change = 0; change < 100; change += 1) {
    const isFar = change % 2 === 0;
    assert.equal(
      tracker.note(isFar ? { x: 0, y: 0, width: 10, height: 10 } : { x: 1000, y: 700, width: 10, height: 10 }, SIZE),
      null,
    );
  }
  for (let change = 0; change < 100; change += 1) assert.equal(tracker.note(ALL, SIZE), null);
  const little = { width: 640, height: 480 };
  for (let change = 0; change < 100; change += 1)
    assert.equal(tracker.note(THERE, little), null, 'a small picture gains nothing');
});

test('small changes go to the small canvas, once it is seen', async () => {
  const { whole, small, layer, overlay, frames, model } = page();
  await change(overlay, ALL, 1, model);
  for (let value = 0; value < CHANGES_MIN; value += 1) await change(overlay, THERE, value, model);
  assert.notEqual(layer.rect, null);
  assert.ok(
    small.pixels.every(byte => byte === 0),
    'it can be seen through',
  );
  await frames();
  const before = whole.pixels.slice();
  await change(overlay, THERE, 99, model);
  assert.deepEqual(whole.pixels, before);
  assert.deepEqual([whole.reads, small.reads], [0, 0], 'nothing that is shown was read from a canvas');
  assert.deepEqual(new Uint32Array(overlay.read().buffer), model);
  await change(overlay, ALL, 100, model);
  assert.equal(layer.rect, null);
  assert.deepEqual(new Uint32Array(overlay.read().buffer), model);
});

test("nothing is put where its pixels would not fall on the picture's", async () => {
  const { layer, overlay, model } = page({ isExact: false });
  await change(overlay, ALL, 1, model);
  for (let value = 0; value < 3 * CHANGES_MIN; value += 1) await change(overlay, THERE, value, model);
  assert.equal(layer.rect, null);
  assert.deepEqual(new Uint32Array(overlay.read().buffer), model);
});

test('it goes when it is refused, with all that it showed', async () => {
  const { layer, overlay, frames, model } = page();
  await change(overlay, ALL, 1, model);
  for (let value = 0; value < CHANGES_MIN; value += 1) await change(overlay, THERE, value, model);
  await frames();
  await change(overlay, THERE, 99, model);
  layer.refused();
  await change(overlay, THERE, 100, model);
  assert.equal(layer.rect, null);
  assert.deepEqual(new Uint32Array(overlay.read().buffer), model);
});

test('whichever canvas the browser takes first when a task ends, a whole picture is seen', async () => {
  let turn = 0;
  let covered = 0;
  const { whole, small, layer, overlay, frames, model } = page({ task: async () => endTask() });
  let before = model.slice();
  const endTask = () => {
    turn += 1;
    for (const canvas of turn % 2 === 0 ? [whole, small] : [small, whole]) {
      canvas.present();
      const now = seen({ whole, small, layer });
      assert.ok(equal(now, model) || equal(now, before), 'a mix of two pictures');
    }
    before = model.slice();
  };
  whole.present();
  const around = { x: THERE.x - 20, y: THERE.y - 10, width: 80, height: 40 };
  for (let round = 0; round < 8; round += 1) {
    for (let value = 0; value < CHANGES_MIN + 4; value += 1) {
      await change(overlay, value % 3 === 0 ? around : THERE, round * 50 + value, model);
      endTask();
      if (value === CHANGES_MIN) await frames();
      endTask();
    }
    covered += layer.rect === null ? 0 : 1;
    await change(overlay, round % 4 < 2 ? ALL : { ...THERE, x: 0 }, round * 50 + 49, model);
    endTask();
  }
  assert.equal(covered, 8);
});

/** @param {Uint32Array} a @param {Uint32Array} b */
function equal(a, b) {
  return Buffer.from(a.buffer).equals(Buffer.from(b.buffer));
}
