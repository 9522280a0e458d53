// The source's pointer, on a small canvas of its own: it moves without repainting the frame, and is clipped to it.

/**
 * @typedef {import('../protocol/messages.js').CursorShape} CursorShape
 * @typedef {import('./layout.js').Place} Place
 * @typedef {{ left: number, top: number, width: number, height: number }} Part of a shape, in its pixels
 */

export class CursorLayer {
  canvas = document.createElement('canvas');
  #shape = /** @type {CursorShape | null} */ (null);
  #at = { x: 0, y: 0, serial: 0 };
  #place = /** @type {Place | null} */ (null);
  #picture = { width: 0, height: 0 };
  /** Part of which shape is on the canvas. */
  #drawn = { serial: 0, left: 0, top: 0, width: 0, height: 0 };

  constructor() {
    this.canvas.className = 'cursor';
    this.canvas.hidden = true;
    this.canvas.setAttribute('aria-hidden', 'true');
  }

  /** @param {CursorShape} shape */
  shape(shape) {
    // An empty layer would still have to be composited over every frame.
    this.#shape = isVisible(shape) ? shape : null;
    // Another run of the server may have given this serial to another shape.
    this.#drawn.serial = 0;
    this.#position();
  }

  /**
   * @param {number} x of the hotspot, in the frame
   * @param {number} y
   * @param {number} serial of its shape; 0: hidden
   */
  at(x, y, serial) {
    this.#at = { x, y, serial };
    this.#position();
  }

  hide() {
    this.at(0, 0, 0);
  }

  /**
   * @param {Place} place of the frame
   * @param {{ width: number, height: number }} picture its size in its own pixels
   */
  follow(place, picture) {
    this.#place = place;
    this.#picture = picture;
    this.#position();
  }

  #position() {
    const [shape, place, { x, y, serial }] = [this.#shape, this.#place, this.#at];
    const { canvas } = this;
    // The shape comes before the first position that uses it; a position of another shape has none to show.
    const part =
      shape !== null && serial !== 0 && serial === shape.serial ? partInside(shape, x, y, this.#picture) : null;
    canvas.hidden = shape === null || place === null || part === null;
    if (shape === null || place === null || part === null) return;
    this.#draw(shape, part);
    const cssPxPerPx = place.scale / devicePixelRatio;
    Object.assign(canvas.style, {
      left: `${place.leftCssPx + (x - shape.hotX + part.left) * cssPxPerPx}px`,
      top: `${place.topCssPx + (y - shape.hotY + part.top) * cssPxPerPx}px`,
      width: `${part.width * cssPxPerPx}px`,
      height: `${part.height * cssPxPerPx}px`,
    });
  }

  /**
   * The canvas has the part that shows and no more: one that reached past the frame would also widen what can be
   * scrolled.
   * @param {CursorShape} shape
   * @param {Part} part
   */
  #draw(shape, part) {
    const { left, top, width, height } = part;
    const drawn = this.#drawn;
    if (
      drawn.serial === shape.serial &&
      drawn.left === left &&
      drawn.top === top &&
      drawn.width === width &&
      drawn.height === height
    )
      return;
    this.#drawn = { serial: shape.serial, ...part };
    Object.assign(this.canvas, { width, height });
    this.canvas.getContext('2d')?.putImageData(new ImageData(shape.rgba, shape.width, shape.height), -left, -top);
  }
}

/**
 * Returns the part of a pointer's shape that lies within the frame; null if none does.
 * @param {{ width: number, height: number, hotX: number, hotY: number }} shape
 * @param {number} x of the hotspot, in the frame
 * @param {number} y
 * @param {{ width: number, height: number }} picture
 * @returns {Part | null}
 */
export function partInside(shape, x, y, picture) {
  const [leftInPicture, topInPicture] = [x - shape.hotX, y - shape.hotY];
  const left = Math.max(0, -leftInPicture);
  const top = Math.max(0, -topInPicture);
  const width = Math.min(shape.width, picture.width - leftInPicture) - left;
  const height = Math.min(shape.height, picture.height - topInPicture) - top;
  return width > 0 && height > 0 ? { left, top, width, height } : null;
}

/** Whether any pixel is visible. @param {CursorShape} shape */
function isVisible({ rgba }) {
  return rgba.some((value, at) => at % 4 === 3 && value !== 0);
}
