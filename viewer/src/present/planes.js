// A picture in planes, in memory: what comes is written into its block, and the rows that it changes are made pixels of for a
// presenter. Not for one that shows planes itself (webgl2.js).

import { blockBytes, cellsOf, convert, rowsOf } from '../planar.js';

/**
 * @typedef {import('./choose.js').Presenter} Presenter
 * @typedef {import('../planar.js').Planar} Planar
 * @typedef {import('../planar.js').Size} Size
 * @typedef {{ block: Uint8Array<ArrayBuffer>, convert(first: number, count: number): Uint8ClampedArray<ArrayBuffer> }} Converter
 *   `block` is where the picture lies; `convert` makes pixels of rows, which are good until it is called again
 */

const CELL_BYTES = 4;

/** @implements {Pick<Presenter, 'raw' | 'solid' | 'move' | 'commit'>} */
export class Planes {
  #planar;
  #size;
  #stride;
  #presenter;
  #converter;
  /** Rows of pixels that changed. */
  #top = Infinity;
  #bottom = 0;

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
    this.#touch(start, start + (height - 1) * this.#stride + row);
  }

  /** @type {Presenter['solid']} */
  solid(cell, x, y, width, height) {
    const words = new Uint32Array(this.#converter.block.buffer, this.#converter.block.byteOffset, this.#converter.block.byteLength / CELL_BYTES);
    const [word] = new Uint32Array(cell.slice().buffer);
    const stride = this.#stride / CELL_BYTES;
    for (let row = y; row < y + height; row += 1) words.fill(Number(word), row * stride + x, row * stride + x + width);
    const start = y * this.#stride + x * CELL_BYTES;
    this.#touch(start, start + (height - 1) * this.#stride + width * CELL_BYTES);
  }

  /** Planes are not sent so (update.js). @type {Presenter['move']} */
  move() {
    throw new RangeError('planes do not move');
  }

  commit() {
    if (this.#top < this.#bottom) {
      const count = this.#bottom - this.#top;
      this.#presenter.raw(this.#converter.convert(this.#top, count), 0, this.#top, this.#size.width, count);
    }
    [this.#top, this.#bottom] = [Infinity, 0];
    this.#presenter.commit();
  }

  /** Bytes of the block changed. @param {number} from @param {number} to */
  #touch(from, to) {
    const { top, bottom } = rowsOf(this.#planar, this.#size, from, to);
    if (top >= bottom) return; // They were after the last sample.
    this.#top = Math.min(this.#top, top);
    this.#bottom = Math.max(this.#bottom, bottom);
  }
}

/** Without WebAssembly. @param {Planar} planar @param {Size} size @returns {Converter} */
export function plainConverter(planar, size) {
  const cells = cellsOf(planar, size);
  const block = new Uint8Array(cells.width * cells.height * CELL_BYTES);
  const pixels = new Uint8ClampedArray(size.width * size.height * 4);
  return {
    block,
    convert(first, count) {
      convert(planar, size, block, first, count, pixels);
      return pixels.subarray(0, size.width * count * 4);
    },
  };
}
