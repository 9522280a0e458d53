// Frames in memory, made from the bytes that arrived: a front buffer that is shown, and a back buffer for the next
// while its bands arrive.
//
// The patches of an update are written into the back buffer, so that nothing is lost if the update is aborted, and
// moves read from the front buffer. At commit, what the back buffer lacks of the front buffer is copied, unless the
// update wrote it, and the buffers are swapped. Cells are four bytes: pixels, or parts of planes.

import { CELL_BYTES } from './planar.js';
import { unionOf } from '../rect.js';
import { TileMap } from './tiles.js';

/**
 * @typedef {import('./arena.js').Arena} Arena
 * @typedef {import('../rect.js').Rect} Rect
 * @typedef {{ at: number, width: number, height: number }} Buffer `at`: its first byte in the arena; its sides in cells
 */

/** The server's own tiles: its patches end where these do. */
const TILE_WIDTH = 32;
const TILE_HEIGHT = 16;
/** Buffers begin at multiples of it, so that cells can be read as words. */
const ALIGNMENT = 16;
/** An opaque black pixel, read as a little-endian word. */
const BLACK = 0xff000000;
const NONE = Object.freeze({ at: 0, width: 0, height: 0 });

export class PictureMemory {
  #arena;
  #shown = /** @type {Buffer} */ (NONE);
  #next = /** @type {Buffer} */ (NONE);
  /** Tiles that the next buffer lacks of the shown frame. */
  #lacking = newTiles(NONE);
  /** Tiles that the update wrote so far. */
  #written = newTiles(NONE);
  /** The update begins a frame: nothing of the shown one is carried over. */
  #isWhole = false;
  #isPending = false;

  /** @param {Arena} arena whose front nothing else uses */
  constructor(arena) {
    this.#arena = arena;
  }

  /** Sides of the shown frame in cells; 0 before the first. */
  get width() {
    return this.#shown.width;
  }
  get height() {
    return this.#shown.height;
  }
  /** Where the shown frame lies in the arena. */
  get shownAt() {
    return this.#shown.at;
  }
  /** From here on the arena holds nothing of a frame. */
  get endAt() {
    return Math.max(endOf(this.#shown), endOf(this.#next));
  }

  /** The shown frame's cells, row by row, until the next change. @returns {Uint8ClampedArray<ArrayBuffer>} */
  get shown() {
    const { at, width, height } = this.#shown;
    const bytes = this.#arena.reserve(this.endAt);
    return new Uint8ClampedArray(bytes.buffer, bytes.byteOffset + at, width * height * CELL_BYTES);
  }

  /**
   * Begins an update. With a size, in cells, it replaces the whole frame.
   * @param {{ width: number, height: number } | null} size
   */
  begin(size) {
    this.abandon();
    this.#isPending = true;
    if (size === null) return;
    this.#isWhole = true;
    this.#place(size);
  }

  /** @param {Uint8Array} cells row by row @param {Rect} rect where they belong */
  raw(cells, rect) {
    this.#claim(rect);
    const { bytes, start, stride } = this.#rowsAt(this.#next, rect.x, rect.y);
    const row = rect.width * CELL_BYTES;
    if (row === stride) bytes.set(cells, start);
    else
      for (let from = 0, to = start; from < cells.length; from += row, to += stride)
        bytes.set(cells.subarray(from, from + row), to);
  }

  /** @param {Uint8Array} cell that fills the rectangle @param {Rect} rect */
  solid(cell, rect) {
    this.#claim(rect);
    this.#fill(Number(new Uint32Array(cell.slice().buffer)[0]), rect);
  }

  /**
   * Takes cells from the frame before.
   * @param {number} fromX
   * @param {number} fromY
   * @param {Rect} rect where they belong
   */
  move(fromX, fromY, rect) {
    this.#claim(rect);
    this.#copy(this.#shown, fromX, fromY, rect);
  }

  /**
   * Takes cells that lie in the arena already, row by row.
   * @param {number} at where
   * @param {Rect} rect where they belong
   */
  take(at, rect) {
    this.#claim(rect);
    this.#copy({ at, width: rect.width, height: rect.height }, 0, 0, rect);
  }

  /** The smallest rectangle around what the update wrote; it is empty where it wrote nothing. @returns {Rect} */
  get bounds() {
    const [first, ...rest] = this.#written.rects();
    return first === undefined ? { x: 0, y: 0, width: 0, height: 0 } : rest.reduce(unionOf, first);
  }

  /** From now on the updated frame is the shown one. @returns {Rect[]} which parts of it the update wrote */
  commit() {
    this.#complete();
    const changed = this.#isWhole
      ? [{ x: 0, y: 0, width: this.#next.width, height: this.#next.height }]
      : this.#written.rects();
    [this.#shown, this.#next] = [this.#next, this.#shown];
    [this.#lacking, this.#written] = [this.#written, this.#lacking];
    this.#written.clear();
    if (this.#isWhole) this.#place(this.#shown);
    this.#isWhole = this.#isPending = false;
    return changed;
  }

  /** Forgets what came of an update that will never be whole. */
  abandon() {
    if (this.#isWhole) this.#place(this.#shown);
    else this.#lacking.add(this.#written);
    this.#written.clear();
    this.#isWhole = this.#isPending = false;
  }

  /** Brings the next buffer up to date while nothing arrives, so that the next commit has less to do. */
  catchUp() {
    if (this.#isPending) return;
    this.#complete();
    this.#lacking.clear();
  }

  /** Sees to what the next buffer lacks and the update did not write. */
  #complete() {
    this.#lacking.subtract(this.#written);
    for (const rect of this.#lacking.rects()) this.#carryOver(rect);
  }

  /** @param {Rect} rect */
  #carryOver(rect) {
    if (this.#isWhole) this.#fill(BLACK, rect);
    else this.#copy(this.#shown, rect.x, rect.y, rect);
  }

  /** Makes the next buffer one of this size that lacks everything. @param {{ width: number, height: number }} size */
  #place({ width, height }) {
    const bytes = width * height * CELL_BYTES;
    const isRoomBefore = this.#shown.at >= bytes || this.#shown.width === 0;
    const at = isRoomBefore ? 0 : Math.ceil(endOf(this.#shown) / ALIGNMENT) * ALIGNMENT;
    this.#next = { at, width, height };
    this.#lacking = newTiles(this.#next);
    this.#written = newTiles(this.#next);
    this.#lacking.markAll();
    this.#arena.reserve(this.endAt);
  }

  /**
   * The update writes there: of a tile that it writes in part only, the rest is carried over first.
   * @param {Rect} rect
   */
  #claim(rect) {
    for (const edge of this.#written.unmarkedEdges(rect)) this.#carryOver(edge);
    this.#written.mark(rect);
  }

  /** @param {number} word @param {Rect} rect */
  #fill(word, { x, y, width, height }) {
    const { bytes, start, stride } = this.#rowsAt(this.#next, x, y);
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
    for (let row = 0, at = start / CELL_BYTES; row < height; row += 1, at += stride / CELL_BYTES)
      words.fill(word, at, at + width);
  }

  /** @param {Buffer} from @param {number} fromX @param {number} fromY @param {Rect} rect of the next buffer */
  #copy(from, fromX, fromY, { x, y, width, height }) {
    const source = this.#rowsAt(from, fromX, fromY);
    const { bytes, start, stride } = this.#rowsAt(this.#next, x, y);
    const row = width * CELL_BYTES;
    if (row === stride && source.stride === stride) {
      bytes.copyWithin(start, source.start, source.start + row * height);
      return;
    }
    for (let line = 0, to = start, at = source.start; line < height; line += 1, to += stride, at += source.stride)
      bytes.copyWithin(to, at, at + row);
  }

  /** @param {Buffer} buffer @param {number} x @param {number} y */
  #rowsAt({ at, width }, x, y) {
    return { bytes: this.#arena.reserve(0), start: at + (y * width + x) * CELL_BYTES, stride: width * CELL_BYTES };
  }
}

/** @param {{ width: number, height: number }} size */
function newTiles({ width, height }) {
  return new TileMap(width, height, TILE_WIDTH, TILE_HEIGHT);
}

/** @param {Buffer} buffer */
function endOf({ at, width, height }) {
  return at + width * height * CELL_BYTES;
}
