import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { CursorLayer, partInside } from '../src/element/cursor.js';

const PICTURE = { width: 200, height: 100 };
const PLACE = { leftCssPx: 10, topCssPx: 20, widthCssPx: 400, heightCssPx: 200, scale: 2, cropped: false };
const SHAPE = {
  serial: 7,
  width: 64,
  height: 64,
  hotX: 4,
  hotY: 6,
  rgba: new Uint8ClampedArray(64 * 64 * 4).fill(255),
};

/** What a canvas was told. */
class FakeCanvas {
  width = 0;
  height = 0;
  hidden = false;
  className = '';
  style = /** @type {Record<string, string>} */ ({});
  put = /** @type {number[][]} */ ([]);
  setAttribute() {}
  getContext() {
    return {
      putImageData: (/** @type {unknown} */ _image, /** @type {number} */ x, /** @type {number} */ y) =>
        this.put.push([x + 0, y + 0]),
    };
  }
}

const page = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (globalThis));
beforeEach(() =>
  Object.assign(page, {
    document: { createElement: () => new FakeCanvas() },
    devicePixelRatio: 1,
    ImageData: class {},
  }),
);
afterEach(() => ['document', 'devicePixelRatio', 'ImageData'].forEach(name => delete page[name]));

function layer() {
  const cursor = new CursorLayer();
  cursor.follow(PLACE, PICTURE);
  cursor.shape(SHAPE);
  return { cursor, canvas: /** @type {FakeCanvas} */ (/** @type {unknown} */ (cursor.canvas)) };
}

test('a pointer in the middle is whole', () => {
  assert.deepEqual(partInside(SHAPE, 50, 20, PICTURE), { left: 0, top: 0, width: 64, height: 64 });
});

test('a pointer over each edge is cut there', () => {
  assert.deepEqual(partInside(SHAPE, 190, 90, PICTURE), { left: 0, top: 0, width: 14, height: 16 });
  assert.deepEqual(partInside(SHAPE, 0, 0, PICTURE), { left: 4, top: 6, width: 60, height: 58 });
  assert.deepEqual(partInside(SHAPE, 1, 1, { width: 5, height: 3 }), { left: 3, top: 5, width: 5, height: 3 });
  assert.equal(partInside(SHAPE, 300, 50, PICTURE), null);
});

test('no pixel of it lies outside of the picture', () => {
  const { cursor, canvas } = layer();
  for (const [x, y] of [
    [190, 90],
    [199, 99],
    [0, 0],
    [100, 50],
    [199, 0],
  ]) {
    cursor.at(x ?? 0, y ?? 0, 7);
    const [left, top, width, height] = ['left', 'top', 'width', 'height'].map(side =>
      Number.parseFloat(canvas.style[side] ?? ''),
    );
    assert.equal(canvas.hidden, false);
    assert.ok((left ?? NaN) >= 10 && (left ?? NaN) + (width ?? NaN) <= 410, `${x}: ${left}, ${width}`);
    assert.ok((top ?? NaN) >= 20 && (top ?? NaN) + (height ?? NaN) <= 220, `${y}: ${top}, ${height}`);
    assert.deepEqual([canvas.width * 2, canvas.height * 2], [width, height]);
  }
});

test('it is drawn again only where another part of it shows', () => {
  const { cursor, canvas } = layer();
  for (const [x, y] of [
    [50, 20],
    [51, 21],
    [52, 22],
  ])
    cursor.at(x ?? 0, y ?? 0, 7);
  assert.deepEqual(canvas.put, [[0, 0]]);
  cursor.at(1, 20, 7);
  assert.deepEqual(canvas.put[1], [-3, 0]);
  cursor.hide();
  assert.equal(canvas.hidden, true);
});

test('a shape of another run is drawn, also with a serial that was seen before', () => {
  const { cursor, canvas } = layer();
  cursor.at(50, 20, 7);
  cursor.hide();
  cursor.shape({ ...SHAPE, rgba: new Uint8ClampedArray(64 * 64 * 4).fill(128) });
  cursor.at(50, 20, 7);
  assert.equal(canvas.put.length, 2);
});
