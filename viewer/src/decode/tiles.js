// Set of marked tiles of a frame: written by an update, missing in a buffer, or to be painted again.

/** @typedef {import('../rect.js').Rect} Rect */

export class TileMap {
  #width;
  #height;
  #tileWidth;
  #tileHeight;
  #columns;
  #marks;

  /**
   * @param {number} width of the frame, in whatever unit rectangles are given
   * @param {number} height
   * @param {number} tileWidth
   * @param {number} tileHeight
   */
  constructor(width, height, tileWidth, tileHeight) {
    this.#width = width;
    this.#height = height;
    this.#tileWidth = tileWidth;
    this.#tileHeight = tileHeight;
    this.#columns = Math.ceil(width / tileWidth);
    this.#marks = new Uint8Array(this.#columns * Math.ceil(height / tileHeight));
  }

  clear() {
    this.#marks.fill(0);
  }

  markAll() {
    this.#marks.fill(1);
  }

  /** Marks every tile that the rectangle touches. @param {Rect} rect within the frame, not empty */
  mark({ x, y, width, height }) {
    const left = Math.floor(x / this.#tileWidth);
    const right = Math.floor((x + width - 1) / this.#tileWidth);
    const bottom = Math.floor((y + height - 1) / this.#tileHeight);
    for (let row = Math.floor(y / this.#tileHeight); row <= bottom; row += 1) {
      this.#marks.fill(1, row * this.#columns + left, row * this.#columns + right + 1);
    }
  }

  /** Marks all that `other`, of the same frame, has marked. @param {TileMap} other */
  add(other) {
    for (let tile = 0; tile < this.#marks.length; tile += 1)
      this.#marks[tile] = Number(this.#marks[tile]) | Number(other.#marks[tile]);
  }

  /** Takes away all that `other`, of the same frame, has marked. @param {TileMap} other */
  subtract(other) {
    for (let tile = 0; tile < this.#marks.length; tile += 1)
      this.#marks[tile] = Number(this.#marks[tile]) & ~Number(other.#marks[tile]);
  }

  /** Tiles that the rectangle touches, are not marked, and reach beyond it. @param {Rect} rect @returns {Rect[]} */
  unmarkedEdges(rect) {
    if (this.#isAligned(rect)) return [];
    const edges = [];
    const right = rect.x + rect.width;
    const bottom = rect.y + rect.height;
    for (let row = Math.floor(rect.y / this.#tileHeight); row * this.#tileHeight < bottom; row += 1) {
      for (let column = Math.floor(rect.x / this.#tileWidth); column * this.#tileWidth < right; column += 1) {
        const tile = this.#tile(column, column + 1, row);
        const isWithin =
          tile.x >= rect.x && tile.y >= rect.y && tile.x + tile.width <= right && tile.y + tile.height <= bottom;
        if (!isWithin && this.#marks[row * this.#columns + column] === 0) edges.push(tile);
      }
    }
    return edges;
  }

  /**
   * What is marked, as rectangles that do not overlap: tiles of a row side by side together, and rows that are marked
   * alike.
   * @returns {Rect[]}
   */
  rects() {
    const rects = /** @type {Rect[]} */ ([]);
    let above = /** @type {Rect[]} */ ([]);
    for (let row = 0; row * this.#columns < this.#marks.length; row += 1) {
      const runs = this.#runs(row);
      const isAlike =
        runs.length === above.length &&
        runs.every((run, index) => run.x === above[index]?.x && run.width === above[index]?.width);
      if (isAlike) for (const [index, rect] of above.entries()) rect.height += /** @type {Rect} */ (runs[index]).height;
      else rects.push(...(above = runs));
    }
    return rects;
  }

  /** Runs of marked tiles in a row. @param {number} row */
  #runs(row) {
    const runs = /** @type {Rect[]} */ ([]);
    const start = row * this.#columns;
    const end = start + this.#columns;
    for (let tile = this.#marks.indexOf(1, start); tile >= 0 && tile < end;) {
      const first = tile;
      while (tile < end && this.#marks[tile] === 1) tile += 1;
      runs.push(this.#tile(first - start, tile - start, row));
      tile = this.#marks.indexOf(1, tile);
    }
    return runs;
  }

  /**
   * Tiles of a row from column `first` up to `end`, cut off where the frame ends.
   * @param {number} first
   * @param {number} end
   * @param {number} row
   * @returns {Rect}
   */
  #tile(first, end, row) {
    const x = first * this.#tileWidth;
    const y = row * this.#tileHeight;
    return {
      x,
      y,
      width: Math.min(end * this.#tileWidth, this.#width) - x,
      height: Math.min(y + this.#tileHeight, this.#height) - y,
    };
  }

  /** @param {Rect} rect */
  #isAligned({ x, y, width, height }) {
    const right = x + width;
    const bottom = y + height;
    return (
      x % this.#tileWidth === 0 &&
      y % this.#tileHeight === 0 &&
      (right % this.#tileWidth === 0 || right === this.#width) &&
      (bottom % this.#tileHeight === 0 || bottom === this.#height)
    );
  }
}
