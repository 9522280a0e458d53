// The engine behind a pair of message pipes: the same whether the other end is in another thread or in this one.

import { Engine } from './engine.js';
import { choosePresenter } from './present/choose.js';
import { openSurface } from './surface/local.js';
import { RemoteSurface } from './surface/remote.js';

/**
 * @typedef {import('./engine.js').EngineEvent} EngineEvent
 * @typedef {import('./engine.js').EngineOptions} EngineOptions
 * @typedef {import('./present/choose.js').PresenterChoice} PresenterChoice
 * @typedef {import('./present/choose.js').PresenterName | 'auto'} Present
 * @typedef {import('./surface/choose.js').PaintChoice} PaintChoice
 * @typedef {{
 *   type: 'start', canvas: OffscreenCanvas | HTMLCanvasElement | null, presenter: PresenterChoice, paint: PaintChoice, options: EngineOptions,
 * }} Start `canvas`: to be painted on here; `null`: the other end paints
 * @typedef {{ type: 'choose', present: Present } | Start | { type: 'surface', report: import('./surface/remote.js').Report }
 *   | { type: 'paused', paused: boolean } | { type: 'verify', verify: boolean } | { type: 'stats', wanted: boolean }
 *   | { type: 'read', id: number } | { type: 'close' }} Command
 * @typedef {EngineEvent | { type: 'chosen', presenter: PresenterChoice } | { type: 'surface', task: import('./surface/remote.js').Task }
 *   | { type: 'unfit', message: string }
 *   | { type: 'pixels', id: number, width: number, height: number, rgba: Uint8ClampedArray<ArrayBuffer> }} Answer
 *   `unfit`: nothing can be painted here
 */

/**
 * @param {(answer: Answer, transfer?: Transferable[]) => void} post
 * @returns {(command: Command) => void}
 */
export function serve(post) {
  /** @type {Engine | null} */
  let engine = null;
  const remote = new RemoteSurface((task, transfer) => post({ type: 'surface', task }, transfer), () => engine?.pictureLost());
  return command => {
    switch (command.type) {
      case 'choose': post({ type: 'chosen', presenter: choosePresenter(command.present) }); break;
      case 'start': engine ??= start(command, remote, post); break;
      case 'surface': remote.receive(command.report); break;
      case 'paused': engine?.setPaused(command.paused); break;
      case 'verify': engine?.setVerify(command.verify); break;
      case 'stats': engine?.setStats(command.wanted); break;
      case 'read': void engine?.readPixels().then(pixels => post({ type: 'pixels', id: command.id, ...pixels })); break;
      case 'close': engine?.close(); break;
    }
  };
}

/**
 * @param {Start} command
 * @param {RemoteSurface} remote
 * @param {(answer: Answer) => void} post
 */
function start({ canvas, presenter, paint, options }, remote, post) {
  try {
    const painter = canvas === null ? { surface: remote, presenter } : openSurface(canvas, presenter, () => engine.pictureLost());
    const engine = new Engine(options, { ...painter, paint, post }, browser());
    void engine.run();
    return engine;
  } catch (error) {
    post({ type: 'unfit', message: /** @type {Error} */ (error).message });
    return null;
  }
}

/** @returns {import('./session.js').Surroundings} */
function browser() {
  return {
    fetch: (...request) => fetch(...request),
    WebSocket,
    now: () => performance.now(),
    random: () => Math.random(),
    setTimeout: (call, ms) => setTimeout(call, ms),
    clearTimeout: timer => clearTimeout(timer),
  };
}
