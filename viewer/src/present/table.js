// The table of presenters. The selection (choose.js) and the element's `present` attribute know no others.

import { Canvas2d } from './canvas2d.js';
import { OverlayCanvas } from './overlay-canvas.js';
import { WebGl2 } from './webgl2.js';

/** @typedef {import('./presenter.js').Open} Open */

/** @type {Open} */
function open2d(canvas, shown, layer) {
  const presenter = new Canvas2d(canvas, () => shown.lost());
  // Without desynchronization both canvases wait for the page's next frame, however little of them changed.
  return layer !== null && presenter.desynchronized ? new OverlayCanvas(presenter, layer, shown) : presenter;
}

/** @type {Open} */
function openWebGl2(canvas, shown) {
  return new WebGl2(canvas, () => shown.lost());
}

/** The first is supported by every browser and is the fallback; of equally fast ones the earlier is selected. */
export const PRESENTERS = Object.freeze(
  /** @type {const} */ ([
    { name: '2d', open: open2d },
    { name: 'webgl2', open: openWebGl2 },
  ]),
);

/** @typedef {(typeof PRESENTERS)[number]['name']} PresenterName */

/** Names of the table, in its order. */
export const PRESENTER_NAMES = PRESENTERS.map(({ name }) => name);
