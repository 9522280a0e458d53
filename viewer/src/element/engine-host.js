// Starts the engine with a thread and a canvas: in this thread if that is faster, else in a worker; in this thread,
// too, if a worker turns out not to work. While frames come it moves the engine to the other thread when the page
// becomes busy, or is no longer, in browsers where that helps: the next engine takes over once it has painted, and its
// canvas once that shows no older frame than the one before.

import { choosePresenter } from '../present/choose.js';
import { chooseThread, hasDesynchronized, displaysWorkersWhileBusy } from '../session/thread-choice.js';
import { PageEngine, WorkerEngine } from './engine-link.js';
import { FrameCounters } from './frame-counters.js';
import { NO_HISTORY } from '../transport/choose.js';
import { ThreadMonitor } from '../session/thread-monitor.js';

/**
 * @typedef {import('../session/port.js').Answer} Answer
 * @typedef {import('../session/port.js').Command} Command
 * @typedef {import('../session/engine.js').State} State
 * @typedef {import('../session/thread-choice.js').Thread} Thread
 * @typedef {import('../session/thread-choice.js').ThreadChoice} ThreadChoice
 * @typedef {PageEngine | WorkerEngine} Link
 * @typedef {ReturnType<typeof setTimeout>} Timer
 * @typedef {{ link: Link, timer: Timer, state: State | null, cursor: Map<string, Answer> }} Next `state`: its last one,
 *   once it has painted; `cursor`: its last answers about the pointer, which it does not repeat
 * @typedef {{
 *   present: import('../session/port.js').Present,
 *   thread: Thread | 'auto',
 *   options: import('../session/engine.js').EngineOptions,
 *   mount: (canvas: HTMLCanvasElement) => void,
 *   mountAbove: (canvas: HTMLCanvasElement) => void,
 *   layer: import('../present/presenter.js').Layer,
 *   answer: (answer: Answer) => void,
 * }} HostOptions `mount` has a canvas in the page and none before it, `mountAbove` a hidden one over
 *   it; `layer`: a canvas over both
 *
 * What the host needs of its browser.
 * @typedef {{
 *   newLink(thread: Thread, receiver: import('./engine-link.js').Receiver): Link,
 *   choose(options: HostOptions): ThreadChoice,
 *   displaysWorkersWhileBusy: boolean,
 *   monitor(): Pick<ThreadMonitor, 'sample' | 'moved' | 'forget' | 'close'>,
 *   isHidden(): boolean,
 *   requestFrame(call: () => void): void,
 * }} HostEnv
 */

/** Time that an engine has to paint in the other thread. */
const MOVE_MS = 5000;
/** Time that an engine has to tell its last state: more than any page or worker is held up for. */
const STOP_MS = 1000;
const REASONS = { page: 'this page is no longer busy', worker: 'this page is busy' };

export class EngineHost {
  #options;
  #env;
  #shown;
  /** The engine that is to take over. */
  #next = /** @type {Next | null} */ (null);
  /** Last frame of the engine before, whose canvas is shown until the present engine has painted as late a frame. */
  #last = /** @type {Pick<State, 'marker' | 'seq'> | null} */ (null);
  #monitor = /** @type {ReturnType<HostEnv['monitor']> | null} */ (null);
  /** Last command of each type, sent again to an engine in another thread. */
  #sent = /** @type {Map<string, Command>} */ (new Map());
  /** Requests for pixels without an answer. */
  #reads = /** @type {Map<number, Command>} */ (new Map());
  #state = /** @type {State | null} */ (null);
  /** What lets the next session in. */
  #token;
  /** What earlier engines found out about transports. */
  #history = NO_HISTORY;
  #counters = new FrameCounters();
  #isClosed = false;

  /** @param {HostOptions} options @param {HostEnv} env */
  constructor(options, env = browser()) {
    this.#options = options;
    this.#env = env;
    this.#token = options.options.token;
    const choice = env.choose(options);
    this.#shown = this.#newLink(choice.thread);
    this.#startShown(choice);
    // A worker that was chosen at once is faster here in any page.
    const mayMove = options.thread === 'auto' && choice.thread === 'page' && env.displaysWorkersWhileBusy;
    if (mayMove) this.#monitor = env.monitor();
  }

  /** @param {Command} command */
  send(command) {
    if (command.type === 'read') this.#reads.set(command.id, command);
    else if (command.type !== 'playback') this.#keep(command); // Done twice, a step would be two.
    if (!this.#isStopping) this.#shown.send(command);
    else if (command.type === 'playback') this.#next?.link.send(command);
    if (command.type === 'paused' && command.paused) this.#postpone();
  }

  /** Whether the engine that is shown has been asked for its last state. */
  get #isStopping() {
    return (this.#next?.state ?? null) !== null;
  }

  close() {
    this.#isClosed = true;
    this.#monitor?.close();
    this.#abandonNext();
    this.#shown.close();
  }

  /** @param {string} token */
  #renew(token) {
    this.#token = token;
    this.send({ type: 'token', token });
  }

  /** @param {Command} command that both engines follow, and one that comes later */
  #keep(command) {
    this.#sent.set(command.type, command);
    this.#next?.link.send(command);
  }

  /** @param {Thread} thread @returns {Link} */
  #newLink(thread) {
    const receiver = {
      answer: (/** @type {Link} */ link, /** @type {Answer} */ answer) => this.#receive(link, answer),
      failed: (/** @type {Link} */ link) => this.#failed(link),
    };
    return this.#env.newLink(thread, receiver);
  }

  /** @param {ThreadChoice} choice */
  #startShown(choice) {
    this.#options.mount(this.#shown.canvas);
    if (!this.#start(this.#shown, choice)) this.#failed(this.#shown);
  }

  /** Whether an engine could be started. @param {Link} link @param {ThreadChoice} thread */
  #start(link, thread) {
    const { layer, present, options } = this.#options;
    try {
      const lasting = { token: this.#token, history: this.#history };
      link.start({ layer, present, thread, options: { ...options, ...lasting } });
      return true;
    } catch {
      return false;
    }
  }

  /** There is no worker that can paint. @param {Link} link */
  #failed(link) {
    if (link === this.#next?.link) this.#stay();
    if (link !== this.#shown) return;
    link.close();
    this.#shown = this.#newLink('page');
    this.#startShown({ thread: 'page', reason: 'no worker can paint here' });
    for (const command of [...this.#sent.values(), ...this.#reads.values()]) this.#shown.send(command);
  }

  /** @param {Link} link @param {Answer} answer */
  #receive(link, answer) {
    // Whichever engine used the ticket, the next session of either needs the new one.
    if (answer.type === 'renewed') this.#renew(answer.token);
    if (answer.type === 'learned') this.#history = answer.history;
    if (link === this.#next?.link) this.#receiveNext(answer);
    if (link !== this.#shown && answer.type !== 'renewed') return;
    if (answer.type === 'stopped') return this.#takeOver(this.#counters.addTo(answer.state));
    if (answer.type === 'pixels') this.#reads.delete(answer.id);
    if (answer.type === 'frame') answer.frame.frames += this.#counters.frames;
    if (answer.type === 'state') {
      this.#counters.addTo(answer.state);
      if (answer.state.frames !== this.#state?.frames) this.#sample();
      this.#state = answer.state;
      this.#catchUp(answer.state);
    }
    this.#options.answer(answer);
  }

  /** Measures the page's thread while frames come. A page that nobody sees has its timers late. */
  #sample() {
    if (this.#isClosed) return;
    if (this.#env.isHidden()) this.#monitor?.forget();
    else if (this.#next === null && this.#last === null) this.#monitor?.sample(better => this.#moveTo(better));
  }

  /** Starts an engine in the other thread, and its canvas over the one that is shown. @param {Thread} thread */
  #moveTo(thread) {
    if (this.#isClosed || this.#next !== null || this.#isPaused || this.#env.isHidden()) return;
    const link = this.#newLink(thread);
    this.#next = { link, timer: setTimeout(() => this.#stay(), MOVE_MS), state: null, cursor: new Map() };
    this.#options.mountAbove(link.canvas);
    if (!this.#start(link, { thread, reason: REASONS[thread] })) return this.#stay();
    for (const command of this.#sent.values()) link.send(command);
    return undefined;
  }

  /** @param {Answer} answer of the engine that is to take over */
  #receiveNext(answer) {
    const next = this.#next;
    if (answer.type === 'unfit') this.#stay();
    if (answer.type === 'cursor-shape' || answer.type === 'cursor-at') next?.cursor.set(answer.type, answer);
    if (next === null || answer.type !== 'state' || answer.state.frames === 0) return;
    const isFirst = next.state === null;
    next.state = answer.state;
    if (!isFirst) return;
    clearTimeout(next.timer);
    next.timer = setTimeout(() => this.#takeOver(this.#state), STOP_MS);
    this.#shown.send({ type: 'stop' });
  }

  /** @param {State | null} last of the engine that was shown */
  #takeOver(last) {
    const next = this.#next;
    if (next === null || next.state === null || last === null) return;
    clearTimeout(next.timer);
    this.#next = null;
    this.#last = last;
    this.#counters.continueWith(last, next.state);
    const previous = this.#shown;
    this.#shown = next.link;
    previous.close(); // Nobody hears what it tells of that.
    this.#monitor?.moved(next.link.thread);
    for (const read of this.#reads.values()) next.link.send(read);
    this.#receive(next.link, { type: 'state', state: { ...next.state } });
    for (const type of ['cursor-shape', 'cursor-at']) {
      const answer = next.cursor.get(type);
      if (answer !== undefined) this.#receive(next.link, answer);
    }
  }

  /** Shows the canvas of the present engine once it has caught up with the one before. @param {State} state */
  #catchUp({ marker, seq }) {
    const [last, { canvas }] = [this.#last, this.#shown];
    if (last === null || (marker === last.marker && seq < last.seq)) return;
    this.#last = null;
    // The browser composes what a worker painted a frame later.
    const { requestFrame } = this.#env;
    requestFrame(() =>
      requestFrame(() => {
        // A canvas of another host is there once this one is closed.
        if (!this.#isClosed && this.#shown.canvas === canvas) this.#options.mount(canvas);
      }),
    );
  }

  /** Whether the viewer has no frames sent, which an engine would have to paint before it takes over. */
  get #isPaused() {
    const last = this.#sent.get('paused');
    return last?.type === 'paused' ? last.paused : this.#options.options.paused;
  }

  /** Abandons a move that nothing is painted for, to be tried again when frames come. */
  #postpone() {
    if (this.#isStopping) return;
    this.#abandonNext();
    this.#monitor?.forget();
  }

  /** The engine cannot be moved: it stays where it is, and is not tried elsewhere. */
  #stay() {
    this.#abandonNext();
    this.#monitor?.close();
    this.#monitor = null;
  }

  #abandonNext() {
    if (this.#next === null) return;
    const { link, timer } = this.#next;
    clearTimeout(timer);
    this.#next = null;
    link.close();
    link.canvas.remove();
  }
}

/** @returns {HostEnv} */
function browser() {
  return {
    newLink: (thread, receiver) => (thread === 'page' ? new PageEngine(receiver) : new WorkerEngine(receiver)),
    choose,
    displaysWorkersWhileBusy: displaysWorkersWhileBusy(navigator.userAgent),
    monitor: () => new ThreadMonitor('page', timers()),
    isHidden: () => document.hidden,
    requestFrame: call => requestAnimationFrame(call),
  };
}

/** @returns {import('../session/thread-monitor.js').Timers} */
function timers() {
  return {
    now: () => performance.now(),
    setTimeout: (call, ms) => setTimeout(call, ms),
    clearTimeout: timer => clearTimeout(/** @type {ReturnType<typeof setTimeout>} */ (timer)),
  };
}

/** Selects the thread. Presenters are measured in this thread only if it may paint. @param {HostOptions} options */
function choose({ thread, present }) {
  const desynchronized = thread === 'auto' && hasDesynchronized();
  return chooseThread({
    wanted: thread,
    presenter: desynchronized ? choosePresenter(present).name : '2d',
    desynchronized,
  });
}
