// The engine behind a pair of message pipes: the same whether the other end is in another thread or in this one.

import { Engine } from './engine.js';
import { openPresenter } from './present/choose.js';

/**
 * @typedef {import('./engine.js').EngineEvent} EngineEvent
 * @typedef {import('./engine.js').EngineOptions} EngineOptions
 * @typedef {'2d' | 'webgl2' | 'auto'} Present
 * @typedef {{ type: 'start', canvas: OffscreenCanvas | HTMLCanvasElement, present: Present, options: EngineOptions }
 *   | { type: 'paused', paused: boolean } | { type: 'verify', verify: boolean } | { type: 'stats', wanted: boolean }
 *   | { type: 'read', id: number } | { type: 'close' }} Command
 * @typedef {EngineEvent | { type: 'ready' } | { type: 'unfit', message: string }
 *   | { type: 'pixels', id: number, width: number, height: number, rgba: Uint8ClampedArray<ArrayBuffer> }} Answer
 *   `unfit`: nothing can be painted here
 */

/**
 * @param {(answer: Answer) => void} post
 * @returns {(command: Command) => void}
 */
export function serve(post) {
  /** @type {Engine | null} */
  let engine = null;
  return command => {
    switch (command.type) {
      case 'start': engine ??= start(command, post); break;
      case 'paused': engine?.setPaused(command.paused); break;
      case 'verify': engine?.setVerify(command.verify); break;
      case 'stats': engine?.setStats(command.wanted); break;
      case 'read': if (engine !== null) post({ type: 'pixels', id: command.id, ...engine.readPixels() }); break;
      case 'close': engine?.close(); break;
    }
  };
}

/**
 * @param {Extract<Command, { type: 'start' }>} command
 * @param {(answer: Answer) => void} post
 */
function start({ canvas, present, options }, post) {
  try {
    const { name, reason, presenter } = openPresenter(present, canvas, () => engine.pictureLost());
    const engine = new Engine(options, { presenter, presenterName: name, presenterReason: reason, post }, browser());
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
