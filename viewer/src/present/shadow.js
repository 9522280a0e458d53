// A copy of the picture in memory, kept while parts of it move: painting them from there is several times as fast as having
// the canvas copy itself. It is of the picture before, as long as it has not followed.

/** @typedef {import('./choose.js').Move} Move */

export class Shadow {
  /** The picture, but for what it has not followed. */
  image;
  #moves = /** @type {readonly Move[]} */ ([]);
  #written = /** @type {{ x: number, y: number, width: number, height: number }[]} */ ([]);
  #bytes;
  #stride;

  /** @param {ImageData} image */
  constructor(image) {
    this.image = image;
    this.#bytes = image.data;
    this.#stride = image.width * 4;
  }

  /** These are to be done when it follows; all before them is. @param {readonly Move[]} moves */
  moveLater(moves) {
    this.#moves = moves;
  }

  /** This was written since, and is to be taken over when it follows. @param {number} x @param {number} y @param {number} width @param {number} height */
  writeLater(x, y, width, height) {
    this.#written.push({ x, y, width, height });
  }

  /**
   * Follows.
   * @param {(x: number, y: number, width: number, height: number) => Uint8ClampedArray} read what the canvas shows by now
   */
  settle(read) {
    if (this.#moves.length > 0) this.#move(this.#moves);
    for (const { x, y, width, height } of this.#written) this.#write(read(x, y, width, height), x, y, width, height);
    this.#moves = [];
    this.#written = [];
  }

  /** @param {Uint8ClampedArray} bytes @param {number} x @param {number} y @param {number} width @param {number} height */
  #write(bytes, x, y, width, height) {
    const row = width * 4;
    let at = y * this.#stride + x * 4;
    if (row === this.#stride) this.#bytes.set(bytes, at);
    else for (let from = 0; from < height * row; from += row, at += this.#stride) this.#bytes.set(bytes.subarray(from, from + row), at);
  }

  /** All read the picture as it is before the first. @param {readonly Move[]} moves at least one */
  #move(moves) {
    const first = /** @type {Move} */ (moves[0]);
    const [byX, byY] = [first.fromX - first.x, first.fromY - first.y];
    if (moves.every(({ x, y, fromX, fromY }) => fromX - x === byX && fromY - y === byY)) this.#shift(moves, byX, byY);
    else this.#scatter(moves);
  }

  /**
   * All the same way: row by row from the end at which nothing is overwritten that is still to be read.
   * @param {readonly Move[]} moves
   * @param {number} byX
   * @param {number} byY
   */
  #shift(moves, byX, byY) {
    const forwards = byY > 0 || (byY === 0 && byX > 0);
    const inOrder = [...moves].sort((a, b) => forwards ? a.x - b.x : b.x - a.x);
    const top = Math.min(...moves.map(move => move.y)), bottom = Math.max(...moves.map(move => move.y + move.height));
    for (let row = 0; row < bottom - top; row += 1) {
      const y = forwards ? top + row : bottom - 1 - row;
      for (const move of inOrder) {
        if (y < move.y || y >= move.y + move.height) continue;
        const from = (y + byY) * this.#stride + move.fromX * 4;
        this.#bytes.copyWithin(y * this.#stride + move.x * 4, from, from + move.width * 4);
      }
    }
  }

  /** By way of a copy, as any may overwrite what another reads. @param {readonly Move[]} moves */
  #scatter(moves) {
    const before = this.#bytes.slice();
    for (const { x, y, width, height, fromX, fromY } of moves) {
      for (let row = 0; row < height; row += 1) {
        const from = (fromY + row) * this.#stride + fromX * 4;
        this.#bytes.set(before.subarray(from, from + width * 4), (y + row) * this.#stride + x * 4);
      }
    }
  }
}
