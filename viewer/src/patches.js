// The patches of one update: a table of numbers, and the walk over it that paints them. Not their pixels: those lie in the
// buffers that the table points into.

import { ENCODING_RAW, ENCODING_SOLID } from './protocol.js';

/** Numbers kept for each patch: x, y, width, height, encoding, band, offset of its bytes. */
const FIELDS = 7;
const PATCHES_AT_FIRST = 64;

/** @typedef {import('./present/choose.js').Presenter} Presenter */

export class Patches {
  #table = new Float64Array(FIELDS * PATCHES_AT_FIRST);
  #count = 0;

  /** One row for each patch, in their order. */
  get table() { return this.#table.subarray(0, this.#count * FIELDS); }

  /**
   * Makes room for so many more.
   * @param {number} patches
   */
  reserve(patches) {
    const length = (this.#count + patches) * FIELDS;
    if (length <= this.#table.length) return;
    const grown = new Float64Array(length * 2);
    grown.set(this.#table);
    this.#table = grown;
  }

  /**
   * @param {{ x: number, y: number, width: number, height: number, encoding: number, band: number, offset: number }} patch
   *   `band`: which of the update's buffers its bytes lie in, from `offset` on
   */
  add({ x, y, width, height, encoding, band, offset }) {
    const table = this.#table;
    const i = this.#count * FIELDS;
    table[i] = x;
    table[i + 1] = y;
    table[i + 2] = width;
    table[i + 3] = height;
    table[i + 4] = encoding;
    table[i + 5] = band;
    table[i + 6] = offset;
    this.#count += 1;
  }
}

/**
 * Paints all patches, in one go: with a pause in between, half an update could be shown. First one kind, then the
 * other: a canvas that is filled and written to by turns finishes the one before each turn.
 * @param {Float64Array} table
 * @param {readonly ArrayBuffer[]} buffers
 * @param {Presenter} presenter
 */
export function paintPatches(table, buffers, presenter) {
  paintAll(ENCODING_SOLID, table, buffers, presenter);
  paintAll(ENCODING_RAW, table, buffers, presenter);
}

/**
 * @param {number} encoding
 * @param {Float64Array} table
 * @param {readonly ArrayBuffer[]} buffers
 * @param {Presenter} presenter
 */
function paintAll(encoding, table, buffers, presenter) {
  for (let i = 0; i < table.length; i += FIELDS) {
    if (table[i + 4] !== encoding) continue;
    const x = number(table[i]), y = number(table[i + 1]), width = number(table[i + 2]), height = number(table[i + 3]);
    const buffer = buffers[number(table[i + 5])];
    if (buffer === undefined) throw new RangeError('a band without its buffer');
    const offset = number(table[i + 6]);
    if (encoding === ENCODING_RAW) {
      presenter.raw(new Uint8ClampedArray(buffer, offset, width * height * 4), x, y, width, height);
    } else {
      const pixel = new Uint8Array(buffer, offset, 4);
      presenter.solid(number(pixel[0]), number(pixel[1]), number(pixel[2]), x, y, width, height);
    }
  }
}

/**
 * An element that a bound already covers: the compiler cannot know it.
 * @param {number | undefined} value
 */
function number(value) {
  return /** @type {number} */ (value);
}
