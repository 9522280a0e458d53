// Pictures onto a canvas by its 2D context: putImageData straight from the buffer that the bytes arrived in.

import { Shadow } from './shadow.js';

/** @typedef {import('./choose.js').Presenter} Presenter */

/** Updates in which nothing moves, after which the shadow is given up: bringing it up to date costs more. */
const UNMOVED_MAX = 8;
/** The share of the picture that one of them may write: a new shadow costs no more than so much of an old one. */
const UNMOVED_SHARE_MAX = 0.5;

/** @implements {Presenter} */
export class Canvas2d {
  #canvas;
  #context;
  #colour = -1;
  #shadow = /** @type {Shadow | null} */ (null);
  /** Updates since the last that moved something, and pixels that the present one wrote. */
  #unmoved = 0;
  #writtenPx = 0;
  #settling = /** @type {ReturnType<typeof setTimeout> | null} */ (null);

  /**
   * @param {OffscreenCanvas | HTMLCanvasElement} canvas
   * @param {() => void} lost called when the picture is gone
   * @param {{ alpha: boolean }} options `alpha`: it can be seen through where nothing is painted
   */
  constructor(canvas, lost = () => {}, { alpha } = { alpha: false }) {
    // `willReadFrequently` keeps the pixels in main memory, where they come from and where proofs read them: fastest in
    // docs' measurements. `alpha: false` spares the compositor the blending. `desynchronized` spares a canvas of the page the
    // wait for the browser's next frame; a worker's gains nothing by it. No half picture is shown for it: the browser takes
    // the pixels from main memory after a whole task.
    const desynchronized = typeof HTMLCanvasElement !== 'undefined' && canvas instanceof HTMLCanvasElement;
    const settings = { alpha, willReadFrequently: true, desynchronized };
    const context = /** @type {OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D | null} */ (
      /** @type {OffscreenCanvas} */ (canvas).getContext('2d', settings));
    if (context === null) throw new Error('no 2D context');
    this.#canvas = canvas;
    this.#context = context;
    canvas.addEventListener('contextrestored', lost);
  }

  /** Whether the browser shows what is painted without waiting for its next frame. */
  get desynchronized() {
    return /** @type {CanvasRenderingContext2D} */ (this.#context).getContextAttributes?.().desynchronized === true;
  }

  /** @param {number} width @param {number} height */
  resize(width, height) {
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#colour = -1; // A resized canvas forgets its fill style.
    this.#shadow = null;
  }

  /** @type {Presenter['raw']} */
  raw(bytes, x, y, width, height) {
    this.#context.putImageData(new ImageData(bytes, width, height), x, y);
    this.#wrote(x, y, width, height);
  }

  /** Straight from the shadow as it was, which follows when the browser has had time to show this. @type {Presenter['move']} */
  move(moves) {
    this.#settle();
    this.#shadow ??= new Shadow(this.#context.getImageData(0, 0, this.#canvas.width, this.#canvas.height));
    const { image } = this.#shadow;
    for (const { x, y, width, height, fromX, fromY } of moves) {
      this.#context.putImageData(image, x - fromX, y - fromY, fromX, fromY, width, height);
    }
    this.#shadow.moveLater(moves);
    this.#unmoved = -1;
  }

  /** @type {Presenter['solid']} */
  solid(cell, x, y, width, height) {
    const [red, green, blue] = /** @type {[number, number, number]} */ (/** @type {unknown} */ (cell));
    const colour = red << 16 | green << 8 | blue;
    if (colour !== this.#colour) {
      this.#colour = colour;
      this.#context.fillStyle = `rgb(${red},${green},${blue})`;
    }
    this.#context.fillRect(x, y, width, height);
    this.#wrote(x, y, width, height);
  }

  /** The browser shows the canvas by itself. */
  commit() {
    const isMost = this.#writtenPx > this.#canvas.width * this.#canvas.height * UNMOVED_SHARE_MAX;
    this.#writtenPx = 0;
    this.#unmoved += 1;
    if (this.#unmoved > UNMOVED_MAX || (this.#unmoved > 0 && isMost)) this.#shadow = null;
    if (this.#shadow !== null) this.#settling ??= setTimeout(() => this.#settle());
  }

  /** All of it, or a part. @param {import('../rect.js').Rect} rect */
  read(rect = { x: 0, y: 0, width: this.#canvas.width, height: this.#canvas.height }) {
    return this.#context.getImageData(rect.x, rect.y, rect.width, rect.height).data;
  }

  /** Nothing is painted any more, which can be seen through. */
  clear() {
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#shadow = null;
  }

  /** Nothing is held but the canvas, which is its owner's. */
  close() {
    this.#shadow = null;
  }

  /** @param {number} x @param {number} y @param {number} width @param {number} height */
  #wrote(x, y, width, height) {
    this.#writtenPx += width * height;
    this.#shadow?.writeLater(x, y, width, height);
  }

  /** Has the shadow follow what was painted. */
  #settle() {
    if (this.#settling !== null) clearTimeout(this.#settling);
    this.#settling = null;
    this.#shadow?.settle((x, y, width, height) => this.#context.getImageData(x, y, width, height).data);
  }
}
