// Selection of the presenter: the one of the table that uploads fastest here, measured once in the life of a page.

import { PRESENTERS } from './table.js';

/**
 * @typedef {import('./presenter.js').Layer} Layer
 * @typedef {import('./presenter.js').Presenter} Presenter
 * @typedef {import('./presenter.js').Shown} Shown
 * @typedef {import('./table.js').PresenterName} PresenterName
 * @typedef {OffscreenCanvas | HTMLCanvasElement} Canvas
 */

/**
 * @template {string} [Name=PresenterName]
 * @typedef {{ name: Name, reason: string }} PresenterChoice
 */

/**
 * @template {string} Name
 * @typedef {readonly [Row<Name>, ...Row<Name>[]]} Table the first row is the fallback
 */

/**
 * @template {string} Name
 * @typedef {{ name: Name, open: import('./presenter.js').Open }} Row
 */

/** Side of the square that is uploaded to measure: large enough to outlast the call itself. */
const SIDE_PX = 512;
/** Uploads measured of each presenter; the fastest counts. */
const ROUNDS = 4;
/** Time to measure one presenter: all of them must finish before anyone notices a delay. */
const BUDGET_MS = 15;
/** @type {Shown} */
const NOTHING_SHOWN = {
  pixels: rect => ({ bytes: new Uint8ClampedArray(rect.width * rect.height * 4), ...rect }),
  lost: () => {},
};

/** @type {PresenterChoice | null} */
let remembered = null;

/**
 * @param {PresenterName | 'auto'} wanted
 * @returns {PresenterChoice}
 */
export function choosePresenter(wanted) {
  if (wanted !== 'auto') return { name: wanted, reason: 'asked for' };
  remembered ??= calibrate(PRESENTERS, scratchCanvas);
  return remembered;
}

/**
 * Opens the selected presenter, or the fallback if this canvas does not support it.
 * @param {PresenterChoice} choice
 * @param {Canvas} canvas
 * @param {Shown} shown
 * @param {Layer | null} layer over the canvas, in a page that paints itself
 * @returns {{ choice: PresenterChoice, presenter: Presenter }} `choice`: the presenter that was opened
 */
export function openPresenter(choice, canvas, shown, layer) {
  const [fallback] = PRESENTERS;
  const row = PRESENTERS.find(({ name }) => name === choice.name) ?? fallback;
  try {
    return { choice, presenter: row.open(canvas, shown, layer) };
  } catch (error) {
    if (row === fallback) throw error;
    // A canvas that gave no context is still free for one of another kind.
    const reason = `${choice.name} was ${choice.reason}, but: ${/** @type {Error} */ (error).message}`;
    return { choice: { name: fallback.name, reason }, presenter: fallback.open(canvas, shown, layer) };
  }
}

/**
 * Measures the presenters of a table and selects the fastest.
 * @template {string} Name
 * @param {Table<Name>} table
 * @param {(sidePx: number) => Canvas} newCanvas
 * @returns {PresenterChoice<Name>}
 */
export function calibrate(table, newCanvas) {
  const measured = table.map(({ name, open }) => ({ name, ms: fastestMs(open, newCanvas) }));
  const fastest = measured.reduce((best, each) => (each.ms < best.ms ? each : best));
  const results = measured.map(({ name, ms }) => `${name} ${milliseconds(ms)}`);
  return { name: fastest.name, reason: `for ${SIDE_PX}x${SIDE_PX} pixels ${results.join(', ')}` };
}

/**
 * @param {import('./presenter.js').Open} open
 * @param {(sidePx: number) => Canvas} newCanvas
 */
function fastestMs(open, newCanvas) {
  try {
    const presenter = open(newCanvas(SIDE_PX), NOTHING_SHOWN, null);
    try {
      return fastestUploadMs(presenter);
    } finally {
      presenter.close();
    }
  } catch {
    return Infinity;
  }
}

/** @param {Presenter} presenter */
function fastestUploadMs(presenter) {
  const all = { x: 0, y: 0, width: SIDE_PX, height: SIDE_PX };
  const pixels = { bytes: new Uint8ClampedArray(SIDE_PX * SIDE_PX * 4).fill(255), ...all };
  presenter.resize(SIDE_PX, SIDE_PX);
  // The first drawing compiles shaders, which no later one pays for.
  presenter.paint(pixels, [{ x: 0, y: 0, width: 1, height: 1 }]);
  presenter.commit();
  presenter.finish?.();
  const endMs = performance.now() + BUDGET_MS;
  let fastest = Infinity;
  for (let round = 0; round < ROUNDS && performance.now() < endMs; round += 1) {
    const startedMs = performance.now();
    presenter.paint(pixels, [all]);
    presenter.commit();
    presenter.finish?.();
    fastest = Math.min(fastest, performance.now() - startedMs);
  }
  return fastest;
}

/** @param {number} sidePx @returns {Canvas} */
function scratchCanvas(sidePx) {
  if (typeof OffscreenCanvas !== 'undefined') return new OffscreenCanvas(sidePx, sidePx);
  return Object.assign(document.createElement('canvas'), { width: sidePx, height: sidePx });
}

/** Text of a duration. Browsers blur their clocks: a duration below the resolution is not zero. @param {number} ms */
function milliseconds(ms) {
  if (!Number.isFinite(ms)) return 'not there';
  return ms < 0.1 ? 'under 0.1 ms' : `${ms.toFixed(1)} ms`;
}
