// Where updates are painted: by the page, where its canvas need not wait for the browser's frames, else by the worker that
// receives them. A surface is what they are painted on, seen from the engine: the same whichever thread it is in.

import { Canvas2d } from '../present/canvas2d.js';

/**
 * @typedef {{ base: number, width: number, height: number, patches: Float64Array<ArrayBuffer> }} Painting
 *   what of an update is painted; with `base` 0 it begins a picture of that size
 * @typedef {{
 *   readonly blocks: boolean,
 *   buffer(bytes: number): ArrayBuffer,
 *   hold(buffer: ArrayBuffer): void,
 *   drop(): void,
 *   paint(update: Painting): Promise<{ paintMs: number }>,
 *   read(): Promise<Uint8ClampedArray<ArrayBuffer>>,
 *   close(): void,
 * }} Surface `blocks`: painting keeps this thread busy until it is done; `buffer` gives memory for a band, `hold` takes it
 *   back filled, in the order of the bands; `paint` paints what is held, takes the table away, and resolves when all is on the
 *   canvas; `drop` forgets what is held; `read` gives what the canvas shows after all that was painted before: red, green,
 *   blue, 255, row by row
 *
 * @typedef {'page' | 'worker'} PaintPlace
 * @typedef {{ place: PaintPlace, reason: string }} PaintChoice
 */

/**
 * @param {{ wanted: PaintPlace | 'auto', presenter: import('../present/choose.js').PresenterName, desynchronized: boolean }} facts
 * @returns {PaintChoice}
 */
export function choosePaintPlace({ wanted, presenter, desynchronized }) {
  if (wanted !== 'auto') return { place: wanted, reason: 'asked for' };
  if (presenter !== '2d') return { place: 'worker', reason: 'the page paints by 2d only' };
  if (!desynchronized) return { place: 'worker', reason: 'no desynchronized canvas here' };
  return { place: 'page', reason: 'its canvas is desynchronized' };
}

/** Whether this page's canvases are. Asked of one of its own, since a canvas that has a context cannot be given away. */
export function hasDesynchronized() {
  try {
    return new Canvas2d(document.createElement('canvas')).desynchronized;
  } catch {
    return false;
  }
}
