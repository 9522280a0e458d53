// The patches of one band: a table of numbers, and the walk over it that writes them into the frame. Not their
// pixels: those lie in the band's buffer, which the table points into.

import { CELL_BYTES } from './planar.js';
import { ENCODING_MOVE, ENCODING_RAW, ENCODING_SOLID } from '../protocol/messages.js';

/** Numbers kept for each patch: x, y, width, height, encoding, offset and number of its bytes. */
const FIELDS = 7;
const PATCHES_AT_FIRST = 64;

/**
 * @typedef {import('./codec.js').Codec} Codec
 * @typedef {{ x: number, y: number, width: number, height: number, encoding: number, offset: number, bytes: number }}
 *   Patch its bytes lie in the band's buffer from `offset` on
 */

export class Patches {
  #table = new Float64Array(FIELDS * PATCHES_AT_FIRST);
  #count = 0;

  /** One row for each patch, in their order. */
  get table() {
    return this.#table.subarray(0, this.#count * FIELDS);
  }

  /** Forgets those of the band before. */
  clear() {
    this.#count = 0;
  }

  /**
   * Reserves capacity for `count` more.
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
  add({ x, y, width, height, encoding, offset, bytes }) {
    const table = this.#table;
    const i = this.#count * FIELDS;
    table[i] = x;
    table[i + 1] = y;
    table[i + 2] = width;
    table[i + 3] = height;
    table[i + 4] = encoding;
    table[i + 5] = offset;
    table[i + 6] = bytes;
    this.#count += 1;
  }
}

/**
 * Writes a band's patches into the frame that is to come.
 * @param {Float64Array} table
 * @param {ArrayBuffer} buffer the band's
 * @param {Codec | null} codec for the coded ones
 * @param {import('./picture-memory.js').PictureMemory} memory
 */
export function writePatches(table, buffer, codec, memory) {
  for (let i = 0; i < table.length; i += FIELDS) {
    const encoding = number(table[i + 4]);
    const offset = number(table[i + 5]);
    const to = rect(table, i);
    if (encoding === ENCODING_SOLID) memory.solid(new Uint8Array(buffer, offset, CELL_BYTES), to);
    else if (encoding === ENCODING_RAW) memory.raw(new Uint8Array(buffer, offset, number(table[i + 6])), to);
    else if (encoding === ENCODING_MOVE) move(new DataView(buffer, offset, CELL_BYTES), to, memory);
    else if (codec !== null) decode(codec, encoding, new Uint8Array(buffer, offset, number(table[i + 6])), to, memory);
  }
}

/**
 * @param {DataView} source
 * @param {import('../rect.js').Rect} to
 * @param {import('./picture-memory.js').PictureMemory} memory
 */
function move(source, to, memory) {
  memory.move(source.getUint16(0, true), source.getUint16(2, true), to);
}

/**
 * By way of memory behind the frame's, which stays in the processor's cache from patch to patch.
 * @param {Codec} codec
 * @param {number} encoding
 * @param {Uint8Array} code
 * @param {import('../rect.js').Rect} to
 * @param {import('./picture-memory.js').PictureMemory} memory
 */
function decode(codec, encoding, code, to, memory) {
  const at = memory.endAt;
  codec.decode(encoding, code, to.width, to.height, at);
  memory.take(at, to);
}

/** @param {Float64Array} table @param {number} i */
function rect(table, i) {
  return { x: number(table[i]), y: number(table[i + 1]), width: number(table[i + 2]), height: number(table[i + 3]) };
}

/**
 * An element that a bound already covers: the compiler cannot know it.
 * @param {number | undefined} value
 */
function number(value) {
  return /** @type {number} */ (value);
}
