// Which presenter paints: whichever uploads fastest here, found by trying both, once in the life of a page. A presenter
// takes one update's patches, shows them together, and can read back what it shows.

import { Canvas2d } from './canvas2d.js';
import { Inset } from './inset.js';
import { WebGl2 } from './webgl2.js';

/**
 * @typedef {{
 *   raw(bytes: Uint8ClampedArray<ArrayBuffer>, x: number, y: number, width: number, height: number): void,
 *   move(moves: readonly Move[]): void,
 *   solid(cell: Uint8Array<ArrayBuffer>, x: number, y: number, width: number, height: number): void,
 *   commit(): void,
 * }} Target what patches are painted on, in pixels or in cells of planes; `cell`: the four bytes of each
 * @typedef {Target & {
 *   resize(width: number, height: number): void,
 *   prepare?(bounds: import('../rect.js').Rect): Promise<void> | null,
 *   planes?(planar: import('../planar.js').Planar, size: import('../planar.js').Size): PlanesTarget | null,
 *   read(): Uint8ClampedArray<ArrayBuffer>,
 *   close(): void,
 * }} Presenter `resize` leaves an undefined picture, of pixels, or of planes where `planes` is called next, if it can show those
 *   itself; `prepare` is told what part of the picture the next update reads and writes, and a promise is waited for; `read` gives red, green, blue, 255, row by row
 * @typedef {Target & { readonly block: Uint8Array<ArrayBuffer> }} PlanesTarget `block`: all of the planes, as they came
 * @typedef {{ x: number, y: number, width: number, height: number, fromX: number, fromY: number }} Move
 *   all of an update's take their pixels from the picture as it is before the first of them
 * @typedef {import('./inset.js').Layer} Layer
 * @typedef {'2d' | 'webgl2'} PresenterName
 * @typedef {{ name: PresenterName, reason: string }} PresenterChoice
 */

const SIDE_PX = 512;
const ROUNDS = 4;
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
 * @param {() => void} lost called when the picture is gone
 * @param {Layer | null} layer
 * @returns {Presenter}
 */
function createPresenter(name, canvas, lost, layer) {
  if (name === 'webgl2') return new WebGl2(canvas, lost);
  const presenter = new Canvas2d(canvas, lost);
  // Others are shown with the page's own frames, however much of them changed.
  return layer !== null && presenter.desynchronized ? new Inset(presenter, layer, lost) : presenter;
}

/**
 * The presenter that was chosen. WebGL2 may not be there: then the 2D context, which is everywhere.
 * @param {PresenterChoice} choice
 * @param {OffscreenCanvas | HTMLCanvasElement} canvas
 * @param {() => void} lost called when the picture is gone
 * @param {Layer | null} layer over the canvas, where it lies in the page that paints
 * @returns {{ choice: PresenterChoice, presenter: Presenter }} what it came to in the end
 */
export function openPresenter(choice, canvas, lost, layer) {
  try {
    return { choice, presenter: createPresenter(choice.name, canvas, lost, layer) };
  } catch (error) {
    if (choice.name === '2d') throw error;
    // A canvas that gave no context is still free for one of another kind.
    const reason = `${choice.name} was ${choice.reason}, but: ${/** @type {Error} */ (error).message}`;
    return { choice: { name: '2d', reason }, presenter: createPresenter('2d', canvas, lost, layer) };
  }
}

/** @returns {PresenterChoice} */
function calibrate() {
  const canvas2d = fastestMs('2d');
  const webgl2 = fastestMs('webgl2');
  const name = webgl2 < canvas2d ? 'webgl2' : '2d';
  return { name, reason: `for ${SIDE_PX}x${SIDE_PX} pixels 2d ${milliseconds(canvas2d)}, webgl2 ${milliseconds(webgl2)}` };
}

/** @param {PresenterName} name */
function fastestMs(name) {
  try {
    const canvas = scratchCanvas();
    const presenter = createPresenter(name, canvas, () => {}, null);
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
  const bytes = new Uint8ClampedArray(SIDE_PX * SIDE_PX * 4).fill(255);
  presenter.resize(SIDE_PX, SIDE_PX);
  // The first drawing compiles shaders, which no later one pays for.
  presenter.raw(bytes.subarray(0, 4), 0, 0, 1, 1);
  presenter.commit();
  finish(canvas);
  const endMs = performance.now() + BUDGET_MS;
  let fastest = Infinity;
  for (let round = 0; round < ROUNDS && performance.now() < endMs; round += 1) {
    const startedMs = performance.now();
    presenter.raw(bytes, 0, 0, SIDE_PX, SIDE_PX);
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
  const gl = /** @type {WebGL2RenderingContext | null} */ (/** @type {OffscreenCanvas} */ (canvas).getContext('webgl2'));
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
