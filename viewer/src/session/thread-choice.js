// Which thread receives and paints: the page's, where its canvas need not wait for the browser's frames, else a worker.
// Not both: a message from one to the other takes as long as painting a window does.

import { isChromium } from '../browser-engine.js';
import { Canvas2d } from '../present/canvas2d.js';

/**
 * @typedef {'page' | 'worker'} Thread
 * @typedef {{ thread: Thread, reason: string }} ThreadChoice
 */

/**
 * @param {{ wanted: Thread | 'auto', presenter: import('../present/table.js').PresenterName, desynchronized: boolean
 *   }} facts
 * @returns {ThreadChoice}
 */
export function chooseThread({ wanted, presenter, desynchronized }) {
  if (wanted !== 'auto') return { thread: wanted, reason: 'asked for' };
  if (!desynchronized) return { thread: 'worker', reason: 'no desynchronized canvas here' };
  if (presenter !== '2d') return { thread: 'worker', reason: 'only 2d is faster in the page' };
  return { thread: 'page', reason: 'its canvas is desynchronized' };
}

/**
 * Whether frames of a worker are displayed while the page's thread is busy. WebKit composites a worker's canvas in that
 * thread, so a busy page gains nothing by a worker. No interface tells.
 * @param {string} userAgent
 */
export function displaysWorkersWhileBusy(userAgent) {
  return isChromium(userAgent);
}

/**
 * Whether this page's canvases are. Asked of one of its own, since a canvas that has a context cannot be given away.
 */
export function hasDesynchronized() {
  try {
    return new Canvas2d(document.createElement('canvas')).desynchronized;
  } catch {
    return false;
  }
}
