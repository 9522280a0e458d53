// The engine behind messages: the same interface in another thread and in this one.

import { openCodec } from '../decode/codec.js';
import { Engine } from './engine.js';
import { choosePresenter } from '../present/choose.js';
import { openSurface } from '../present/surface.js';

/**
 * @typedef {import('./engine.js').EngineEvent} EngineEvent
 * @typedef {import('./engine.js').EngineOptions} EngineOptions
 * @typedef {import('../present/table.js').PresenterName | 'auto'} Present
 * @typedef {import('./thread-choice.js').ThreadChoice} ThreadChoice
 * @typedef {{ type: 'start', canvas: OffscreenCanvas | HTMLCanvasElement, layer:
 *   import('../present/presenter.js').Layer |
 *   null, present: Present, thread: ThreadChoice, options: EngineOptions }} Start
 * @typedef {Start | { type: 'paused', paused: boolean } | { type: 'verify', verify: boolean } | { type: 'stats' |
 *   'frames', wanted: boolean }
 *   | { type: 'token', token: string } | { type: 'read', id: number, of: 'picture' | 'canvas' }
 *   | { type: 'playback', command: import('../protocol/messages.js').PlaybackCommandName, value: number }
 *   | { type: 'stop' } | { type: 'close' }} Command
 * @typedef {EngineEvent | { type: 'loaded' } | { type: 'unfit', message: string }
 *   | { type: 'pixels', id: number, width: number, height: number, rgba: Uint8ClampedArray<ArrayBuffer>, planes:
 *   number, block: Uint8Array<ArrayBuffer> | null }} Answer `loaded`: a worker's first word; `unfit`: nothing can be
 *   painted here
 */

/**
 * @param {(answer: Answer, transfer?: Transferable[]) => void} post
 * @returns {(command: Command) => void}
 */
export function serve(post) {
  /** @type {Engine | null} */
  let engine = null;
  return command => {
    switch (command.type) {
      case 'start':
        engine ??= start(command, post);
        break;
      case 'paused':
        engine?.setPaused(command.paused);
        break;
      case 'verify':
        engine?.setVerify(command.verify);
        break;
      case 'token':
        engine?.setToken(command.token);
        break;
      case 'stats':
        engine?.setStats(command.wanted);
        break;
      case 'frames':
        engine?.setFrames(command.wanted);
        break;
      case 'read':
        if (engine !== null) postPixels(engine, command, post);
        break;
      case 'playback':
        engine?.controlPlayback(command.command, command.value);
        break;
      case 'stop':
        engine?.stop();
        break;
      case 'close':
        engine?.close();
        break;
    }
  };
}

/**
 * @param {Start} command
 * @param {(answer: Answer) => void} post
 */
function start({ canvas, layer, present, thread, options }, post) {
  try {
    const painter = openSurface(canvas, choosePresenter(present), layer);
    const engine = new Engine(options, { ...painter, thread, codec: openCodec(options.codes), post }, browser());
    void engine.run();
    return engine;
  } catch (error) {
    post({ type: 'unfit', message: /** @type {Error} */ (error).message });
    return null;
  }
}

/**
 * @param {Engine} engine
 * @param {Extract<Command, { type: 'read' }>} command
 * @param {(answer: Answer, transfer: Transferable[]) => void} post
 */
function postPixels(engine, { id, of }, post) {
  const pixels = engine.readPixels(of);
  post({ type: 'pixels', id, ...pixels }, [pixels.rgba.buffer]);
}

/** How the page's policy kept this thread from asking, by the origin that was asked. */
const violations = /** @type {Map<string, import('./reach.js').PolicyViolation>} */ (new Map());
globalThis.addEventListener?.('securitypolicyviolation', event => {
  const { effectiveDirective, blockedURI, disposition } = /** @type {SecurityPolicyViolationEvent} */ (event);
  if (effectiveDirective !== 'connect-src' || disposition !== 'enforce' || !URL.canParse(blockedURI)) return;
  violations.set(new URL(blockedURI).origin, { directive: effectiveDirective, blockedUri: blockedURI });
});

/** @returns {import('./session.js').Env} */
function browser() {
  return {
    fetch: (...request) => fetch(...request),
    WebSocket,
    WebTransport: globalThis.WebTransport,
    userAgent: navigator.userAgent,
    pageOrigin: globalThis.origin,
    isSecure: globalThis.isSecureContext,
    permission: async name => (await navigator.permissions.query({ name: /** @type {PermissionName} */ (name) })).state,
    violation: origin => violations.get(origin) ?? null,
    now: () => performance.now(),
    random: () => Math.random(),
    setTimeout: (call, ms) => setTimeout(call, ms),
    clearTimeout: timer => clearTimeout(timer),
  };
}
