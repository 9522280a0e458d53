// Place of a frame in its box, in whole device pixels: arithmetic only, no DOM.

/**
 * @typedef {'exact' | 'contain' | 'integer'} Fit
 * @typedef {{ leftCssPx: number, topCssPx: number, widthCssPx: number, heightCssPx: number, scale: number, cropped:
 *   boolean }} Place relative to the box; `scale` is device pixels per pixel of the frame
 */

/** @type {readonly Fit[]} */
export const FITS = ['exact', 'contain', 'integer'];

/**
 * @param {Fit} fit
 * @param {{ width: number, height: number }} picture
 * @param {{ left: number, top: number, width: number, height: number }} box in CSS pixels, as getBoundingClientRect
 *   gives it
 * @param {number} devicePixelRatio
 * @returns {Place}
 */
export function place(fit, picture, box, devicePixelRatio) {
  const roomPx = { width: box.width * devicePixelRatio, height: box.height * devicePixelRatio };
  const scale = scaleOf(fit, Math.min(roomPx.width / picture.width, roomPx.height / picture.height));
  const widthPx = Math.round(picture.width * scale);
  const heightPx = Math.round(picture.height * scale);
  return {
    leftCssPx: offsetCssPx(box.left, roomPx.width, widthPx, devicePixelRatio),
    topCssPx: offsetCssPx(box.top, roomPx.height, heightPx, devicePixelRatio),
    widthCssPx: widthPx / devicePixelRatio,
    heightCssPx: heightPx / devicePixelRatio,
    scale,
    // A fraction of a pixel is the rounding of CSS lengths, not a missing column.
    cropped: widthPx >= roomPx.width + 1 || heightPx >= roomPx.height + 1,
  };
}

/** @param {Fit} fit @param {number} filling the scale at which the frame just fits */
function scaleOf(fit, filling) {
  if (fit === 'contain') return filling;
  if (fit === 'integer') return Math.max(1, Math.floor(filling));
  return 1;
}

/**
 * Offset that centres, or 0 if the frame is larger than the box; on a whole device pixel even if the box is not.
 * @param {number} startCssPx of the box, in the window
 * @param {number} roomPx
 * @param {number} sizePx
 * @param {number} devicePixelRatio
 */
function offsetCssPx(startCssPx, roomPx, sizePx, devicePixelRatio) {
  const startPx = startCssPx * devicePixelRatio;
  const middlePx = Math.max(0, Math.floor((roomPx - sizePx) / 2));
  return (Math.round(startPx) + middlePx - startPx) / devicePixelRatio;
}
