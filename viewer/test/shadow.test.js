import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Shadow } from '../src/present/shadow.js';

/** @typedef {import('../src/present/choose.js').Move} Move */

const WIDTH = 23, HEIGHT = 17;

/** An image as browsers have them. @param {(at: number) => number} byte */
function imageOf(byte) {
  const data = Uint8ClampedArray.from({ length: WIDTH * HEIGHT * 4 }, (_, at) => byte(at));
  return /** @type {ImageData} */ (/** @type {unknown} */ ({ width: WIDTH, height: HEIGHT, data }));
}

/** Numbers that are the same in each run. @param {number} seed */
function randomFrom(seed) {
  let state = seed;
  return (/** @type {number} */ below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

/** What the moves make of a picture, pixel by pixel. @param {Uint8ClampedArray} before @param {readonly Move[]} moves */
function moved(before, moves) {
  const after = before.slice();
  for (const { x, y, width, height, fromX, fromY } of moves) {
    for (let row = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += 1) {
        const from = ((fromY + row) * WIDTH + fromX + column) * 4, to = ((y + row) * WIDTH + x + column) * 4;
        after.set(before.subarray(from, from + 4), to);
      }
    }
  }
  return after;
}

/**
 * Cuts the picture into a grid, of whose cells those move whose source is inside.
 * @param {(below: number) => number} random
 * @param {() => [number, number]} by
 */
function randomMoves(random, by) {
  const moves = /** @type {Move[]} */ ([]);
  const cell = 1 + random(7);
  for (let y = 0; y < HEIGHT; y += cell) {
    for (let x = 0; x < WIDTH; x += cell) {
      const [byX, byY] = by();
      const width = Math.min(cell, WIDTH - x), height = Math.min(cell, HEIGHT - y);
      const fromX = x + byX, fromY = y + byY;
      const isInside = fromX >= 0 && fromY >= 0 && fromX + width <= WIDTH && fromY + height <= HEIGHT;
      if (isInside && random(4) > 0) moves.push({ x, y, width, height, fromX, fromY });
    }
  }
  return moves;
}

/** Nothing was written beside. @param {Shadow} shadow @param {readonly Move[]} moves */
function settled(shadow, moves) {
  shadow.moveLater(moves);
  shadow.settle(() => assert.fail('nothing is to be read'));
}

test('moves all one way read the picture as it was, whichever way', () => {
  const random = randomFrom(1);
  for (let round = 0; round < 300; round += 1) {
    const [byX, byY] = [random(2 * WIDTH) - WIDTH, random(2 * HEIGHT) - HEIGHT];
    const moves = randomMoves(random, () => [byX, byY]);
    if (moves.length === 0) continue;
    const image = imageOf(at => at * 7 + round);
    const expected = moved(image.data, moves);
    settled(new Shadow(image), moves);
    assert.deepEqual(image.data, expected);
  }
});

test('moves in many ways read the picture as it was', () => {
  const random = randomFrom(2);
  for (let round = 0; round < 100; round += 1) {
    const moves = randomMoves(random, () => [random(9) - 4, random(9) - 4]);
    if (moves.length === 0) continue;
    const image = imageOf(at => at * 11 + round);
    const expected = moved(image.data, moves);
    settled(new Shadow(image), moves);
    assert.deepEqual(image.data, expected);
  }
});

test('what was written since is read when the shadow follows, after the moves', () => {
  const image = imageOf(() => 0);
  const shadow = new Shadow(image);
  const before = image.data.slice();
  shadow.moveLater([{ x: 0, y: 3, width: WIDTH, height: 1, fromX: 0, fromY: 9 }]);
  shadow.writeLater(0, 3, WIDTH, 2);
  shadow.writeLater(5, 9, 2, 2);
  assert.deepEqual(image.data, before);
  const fill = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ width, /** @type {number} */ height) =>
    Uint8ClampedArray.from({ length: width * height * 4 }, (_, at) => x === 0 ? 1 : at + y);
  shadow.settle(fill);
  const at = (/** @type {number} */ x, /** @type {number} */ y) => [...image.data.subarray((y * WIDTH + x) * 4, (y * WIDTH + x) * 4 + 4)];
  assert.deepEqual([at(0, 2), at(0, 3), at(22, 4), at(0, 5)], [[0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]]);
  assert.deepEqual([at(5, 9), at(6, 10), at(7, 10)], [[9, 10, 11, 12], [21, 22, 23, 24], [0, 0, 0, 0]]);
  shadow.settle(() => assert.fail('it is followed once'));
});
