// Probe whether pixels read from a canvas are unaltered: some browsers falsify them against fingerprinting. A known
// pattern is painted and read back, once in the life of a page. If it is altered, proofs are of the frame in memory.

/** @typedef {{ canRead: boolean, reason: string }} CanvasReads `reason`: why not, for people */

/** Large enough that a browser that alters a pixel here and there alters one of these. */
const SIDE_PX = 64;

/** @type {CanvasReads | null} */
let remembered = null;

export function canvasReads() {
  remembered ??= probe(newCanvas);
  return remembered;
}

/** @param {() => OffscreenCanvas | HTMLCanvasElement} create a canvas of that side @returns {CanvasReads} */
export function probe(create) {
  try {
    const context = /** @type {CanvasRenderingContext2D | null} */ (
      create().getContext('2d', { alpha: false, willReadFrequently: true })
    );
    if (context === null) return { canRead: false, reason: 'this browser has no 2D canvas to read' };
    const pattern = newPattern();
    context.putImageData(new ImageData(pattern, SIDE_PX, SIDE_PX), 0, 0);
    const read = context.getImageData(0, 0, SIDE_PX, SIDE_PX).data;
    const isSame = read.every((byte, at) => byte === pattern[at]);
    return isSame
      ? { canRead: true, reason: '' }
      : { canRead: false, reason: 'this browser alters what is read from a canvas' };
  } catch (error) {
    return { canRead: false, reason: `this browser lets no canvas be read: ${/** @type {Error} */ (error).message}` };
  }
}

/** Every value of a byte, in no regular order, opaque. */
function newPattern() {
  const bytes = new Uint8ClampedArray(SIDE_PX * SIDE_PX * 4);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = at % 4 === 3 ? 255 : at * 7 + (at >> 8) * 13;
  return bytes;
}

function newCanvas() {
  if (typeof OffscreenCanvas !== 'undefined') return new OffscreenCanvas(SIDE_PX, SIDE_PX);
  return Object.assign(document.createElement('canvas'), { width: SIDE_PX, height: SIDE_PX });
}
