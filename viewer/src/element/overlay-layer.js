// The canvas for changes that keep to one place (present/overlay-canvas.js), as it lies in the page: over a part of the
// frame.

/**
 * @typedef {import('./layout.js').Place} Place
 * @typedef {import('../present/presenter.js').Layer} Layer
 * @typedef {import('../rect.js').Rect} Rect
 */

/** A browser lays out in parts of a CSS pixel: what is a whole number of them falls exactly where it is put. */
const LAYOUT_UNITS = 64;

/** @implements {Layer} */
export class OverlayLayer {
  canvas = document.createElement('canvas');
  refused = () => {};
  #rect = /** @type {Rect | null} */ (null);
  #place = /** @type {Place | null} */ (null);

  constructor() {
    this.canvas.className = 'overlay-canvas';
    this.canvas.hidden = true;
    this.canvas.setAttribute('aria-hidden', 'true'); // The picture's canvas speaks for both.
  }

  /** @param {Rect} rect of the frame */
  show(rect) {
    if (this.#place === null || !isExact(this.#place)) return false;
    this.#rect = rect;
    this.#position(rect, this.#place);
    this.canvas.hidden = false;
    return true;
  }

  hide() {
    this.#rect = null;
    this.canvas.hidden = true;
  }

  /** @param {Place} place of the frame */
  follow(place) {
    this.#place = place;
    if (this.#rect === null) return;
    this.#position(this.#rect, place);
    if (!isExact(place)) this.refused();
  }

  /** @param {Rect} rect @param {Place} place */
  #position({ x, y, width, height }, place) {
    const cssPxPerPx = place.scale / devicePixelRatio;
    Object.assign(this.canvas.style, {
      left: `${place.leftCssPx + x * cssPxPerPx}px`,
      top: `${place.topCssPx + y * cssPxPerPx}px`,
      width: `${width * cssPxPerPx}px`,
      height: `${height * cssPxPerPx}px`,
    });
  }
}

/**
 * Whether each of the frame's pixels is a whole number of the screen's, and lies where layout can say.
 * @param {Place} place
 */
function isExact({ scale }) {
  return Number.isInteger(scale) && Number.isInteger((scale / devicePixelRatio) * LAYOUT_UNITS);
}
