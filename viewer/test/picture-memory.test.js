// The picture in memory against a model: whatever updates write, take back or leave out, the shown picture is one whole
// picture.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlainArena } from '../src/decode/arena.js';
import { PictureMemory } from '../src/decode/picture-memory.js';
import { TileMap } from '../src/decode/tiles.js';
import { random } from './bytes.js';

/** @typedef {import('../src/rect.js').Rect} Rect */

const BLACK = 0xff000000;

/** The shown picture as words. @param {PictureMemory} memory */
function shown(memory) {
  const { buffer, byteOffset, byteLength } = memory.shown;
  return new Uint32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

/** @param {number} word */
function cellOf(word) {
  return new Uint8Array(Uint32Array.of(word).buffer);
}

/** A picture and what updates do to it, written as plainly as can be. */
class Model {
  words;
  /** @param {number} width @param {number} height */
  constructor(width, height) {
    Object.assign(this, { width, height });
    this.width = width;
    this.height = height;
    this.words = new Uint32Array(width * height).fill(BLACK);
  }
  /** @param {Rect} rect @param {(x: number, y: number) => number} word */
  set({ x, y, width, height }, word) {
    for (let row = y; row < y + height; row += 1)
      for (let column = x; column < x + width; column += 1) this.words[row * this.width + column] = word(column, row);
  }
  copy() {
    return Object.assign(new Model(this.width, this.height), { words: this.words.slice() });
  }
}

test('random updates, some taken back, some of another size, are shown whole', () => {
  const next = random(11);
  const int = (/** @type {number} */ end) => Math.floor(next() * end);
  const memory = new PictureMemory(new PlainArena());
  let model = new Model(0, 0);
  let value = 1;
  for (let round = 0; round < 600; round += 1) {
    const isWhole = model.width === 0 || int(12) === 0;
    const before = model;
    model = isWhole ? new Model(1 + int(150), 1 + int(80)) : model.copy();
    memory.begin(isWhole ? model : null);
    for (const rect of disjoint(model, int, next() < 0.5)) {
      value = (value * 1664525 + 1013904223) >>> 0;
      write(memory, rect, value, { before, model, kind: int(isWhole ? 2 : 3), int });
    }
    assert.deepEqual(shown(memory), before.words, 'nothing is shown before the commit');
    if (int(5) === 0) {
      memory.abandon();
      model = before;
    } else memory.commit();
    if (int(3) === 0) memory.catchUp();
    assert.deepEqual([memory.width, memory.height], [model.width, model.height]);
    assert.deepEqual(shown(memory), model.words, `round ${round}`);
  }
});

/**
 * Rectangles that do not overlap, along tiles or anywhere.
 * @param {Model} model
 * @param {(end: number) => number} int
 * @param {boolean} isAligned
 * @returns {Rect[]}
 */
function disjoint({ width, height }, int, isAligned) {
  const rects = [];
  const [stepX, stepY] = isAligned ? [32, 16] : [1 + int(40), 1 + int(30)];
  for (let y = 0; y < height; y += stepY) {
    for (let x = 0; x < width; x += stepX) {
      if (int(3) === 0) rects.push({ x, y, width: Math.min(stepX, width - x), height: Math.min(stepY, height - y) });
    }
  }
  return rects;
}

/**
 * @param {PictureMemory} memory @param {Rect} rect @param {number} value
 * @param {{ before: Model, model: Model, kind: number, int: (end: number) => number }} how
 */
function write(memory, rect, value, { before, model, kind, int }) {
  if (kind === 0) {
    memory.solid(cellOf(value), rect);
    model.set(rect, () => value);
  } else if (kind === 1) {
    const words = new Uint32Array(rect.width * rect.height).map((_, at) => value + at);
    memory.raw(new Uint8Array(words.buffer), rect);
    model.set(rect, (x, y) => Number(words[(y - rect.y) * rect.width + x - rect.x]));
  } else {
    const fromX = int(before.width - rect.width + 1);
    const fromY = int(before.height - rect.height + 1);
    memory.move(fromX, fromY, rect);
    model.set(rect, (x, y) => Number(before.words[(y - rect.y + fromY) * before.width + x - rect.x + fromX]));
  }
}

test('what is marked comes back as rectangles that cover it once', () => {
  const next = random(5);
  const int = (/** @type {number} */ end) => Math.floor(next() * end);
  for (let round = 0; round < 200; round += 1) {
    const [width, height] = [1 + int(90), 1 + int(60)];
    const tiles = new TileMap(width, height, 16, 8);
    const marked = new Uint8Array(width * height);
    const covered = new Uint8Array(width * height);
    for (let count = int(6); count > 0; count -= 1) {
      const x = int(width);
      const y = int(height);
      const rect = { x, y, width: 1 + int(width - x), height: 1 + int(height - y) };
      tiles.mark(rect);
      each(rect, width, at => {
        marked[at] = 1;
      });
    }
    for (const rect of tiles.rects())
      each(rect, width, at => {
        covered[at] = Number(covered[at]) + 1;
      });
    assert.ok(covered.every((count, at) => count <= 1 && count >= Number(marked[at])));
    tiles.clear();
    assert.deepEqual(tiles.rects(), []);
  }
});

/** @param {Rect} rect @param {number} stride @param {(at: number) => void} visit */
function each({ x, y, width, height }, stride, visit) {
  for (let row = y; row < y + height; row += 1)
    for (let column = x; column < x + width; column += 1) visit(row * stride + column);
}
