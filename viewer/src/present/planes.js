// Planes for a presenter that takes pixels only: converts the parts that changed. Not used with a presenter that
// converts planes itself (webgl2.js).

import { CELL_BYTES, cellsOf, markShown } from '../decode/planar.js';
import { TileMap } from '../decode/tiles.js';

/**
 * @typedef {import('./presenter.js').Presenter} Presenter
 * @typedef {import('./presenter.js').PlanesTarget} PlanesTarget
 * @typedef {import('../decode/planar.js').Planar} Planar
 * @typedef {import('../decode/planar.js').Size} Size
 * @typedef {import('../decode/planar.js').Part} Part
 * @typedef {import('../rect.js').Rect} Rect
 */

/** Size in pixels of the tiles in which changes are tracked; a column of them begins where conversion may begin. */
const TILE_WIDTH = 128;
const TILE_HEIGHT = 16;

/** @implements {PlanesTarget} */
export class PlanesView {
  #planar;
  #size;
  #stride;
  #presenter;
  #convert;
  #changed;

  /**
   * @param {Planar} planar
   * @param {Size} size
   * @param {Presenter} presenter of that size already
   * @param {(part: Part) => Uint8ClampedArray<ArrayBuffer>} convert makes pixels of a part of the frame, which are
   *   good until it is called again
   */
  constructor(planar, size, presenter, convert) {
    this.#planar = planar;
    this.#size = size;
    this.#stride = cellsOf(planar, size).width * CELL_BYTES;
    this.#presenter = presenter;
    this.#convert = convert;
    this.#changed = new TileMap(size.width, size.height, TILE_WIDTH, TILE_HEIGHT);
  }

  /** The cells are those that `convert` reads. @type {PlanesTarget['paint']} */
  paint(_cells, rects) {
    for (const rect of rects) this.#touch(rect);
    for (const part of this.#changed.rects()) this.#presenter.paint({ bytes: this.#convert(part), ...part }, [part]);
    this.#changed.clear();
  }

  commit() {
    this.#presenter.commit();
  }

  /** @param {Rect} rect cells that changed */
  #touch({ x, y, width, height }) {
    const start = y * this.#stride + x * CELL_BYTES;
    const row = width * CELL_BYTES;
    if (row === this.#stride) this.#touchBytes(start, start + height * row);
    else
      for (let left = height, from = start; left > 0; left -= 1, from += this.#stride)
        this.#touchBytes(from, from + row);
  }

  /** Bytes of the block changed. @param {number} from @param {number} to */
  #touchBytes(from, to) {
    markShown(this.#planar, this.#size, from, to, this.#mark);
  }

  #mark = (
    /** @type {number} */ left,
    /** @type {number} */ top,
    /** @type {number} */ right,
    /** @type {number} */ bottom,
  ) => {
    const { width, height } = this.#size;
    this.#changed.mark({
      x: left,
      y: top,
      width: Math.min(right, width) - left,
      height: Math.min(bottom, height) - top,
    });
  };
}
