// A picture in planes, in memory: what comes is written into its block, and what it changes is made pixels of for a presenter.
// Not for one that shows planes itself (webgl2.js).

import { blockBytes, CELL_BYTES, cellsOf, convert, markShown } from '../planar.js';

/**
 * @typedef {import('./choose.js').Presenter} Presenter
 * @typedef {import('../planar.js').Planar} Planar
 * @typedef {import('../planar.js').Size} Size
 * @typedef {import('../planar.js').Part} Part
 * @typedef {{ readonly block: Uint8Array<ArrayBuffer>, convert(part: Part): Uint8ClampedArray<ArrayBuffer> }} Converter
 *   `block` is where the picture lies; `convert` makes pixels of a part of it, which are good until it is called again
 */

/** What changed is told apart in tiles of so many pixels; a column of them begins where the converter may begin. */
const TILE_WIDTH = 128;
const TILE_HEIGHT = 16;

/** @implements {Pick<Presenter, 'raw' | 'solid' | 'move' | 'commit'>} */
export class Planes {
  #planar;
  #size;
  #stride;
  #presenter;
  #converter;
  /** Tiles in a row, and which of all have changed. */
  #columns;
  #changed;

  /**
   * @param {Planar} planar
   * @param {Size} size
   * @param {Presenter} presenter of that size already
   * @param {Converter} converter
   */
  constructor(planar, size, presenter, converter) {
    this.#planar = planar;
    this.#size = size;
    this.#stride = cellsOf(planar, size).width * CELL_BYTES;
    this.#presenter = presenter;
    this.#converter = converter;
    this.#converter.block.fill(0);
    this.#columns = Math.ceil(size.width / TILE_WIDTH);
    this.#changed = new Uint8Array(this.#columns * Math.ceil(size.height / TILE_HEIGHT));
    this.#touch(0, blockBytes(planar, size));
  }

  /** All of it, as it came. */
  get block() { return this.#converter.block; }

  /** @type {Presenter['raw']} */
  raw(bytes, x, y, width, height) {
    const { block } = this.#converter;
    const start = y * this.#stride + x * CELL_BYTES, row = width * CELL_BYTES;
    if (row === this.#stride) block.set(bytes, start);
    else for (let from = 0, to = start; from < bytes.length; from += row, to += this.#stride) block.set(bytes.subarray(from, from + row), to);
    this.#touchRows(start, row, height);
  }

  /** @type {Presenter['solid']} */
  solid(cell, x, y, width, height) {
    const { block } = this.#converter;
    const words = new Uint32Array(block.buffer, block.byteOffset, block.byteLength / CELL_BYTES);
    const [word] = new Uint32Array(cell.slice().buffer);
    const stride = this.#stride / CELL_BYTES;
    for (let row = y; row < y + height; row += 1) words.fill(Number(word), row * stride + x, row * stride + x + width);
    this.#touchRows(y * this.#stride + x * CELL_BYTES, width * CELL_BYTES, height);
  }

  /** Planes are not sent so (update.js). @type {Presenter['move']} */
  move() {
    throw new RangeError('planes do not move');
  }

  commit() {
    for (const { x, y, width, height } of this.#parts()) {
      this.#presenter.raw(this.#converter.convert({ x, y, width, height }), x, y, width, height);
    }
    this.#changed.fill(0);
    this.#presenter.commit();
  }

  /** Tiles that changed, those of a row together, and rows that changed alike. */
  #parts() {
    const { width, height } = this.#size;
    const parts = /** @type {Part[]} */ ([]);
    let above = /** @type {Part[]} */ ([]);
    for (let y = 0, row = 0; y < height; y += TILE_HEIGHT, row += 1) {
      const runs = this.#runs(row).map(([first, end]) => {
        const x = first * TILE_WIDTH, right = Math.min(end * TILE_WIDTH, width), bottom = Math.min(y + TILE_HEIGHT, height);
        return { x, y, width: right - x, height: bottom - y };
      });
      const isAlike = runs.length === above.length && runs.every((run, index) => run.x === above[index]?.x && run.width === above[index]?.width);
      if (isAlike) for (const [index, part] of above.entries()) part.height += /** @type {Part} */ (runs[index]).height;
      else parts.push(...above = runs);
    }
    return parts;
  }

  /** First and last tile but one of each run of tiles that changed. @param {number} row */
  #runs(row) {
    const runs = /** @type {[number, number][]} */ ([]);
    const start = row * this.#columns;
    for (let column = 0; column < this.#columns; column += 1) {
      if (this.#changed[start + column] === 0) continue;
      const first = column;
      while (column < this.#columns && this.#changed[start + column] === 1) column += 1;
      runs.push([first, column]);
    }
    return runs;
  }

  /** @param {number} start @param {number} row bytes @param {number} rows */
  #touchRows(start, row, rows) {
    if (row === this.#stride) this.#touch(start, start + rows * row);
    else for (let left = rows, from = start; left > 0; left -= 1, from += this.#stride) this.#touch(from, from + row);
  }

  /** Bytes of the block changed. @param {number} from @param {number} to */
  #touch(from, to) {
    markShown(this.#planar, this.#size, from, to, this.#mark);
  }

  #mark = (/** @type {number} */ left, /** @type {number} */ top, /** @type {number} */ right, /** @type {number} */ bottom) => {
    const { width, height } = this.#size;
    const last = Math.floor((Math.min(right, width) - 1) / TILE_WIDTH), end = Math.floor((Math.min(bottom, height) - 1) / TILE_HEIGHT);
    for (let row = Math.floor(top / TILE_HEIGHT); row <= end; row += 1) {
      const start = row * this.#columns;
      this.#changed.fill(1, start + Math.floor(left / TILE_WIDTH), start + last + 1);
    }
  };
}

/** Without WebAssembly. @param {Planar} planar @param {Size} size @returns {Converter} */
export function plainConverter(planar, size) {
  const cells = cellsOf(planar, size);
  const block = new Uint8Array(cells.width * cells.height * CELL_BYTES);
  const pixels = new Uint8ClampedArray(size.width * size.height * 4);
  return {
    block,
    convert(part) {
      convert(planar, size, block, part, pixels);
      return pixels.subarray(0, part.width * part.height * 4);
    },
  };
}
