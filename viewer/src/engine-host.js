// Gives the engine a thread and a canvas: a worker, and either the worker or the page paints; this thread does both where
// no worker can be had, which is found by trying.

import { serve } from './port.js';
import { choosePresenter } from './present/choose.js';
import { choosePaintPlace, hasDesynchronized } from './surface/choose.js';
import { openSurface } from './surface/local.js';
import { serveSurface } from './surface/remote.js';

/**
 * @typedef {import('./port.js').Answer} Answer
 * @typedef {import('./port.js').Command} Command
 * @typedef {import('./present/choose.js').PresenterChoice} PresenterChoice
 * @typedef {import('./surface/remote.js').Report} Report
 * @typedef {(command: Command, transfer?: Transferable[]) => void} Send
 * @typedef {{
 *   present: import('./port.js').Present,
 *   paint: import('./surface/choose.js').PaintPlace | 'auto',
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
  #send = /** @type {Send} */ (() => {});
  /** The last command of each type, said once the engine has started, and again where it has to move. */
  #said = /** @type {Map<string, Command>} */ (new Map());
  /** Where this thread paints for the worker. */
  #surface = /** @type {import('./surface/choose.js').Surface | null} */ (null);
  #paint = /** @type {((task: import('./surface/remote.js').Task) => void) | null} */ (null);

  /** @param {HostOptions} options */
  constructor(options) {
    this.#options = options;
    try {
      this.#openWorker();
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
    this.#closeWorker();
    this.#surface?.close();
  }

  #openWorker() {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    this.#worker = worker;
    let loaded = false;
    worker.onmessage = event => {
      loaded = true;
      this.#receive(worker, event.data);
    };
    // An error before its first word means that the worker could not be loaded; later ones are single mishaps.
    worker.onerror = () => { if (!loaded) this.#startHere(); };
    worker.postMessage({ type: 'choose', present: this.#options.present });
  }

  #closeWorker() {
    if (this.#worker === null) return;
    // What is on its way is not to arrive.
    this.#worker.onmessage = null;
    this.#worker.onerror = null;
    this.#worker.terminate();
    this.#worker = null;
  }

  /** @param {Worker} worker @param {Answer} answer */
  #receive(worker, answer) {
    switch (answer.type) {
      case 'chosen': this.#startThere(worker, answer.presenter); break;
      case 'surface': this.#paint?.(answer.task); break;
      case 'unfit': this.#startHere(); break;
      default: this.#options.answer(answer);
    }
  }

  /**
   * The worker knows how it would paint, and waits to be told where.
   * @param {Worker} worker
   * @param {PresenterChoice} presenter
   */
  #startThere(worker, presenter) {
    const paint = choosePaintPlace({ wanted: this.#options.paint, presenter: presenter.name, desynchronized: hasDesynchronized() });
    /** @type {Send} */
    const send = (command, transfer = []) => worker.postMessage(command, transfer);
    try {
      if (paint.place === 'page') {
        this.#start(send, { canvas: null, presenter: this.#openSurface(send, presenter), paint });
      } else {
        const canvas = this.#newCanvas().transferControlToOffscreen();
        this.#start(send, { canvas, presenter, paint }, [canvas]);
      }
    } catch {
      this.#startHere();
    }
  }

  /** @param {Send} send @param {PresenterChoice} choice */
  #openSurface(send, choice) {
    /** @param {Report} report @param {Transferable[]} [transfer] */
    const post = (report, transfer) => send({ type: 'surface', report }, transfer);
    const { surface, presenter } = openSurface(this.#newCanvas(), choice, () => post({ type: 'lost' }));
    this.#surface = surface;
    this.#paint = serveSurface(surface, post);
    return presenter;
  }

  #startHere() {
    this.#closeWorker();
    this.thread = 'page';
    const { present, answer } = this.#options;
    const paint = /** @type {const} */ ({ place: 'page', reason: 'no worker can paint here' });
    this.#start(serve(answer), { canvas: this.#newCanvas(), presenter: choosePresenter(present), paint });
  }

  /**
   * @param {Send} send
   * @param {Pick<import('./port.js').Start, 'canvas' | 'presenter' | 'paint'>} parts
   * @param {Transferable[]} [transfer]
   */
  #start(send, parts, transfer) {
    this.#send = send;
    send({ type: 'start', ...parts, options: this.#options.options }, transfer);
    for (const command of this.#said.values()) send(command);
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
