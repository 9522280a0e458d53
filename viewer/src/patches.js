// The patches of one update: a table of numbers, and the walk over it that paints them. Not their pixels: those lie in the
// buffers that the table points into.

import { ENCODING_MOVE, ENCODING_RAW, ENCODING_SOLID } from './protocol.js';
import { unionOf } from './rect.js';

/** Numbers kept for each patch: x, y, width, height, encoding, band, offset and number of its bytes. */
const FIELDS = 8;
const PATCHES_AT_FIRST = 64;

/**
 * @typedef {import('./codec.js').Codec} Codec
 * @typedef {{ x: number, y: number, width: number, height: number, encoding: number, band: number, offset: number, bytes: number }} Patch
 *   `band`: which of the update's buffers its bytes lie in, from `offset` on
 */

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

  /** @param {Patch} patch */
  add({ x, y, width, height, encoding, band, offset, bytes }) {
    const table = this.#table;
    const i = this.#count * FIELDS;
    table[i] = x;
    table[i + 1] = y;
    table[i + 2] = width;
    table[i + 3] = height;
    table[i + 4] = encoding;
    table[i + 5] = band;
    table[i + 6] = offset;
    table[i + 7] = bytes;
    this.#count += 1;
  }
}

/**
 * Decodes the coded patches of one band. From then on their rows point at the decoder's pixels.
 * @param {Float64Array} table
 * @param {number} band
 * @param {ArrayBuffer} buffer the band's
 * @param {Codec} codec
 */
export function decodePatches(table, band, buffer, codec) {
  for (let i = table.length - FIELDS; i >= 0 && table[i + 5] === band; i -= FIELDS) {
    const encoding = number(table[i + 4]);
    if (encoding <= ENCODING_MOVE) continue;
    const code = new Uint8Array(buffer, number(table[i + 6]), number(table[i + 7]));
    table[i + 6] = codec.decode(encoding, code, number(table[i + 2]), number(table[i + 3]));
  }
}

/**
 * Paints all patches, in one go: with a pause in between, half an update could be shown. What moves reads the picture
 * before, so it comes first; then one kind after the other: a canvas that is filled and written to by turns finishes the
 * one before each turn.
 * @param {Float64Array} table
 * @param {readonly ArrayBuffer[]} buffers
 * @param {Codec | null} codec that decoded the coded ones
 * @param {import('./present/choose.js').Target} presenter
 */
export function paintPatches(table, buffers, codec, presenter) {
  const moves = movesOf(table, buffers);
  if (moves.length > 0) presenter.move(moves);
  for (let i = 0; i < table.length; i += FIELDS) {
    if (table[i + 4] !== ENCODING_SOLID) continue;
    const { x, y, width, height } = rect(table, i);
    presenter.solid(new Uint8Array(bufferOf(table, i, buffers), number(table[i + 6]), 4), x, y, width, height);
  }
  for (let i = 0; i < table.length; i += FIELDS) {
    const encoding = table[i + 4];
    if (encoding === ENCODING_SOLID || encoding === ENCODING_MOVE) continue;
    const { x, y, width, height } = rect(table, i);
    const offset = number(table[i + 6]), bytes = width * height * 4;
    if (encoding === ENCODING_RAW) presenter.raw(new Uint8ClampedArray(bufferOf(table, i, buffers), offset, bytes), x, y, width, height);
    else if (codec !== null) presenter.raw(codec.pixels(offset, bytes), x, y, width, height);
  }
}

/**
 * The smallest rectangle around all that the patches write, and what they move from elsewhere. Without patches it is empty.
 * @param {Float64Array} table
 * @param {readonly ArrayBuffer[]} buffers
 */
export function boundsOf(table, buffers) {
  let bounds = table.length === 0 ? { x: 0, y: 0, width: 0, height: 0 } : rect(table, 0);
  for (let i = FIELDS; i < table.length; i += FIELDS) bounds = unionOf(bounds, rect(table, i));
  for (const { fromX, fromY, width, height } of movesOf(table, buffers)) bounds = unionOf(bounds, { x: fromX, y: fromY, width, height });
  return bounds;
}

/**
 * @param {Float64Array} table
 * @param {readonly ArrayBuffer[]} buffers
 * @returns {import('./present/choose.js').Move[]}
 */
function movesOf(table, buffers) {
  const moves = [];
  for (let i = 0; i < table.length; i += FIELDS) {
    if (table[i + 4] !== ENCODING_MOVE) continue;
    const source = new DataView(bufferOf(table, i, buffers), number(table[i + 6]), 4);
    moves.push({ ...rect(table, i), fromX: source.getUint16(0, true), fromY: source.getUint16(2, true) });
  }
  return moves;
}

/** @param {Float64Array} table @param {number} i */
function rect(table, i) {
  return { x: number(table[i]), y: number(table[i + 1]), width: number(table[i + 2]), height: number(table[i + 3]) };
}

/** @param {Float64Array} table @param {number} i @param {readonly ArrayBuffer[]} buffers */
function bufferOf(table, i, buffers) {
  const buffer = buffers[number(table[i + 5])];
  if (buffer === undefined) throw new RangeError('a band without its buffer');
  return buffer;
}

/**
 * An element that a bound already covers: the compiler cannot know it.
 * @param {number | undefined} value
 */
function number(value) {
  return /** @type {number} */ (value);
}
