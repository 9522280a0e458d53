// The source's pointer, on a small canvas of its own: it moves without a repaint of the picture.

/**
 * @typedef {import('./protocol.js').CursorShape} CursorShape
 * @typedef {import('./layout.js').Place} Place
 */

export class CursorLayer {
  canvas = document.createElement('canvas');
  #shape = /** @type {CursorShape | null} */ (null);
  #at = { x: 0, y: 0, serial: 0 };
  #place = /** @type {Place | null} */ (null);

  constructor() {
    this.canvas.className = 'cursor';
    this.canvas.hidden = true;
    this.canvas.setAttribute('aria-hidden', 'true');
  }

  /** @param {CursorShape} shape */
  shape(shape) {
    // A layer of nothing would still have to be drawn over every picture.
    this.#shape = isVisible(shape) ? shape : null;
    const { width, height, rgba } = shape;
    if (width > 0 && height > 0) {
      Object.assign(this.canvas, { width, height });
      this.canvas.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
    }
    this.#position();
  }

  /** @param {number} x of the hotspot, in the picture @param {number} y @param {number} serial of its shape; 0: hidden */
  at(x, y, serial) {
    this.#at = { x, y, serial };
    this.#position();
  }

  hide() {
    this.at(0, 0, 0);
  }

  /** @param {Place} place of the picture */
  follow(place) {
    this.#place = place;
    this.#position();
  }

  #position() {
    const [shape, place, { x, y, serial }] = [this.#shape, this.#place, this.#at];
    const { canvas } = this;
    // The shape comes before the first position that uses it; a position of another shape has none to show.
    canvas.hidden = shape === null || place === null || serial === 0 || serial !== shape.serial || shape.width * shape.height === 0;
    if (canvas.hidden || shape === null || place === null) return;
    const cssPxPerPx = place.scale / devicePixelRatio;
    Object.assign(canvas.style, {
      left: `${place.leftCssPx + (x - shape.hotX) * cssPxPerPx}px`,
      top: `${place.topCssPx + (y - shape.hotY) * cssPxPerPx}px`,
      width: `${shape.width * cssPxPerPx}px`,
      height: `${shape.height * cssPxPerPx}px`,
    });
  }
}

/** Whether any pixel shows. @param {CursorShape} shape */
function isVisible({ rgba }) {
  return rgba.some((value, at) => at % 4 === 3 && value !== 0);
}
