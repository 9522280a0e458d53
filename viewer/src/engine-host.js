// Gives the engine a canvas and a thread: a worker where this browser can paint from one, found by trying, else this thread.

import { serve } from './port.js';

/**
 * @typedef {import('./port.js').Answer} Answer
 * @typedef {import('./port.js').Command} Command
 * @typedef {import('./port.js').Present} Present
 * @typedef {{
 *   present: Present,
 *   options: import('./engine.js').EngineOptions,
 *   mount: (canvas: HTMLCanvasElement) => void,
 *   answer: (answer: Answer) => void,
 * }} HostOptions `mount` puts a canvas where it is seen, in the place of one before it
 */

export class EngineHost {
  /** Where the engine runs. */
  thread = /** @type {'worker' | 'page'} */ ('worker');
  #options;
  #worker = /** @type {Worker | null} */ (null);
  #send = /** @type {(command: Command) => void} */ (() => {});
  /** The last command of each type, said again where the engine has to move. */
  #said = /** @type {Map<string, Command>} */ (new Map());

  /** @param {HostOptions} options */
  constructor(options) {
    this.#options = options;
    try {
      this.#startWorker();
    } catch {
      this.#startHere();
    }
  }

  /** @param {Command} command */
  send(command) {
    this.#said.set(command.type, command);
    this.#send(command);
  }

  close() {
    this.#send({ type: 'close' });
    this.#worker?.terminate();
  }

  #startWorker() {
    const { present, options } = this.#options;
    const canvas = this.#newCanvas().transferControlToOffscreen();
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    this.#worker = worker;
    let ready = false;
    worker.onmessage = event => {
      const answer = /** @type {Answer} */ (event.data);
      if (answer.type === 'ready') ready = true;
      else if (answer.type === 'unfit') this.#startHere();
      else this.#options.answer(answer);
    };
    // An error before it is ready means that the worker could not be loaded; later ones are single mishaps.
    worker.onerror = () => { if (!ready) this.#startHere(); };
    this.#send = command => worker.postMessage(command);
    worker.postMessage({ type: 'start', canvas, present, options }, [canvas]);
  }

  #startHere() {
    this.#worker?.terminate();
    this.#worker = null;
    this.thread = 'page';
    const { present, options, answer } = this.#options;
    this.#send = serve(answer);
    this.#send({ type: 'start', canvas: this.#newCanvas(), present, options });
    for (const command of this.#said.values()) this.#send(command);
  }

  /** A canvas that was given to a worker never comes back, so each try has its own. */
  #newCanvas() {
    const canvas = document.createElement('canvas');
    canvas.className = 'picture';
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', 'live picture of the source');
    this.#options.mount(canvas);
    return canvas;
  }
}
