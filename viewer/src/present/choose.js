// Which presenter paints: whichever uploads fastest here, found by trying both, once in the life of a page. A presenter
// takes parts of the picture in memory, shows them together, and can read back what it shows.

import { Canvas2d } from './canvas2d.js';
import { Inset } from './inset.js';
import { WebGl2 } from './webgl2.js';

/**
 * @typedef {import('../rect.js').Rect} Rect
 * @typedef {{ bytes: Uint8ClampedArray<ArrayBuffer>, x: number, y: number, width: number, height: number }} Pixels
 *   pixels of that part of a picture, row by row, or cells of planes; four bytes each
 * @typedef {{ paint(pixels: Pixels, rects: readonly Rect[]): void, commit(): void }} Target
 *   `paint` takes parts of a picture, each within `pixels`; `commit` shows together what was painted since the last
 * @typedef {Target & {
 *   resize(width: number, height: number): void,
 *   prepare?(bounds: Rect): Promise<void> | null,
 *   planes?(planar: import('../decode/planar.js').Planar, size: import('../decode/planar.js').Size): PlanesTarget |
 *     null,
 *   read(): Uint8ClampedArray<ArrayBuffer>,
 *   close(): void,
 * }} Presenter `resize` leaves an undefined picture, of pixels, or of planes where `planes` is called next, if it can
 *   show those itself; `prepare` is told what part of the picture the next update writes, and a promise is waited for;
 *   `read` gives red, green, blue, 255 of what is shown, row by row, for proofs only
 * @typedef {Target} PlanesTarget is painted cells of a picture in planes
 * @typedef {{ pixels(rect: Rect): Pixels, lost(): void }} Shown the picture that is shown: `pixels` of it, around a
 *   rectangle; `lost`: the canvas has lost what it showed
 * @typedef {import('./inset.js').Layer} Layer
 * @typedef {'2d' | 'webgl2'} PresenterName
 * @typedef {{ name: PresenterName, reason: string }} PresenterChoice
 */

const SIDE_PX = 512;
const ROUNDS = 4;
/** @type {Shown} */
const NOTHING_SHOWN = {
  pixels: rect => ({ bytes: new Uint8ClampedArray(rect.width * rect.height * 4), ...rect }),
  lost: () => {},
};
/** For each presenter; both together are to be done before anyone sees that the page waits. */
const BUDGET_MS = 15;

/** @type {PresenterChoice | null} */
let remembered = null;

/**
 * @param {PresenterName | 'auto'} wanted
 * @returns {PresenterChoice}
 */
export function choosePresenter(wanted) {
  if (wanted !== 'auto') return { name: wanted, reason: 'asked for' };
  remembered ??= calibrate();
  return remembered;
}

/**
 * @param {PresenterName} name
 * @param {OffscreenCanvas | HTMLCanvasElement} canvas
 * @param {Shown} picture
 * @param {Layer | null} layer
 * @returns {Presenter}
 */
function createPresenter(name, canvas, picture, layer) {
  const lost = () => picture.lost();
  if (name === 'webgl2') return new WebGl2(canvas, lost);
  const presenter = new Canvas2d(canvas, lost);
  // Others are shown with the page's own frames, however much of them changed.
  return layer !== null && presenter.desynchronized ? new Inset(presenter, layer, picture) : presenter;
}

/**
 * The presenter that was chosen. WebGL2 may not be there: then the 2D context, which is everywhere.
 * @param {PresenterChoice} choice
 * @param {OffscreenCanvas | HTMLCanvasElement} canvas
 * @param {Shown} picture
 * @param {Layer | null} layer over the canvas, where it lies in the page that paints
 * @returns {{ choice: PresenterChoice, presenter: Presenter }} what it came to in the end
 */
export function openPresenter(choice, canvas, picture, layer) {
  try {
    return { choice, presenter: createPresenter(choice.name, canvas, picture, layer) };
  } catch (error) {
    if (choice.name === '2d') throw error;
    // A canvas that gave no context is still free for one of another kind.
    const reason = `${choice.name} was ${choice.reason}, but: ${/** @type {Error} */ (error).message}`;
    return { choice: { name: '2d', reason }, presenter: createPresenter('2d', canvas, picture, layer) };
  }
}

/** @returns {PresenterChoice} */
function calibrate() {
  const canvas2d = fastestMs('2d');
  const webgl2 = fastestMs('webgl2');
  const name = webgl2 < canvas2d ? 'webgl2' : '2d';
  return {
    name,
    reason: `for ${SIDE_PX}x${SIDE_PX} pixels 2d ${milliseconds(canvas2d)}, webgl2 ${milliseconds(webgl2)}`,
  };
}

/** @param {PresenterName} name */
function fastestMs(name) {
  try {
    const canvas = scratchCanvas();
    const presenter = createPresenter(name, canvas, NOTHING_SHOWN, null);
    try {
      return fastestUploadMs(presenter, canvas);
    } finally {
      presenter.close();
    }
  } catch {
    return Infinity;
  }
}

/** @param {Presenter} presenter @param {OffscreenCanvas | HTMLCanvasElement} canvas */
function fastestUploadMs(presenter, canvas) {
  const all = { x: 0, y: 0, width: SIDE_PX, height: SIDE_PX };
  const pixels = { bytes: new Uint8ClampedArray(SIDE_PX * SIDE_PX * 4).fill(255), ...all };
  presenter.resize(SIDE_PX, SIDE_PX);
  // The first drawing compiles shaders, which no later one pays for.
  presenter.paint(pixels, [{ x: 0, y: 0, width: 1, height: 1 }]);
  presenter.commit();
  finish(canvas);
  const endMs = performance.now() + BUDGET_MS;
  let fastest = Infinity;
  for (let round = 0; round < ROUNDS && performance.now() < endMs; round += 1) {
    const startedMs = performance.now();
    presenter.paint(pixels, [all]);
    presenter.commit();
    finish(canvas);
    fastest = Math.min(fastest, performance.now() - startedMs);
  }
  return fastest;
}

/**
 * WebGL only queues its work: reading one pixel waits until it is done.
 * @param {OffscreenCanvas | HTMLCanvasElement} canvas
 */
function finish(canvas) {
  const gl = /** @type {WebGL2RenderingContext | null} */ (
    /** @type {OffscreenCanvas} */ (canvas).getContext('webgl2')
  );
  gl?.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
}

function scratchCanvas() {
  if (typeof OffscreenCanvas !== 'undefined') return new OffscreenCanvas(SIDE_PX, SIDE_PX);
  return Object.assign(document.createElement('canvas'), { width: SIDE_PX, height: SIDE_PX });
}

/** Browsers blur their clocks: what was too short to measure was not nothing. @param {number} ms */
function milliseconds(ms) {
  if (!Number.isFinite(ms)) return 'not there';
  return ms < 0.1 ? 'under 0.1 ms' : `${ms.toFixed(1)} ms`;
}
