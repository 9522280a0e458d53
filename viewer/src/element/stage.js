// The stage: the canvases of the frame, placed in the element as its fit asks.

import { CursorLayer } from './cursor.js';
import { place } from './layout.js';

/**
 * @typedef {import('./layout.js').Fit} Fit
 * @typedef {import('./layout.js').Place} Place
 * @typedef {import('./overlay-layer.js').OverlayLayer} OverlayLayer
 * @typedef {{ width: number, height: number }} Size
 */

/** Time that a canvas stays behind the one that takes its place: some frames of a browser that is busy. */
const BEHIND_MS = 1000;

export class Stage {
  root = document.createElement('div');
  cursor = new CursorLayer();
  #canvas = /** @type {HTMLCanvasElement | null} */ (null);
  #overlayLayer = /** @type {OverlayLayer | null} */ (null);
  #place = /** @type {Place | null} */ (null);
  #size = /** @type {Size} */ ({ width: 0, height: 0 });

  constructor() {
    this.root.className = 'stage';
    this.root.part.add('stage');
  }

  /** Size of the frame that was laid out last. */
  get size() {
    return this.#size;
  }

  /** Where the frame lies; `null` before there is one. */
  get place() {
    return this.#place;
  }

  /**
   * Shows a canvas instead of the one before, which stays behind it for a while if both are in the page: what a worker
   * has painted may be composed some frames later.
   * @param {HTMLCanvasElement} canvas
   * @param {OverlayLayer} overlayLayer
   */
  mount(canvas, overlayLayer) {
    const previous = this.#canvas;
    [this.#canvas, this.#overlayLayer] = [canvas, overlayLayer];
    if (canvas.parentNode !== this.root) {
      this.root.replaceChildren(canvas, overlayLayer.canvas, this.cursor.canvas);
      return;
    }
    canvas.style.visibility = '';
    setTimeout(() => previous?.remove(), BEHIND_MS);
  }

  /**
   * Adds a canvas above the one that is shown, in the same place. It is hidden until it is mounted.
   * @param {HTMLCanvasElement} canvas
   */
  mountAbove(canvas) {
    canvas.style.cssText = this.#canvas?.style.cssText ?? '';
    canvas.style.visibility = 'hidden';
    this.#canvas?.after(canvas);
  }

  /** Removes the canvases, which belong to a source that is left. */
  clear() {
    this.cursor.hide();
    this.root.replaceChildren();
    this.#canvas = this.#overlayLayer = this.#place = null;
  }

  /**
   * Places the canvases. Returns `null` if there is no frame yet.
   * @param {Fit} fit
   * @param {Size} size of the frame
   */
  layOut(fit, size) {
    this.#size = size;
    if (this.#canvas === null || size.width === 0) return null;
    const placed = place(fit, size, this.root.getBoundingClientRect(), devicePixelRatio);
    this.#place = placed;
    const style = {
      left: `${placed.leftCssPx}px`,
      top: `${placed.topCssPx}px`,
      width: `${placed.widthCssPx}px`,
      height: `${placed.heightCssPx}px`,
    };
    for (const canvas of this.root.querySelectorAll('canvas.picture'))
      Object.assign(/** @type {HTMLCanvasElement} */ (canvas).style, style);
    this.#overlayLayer?.follow(placed);
    this.cursor.follow(placed, size);
    return placed;
  }
}
