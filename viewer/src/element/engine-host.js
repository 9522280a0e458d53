// Starts the engine with a thread and a canvas: in this thread if that is faster, else in a worker; in this thread,
// too, if a worker turns out not to work.

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
 * }} HostOptions `mount` puts a canvas into the page, in place of the previous; `layer`: a canvas over it
 */

export class EngineHost {
  #options;
  #worker = /** @type {Worker | null} */ (null);
  #send = /** @type {(command: Command) => void} */ (() => {});
  /** Last command of each type, sent again if the engine moves to this thread. */
  #sent = /** @type {Map<string, Command>} */ (new Map());

  /** @param {HostOptions} options */
  constructor(options) {
    this.#options = options;
    const choice = thread(options);
    if (choice.thread === 'page') this.#startHere(choice);
    else this.#tryThere(choice);
  }

  /** @param {Command} command */
  send(command) {
    if (command.type !== 'playback') this.#sent.set(command.type, command); // Done twice, a step would be two.
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
    // An error before it is loaded means that it cannot load; later errors do not end it.
    worker.onerror = () => {
      if (!loaded) this.#moveHere();
    };
    this.#send = command => worker.postMessage(command);
    worker.postMessage({ type: 'start', canvas, layer: null, present, thread, options }, [canvas]);
  }

  #moveHere() {
    this.#closeWorker();
    this.#startHere({ thread: 'page', reason: 'no worker can paint here' });
    for (const command of this.#sent.values()) this.#send(command);
  }

  /** @param {ThreadChoice} thread */
  #startHere(thread) {
    const { layer, present, options, answer } = this.#options;
    this.#send = serve(answer);
    this.#send({ type: 'start', canvas: this.#newCanvas(), layer, present, thread, options });
  }

  #closeWorker() {
    if (this.#worker === null) return;
    // Messages on their way must not arrive.
    this.#worker.onmessage = null;
    this.#worker.onerror = null;
    this.#worker.terminate();
    this.#worker = null;
  }

  /** A canvas that was transferred to a worker never comes back, so each attempt has its own. */
  #newCanvas() {
    const canvas = document.createElement('canvas');
    canvas.className = 'picture';
    canvas.part.add('picture');
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', 'live picture of the source');
    this.#options.mount(canvas);
    return canvas;
  }
}

/** Selects the thread. Presenters are measured in this thread only if it may paint. @param {HostOptions} options */
function thread({ thread, present }) {
  const desynchronized = thread === 'auto' && hasDesynchronized();
  return chooseThread({
    wanted: thread,
    presenter: desynchronized ? choosePresenter(present).name : '2d',
    desynchronized,
  });
}
