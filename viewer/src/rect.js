// Rectangles of a frame.

/** @typedef {{ x: number, y: number, width: number, height: number }} Rect in pixels, from the top left */

/** @param {Rect} outer @param {Rect} inner */
export function contains(outer, inner) {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

/** The smallest that covers both. @param {Rect} a @param {Rect} b @returns {Rect} */
export function unionOf(a, b) {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  const right = Math.max(a.x + a.width, b.x + b.width);
  const bottom = Math.max(a.y + a.height, b.y + b.height);
  return { x, y, width: right - x, height: bottom - y };
}
