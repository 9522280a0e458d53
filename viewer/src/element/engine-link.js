// One engine with its canvas, in this thread or in a worker: commands go to it, answers come from it.

import { serve } from '../session/port.js';

/**
 * @typedef {import('../session/port.js').Answer} Answer
 * @typedef {import('../session/port.js').Command} Command
 * @typedef {Omit<import('../session/port.js').Start, 'type' | 'canvas'>} EngineStart
 * @typedef {{ answer(link: PageEngine | WorkerEngine, answer: Answer): void, failed(link: PageEngine | WorkerEngine):
 *   void }} Receiver `failed`: there is no worker that can paint
 */

/** The engine in this thread. */
export class PageEngine {
  thread = /** @type {const} */ ('page');
  canvas = newCanvas();
  #send;

  /** @param {Receiver} receiver */
  constructor(receiver) {
    this.#send = serve(answer => receiver.answer(this, answer));
  }

  /** @param {EngineStart} start */
  start(start) {
    this.send({ type: 'start', canvas: this.canvas, ...start });
  }

  /** @param {Command} command */
  send(command) {
    this.#send(command);
  }

  close() {
    this.send({ type: 'close' });
  }
}

/** The engine in a worker of its own. */
export class WorkerEngine {
  thread = /** @type {const} */ ('worker');
  canvas = newCanvas();
  #worker = /** @type {Worker | null} */ (null);
  #receiver;

  /** @param {Receiver} receiver */
  constructor(receiver) {
    this.#receiver = receiver;
  }

  /** @param {EngineStart} start @throws where the browser cannot even try */
  start(start) {
    const canvas = this.canvas.transferControlToOffscreen();
    const worker = new Worker(new URL('../worker.js', import.meta.url), { type: 'module' });
    this.#worker = worker;
    let loaded = false;
    worker.onmessage = event => {
      const answer = /** @type {Answer} */ (event.data);
      if (answer.type === 'loaded') loaded = true;
      else if (answer.type === 'unfit') this.#receiver.failed(this);
      else this.#receiver.answer(this, answer);
    };
    // An error before it is loaded means that it cannot load; later errors do not end it.
    worker.onerror = () => {
      if (!loaded) this.#receiver.failed(this);
    };
    // A canvas over this one would have to be painted in step with it, which two threads cannot do.
    worker.postMessage({ type: 'start', canvas, ...start, layer: null }, [canvas]);
  }

  /** @param {Command} command */
  send(command) {
    this.#worker?.postMessage(command);
  }

  close() {
    if (this.#worker === null) return;
    this.send({ type: 'close' });
    // Messages on their way must not arrive.
    this.#worker.onmessage = null;
    this.#worker.onerror = null;
    this.#worker.terminate();
    this.#worker = null;
  }
}

/** A canvas that was transferred to a worker never comes back, so each engine has its own. */
function newCanvas() {
  const canvas = document.createElement('canvas');
  canvas.className = 'picture';
  canvas.part.add('picture');
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', 'live picture of the source');
  return canvas;
}
