// Gives the engine a thread and a canvas: this thread where that is faster, else a worker; this one, too, where no
// worker can be had, which is found by trying.

import { serve } from '../session/port.js';
import { choosePresenter } from '../present/choose.js';
import { chooseThread, hasDesynchronized } from '../session/thread-choice.js';

/**
 * @typedef {import('../session/port.js').Answer} Answer
 * @typedef {import('../session/port.js').Command} Command
 * @typedef {import('../session/thread-choice.js').ThreadChoice} ThreadChoice
 * @typedef {{
 *   present: import('../session/port.js').Present,
 *   thread: import('../session/thread-choice.js').Thread | 'auto',
 *   options: import('../session/engine.js').EngineOptions,
 *   mount: (canvas: HTMLCanvasElement) => void,
 *   layer: import('../present/presenter.js').Layer,
 *   answer: (answer: Answer) => void,
 * }} HostOptions `mount` puts a canvas where it is seen, in the place of one before it; `layer`: a canvas over that
 */

export class EngineHost {
  #options;
  #worker = /** @type {Worker | null} */ (null);
  #send = /** @type {(command: Command) => void} */ (() => {});
  /** The last command of each type, said again where the engine has to move. */
  #said = /** @type {Map<string, Command>} */ (new Map());

  /** @param {HostOptions} options */
  constructor(options) {
    this.#options = options;
    const choice = thread(options);
    if (choice.thread === 'page') this.#startHere(choice);
    else this.#tryThere(choice);
  }

  /** @param {Command} command */
  send(command) {
    if (command.type !== 'steer') this.#said.set(command.type, command); // Done twice, a step would be two.
    this.#send(command);
  }

  close() {
    this.#send({ type: 'close' });
    this.#closeWorker();
  }

  /** @param {ThreadChoice} thread */
  #tryThere(thread) {
    try {
      this.#startThere(thread);
    } catch {
      this.#moveHere();
    }
  }

  /** @param {ThreadChoice} thread */
  #startThere(thread) {
    const { present, options } = this.#options;
    const canvas = this.#newCanvas().transferControlToOffscreen();
    const worker = new Worker(new URL('../worker.js', import.meta.url), { type: 'module' });
    this.#worker = worker;
    let loaded = false;
    worker.onmessage = event => {
      const answer = /** @type {Answer} */ (event.data);
      if (answer.type === 'loaded') loaded = true;
      else if (answer.type === 'unfit') this.#moveHere();
      else this.#options.answer(answer);
    };
    // An error before it is loaded means that it cannot be; later ones are single mishaps.
    worker.onerror = () => {
      if (!loaded) this.#moveHere();
    };
    this.#send = command => worker.postMessage(command);
    worker.postMessage({ type: 'start', canvas, layer: null, present, thread, options }, [canvas]);
  }

  #moveHere() {
    this.#closeWorker();
    this.#startHere({ thread: 'page', reason: 'no worker can paint here' });
    for (const command of this.#said.values()) this.#send(command);
  }

  /** @param {ThreadChoice} thread */
  #startHere(thread) {
    const { layer, present, options, answer } = this.#options;
    this.#send = serve(answer);
    this.#send({ type: 'start', canvas: this.#newCanvas(), layer, present, thread, options });
  }

  #closeWorker() {
    if (this.#worker === null) return;
    // What is on its way is not to arrive.
    this.#worker.onmessage = null;
    this.#worker.onerror = null;
    this.#worker.terminate();
    this.#worker = null;
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

/** Nothing is calibrated in this thread unless it may paint. @param {HostOptions} options */
function thread({ thread, present }) {
  const desynchronized = thread === 'auto' && hasDesynchronized();
  return chooseThread({
    wanted: thread,
    presenter: desynchronized ? choosePresenter(present).name : '2d',
    desynchronized,
  });
}
