// Presenter that paints by a canvas's 2D context: putImageData straight from the frame in memory.

/** @typedef {import('./presenter.js').Presenter} Presenter */

/** @implements {Presenter} */
export class Canvas2d {
  #canvas;
  #context;

  /**
   * @param {OffscreenCanvas | HTMLCanvasElement} canvas
   * @param {() => void} lost called when the canvas has lost its content
   * @param {{ alpha: boolean }} options `alpha`: transparent where nothing is painted
   */
  constructor(canvas, lost = () => {}, { alpha } = { alpha: false }) {
    // `willReadFrequently` keeps the pixels in main memory, where they come from and where proofs read them: fastest in
    // docs' measurements. `alpha: false` spares the compositor the blending. `desynchronized` spares a canvas of the
    // page the wait for the browser's next frame; a worker's gains nothing by it. No partial frame is shown: the
    // browser takes the pixels from main memory after a whole task.
    const desynchronized = typeof HTMLCanvasElement !== 'undefined' && canvas instanceof HTMLCanvasElement;
    const settings = { alpha, willReadFrequently: true, desynchronized };
    const context = /** @type {OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D | null} */ (
      /** @type {OffscreenCanvas} */ (canvas).getContext('2d', settings)
    );
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
  }

  /** @type {Presenter['paint']} */
  paint({ bytes, x, y, width, height }, rects) {
    const image = new ImageData(bytes, width, height);
    for (const rect of rects) this.#context.putImageData(image, x, y, rect.x - x, rect.y - y, rect.width, rect.height);
  }

  /** The browser shows the canvas by itself. */
  commit() {}

  read() {
    return this.#context.getImageData(0, 0, this.#canvas.width, this.#canvas.height).data;
  }

  /** Clears the canvas, which makes it transparent. */
  clear() {
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  /** Nothing is held but the canvas, which is its owner's. */
  close() {}
}
