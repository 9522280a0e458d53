// How late the page's thread is for what is due in it, and which thread that speaks for: a page that is busy with other
// work shows frames late and misses some, a worker does not.

/**
 * @typedef {import('./thread-choice.js').Thread} Thread
 * @typedef {{
 *   now(): number,
 *   setTimeout(call: () => void, ms: number): unknown,
 *   clearTimeout(timer: unknown): void,
 * }} Timers
 */

/** Delays of the timers that are watched, in turn: in step with nothing that a page repeats. */
const DELAYS_MS = [11, 23, 37, 53];
/** A timer that is later than this waited for other work; painting a full screen takes less. */
const LATE_MS = 12;
/** The page is busy when so many of its last timers were late. */
const BUSY = { samples: 20, lateMin: 7 };
/** It is at leisure when no more than so many were. */
const LEISURE = { samples: 60, lateMax: 3 };
/** Most times that the samples for a return to the page are doubled: once for each move to the worker. */
const DOUBLINGS_MAX = 5;

export class ThreadMonitor {
  #thread;
  #timers;
  #timer = /** @type {unknown} */ (null);
  /** Whether each of the last timers was late. */
  #late = /** @type {boolean[]} */ ([]);
  #samples = 0;
  #moves = 0;

  /** @param {Thread} thread that receives and paints now @param {Timers} timers */
  constructor(thread, timers) {
    this.#thread = thread;
    this.#timers = timers;
  }

  /**
   * Starts a timer, unless one runs. To be called as frames come: without frames nothing is late, and nothing is to be
   * woken.
   * @param {(thread: Thread) => void} advise called when the other thread would be better
   */
  sample(advise) {
    if (this.#timer !== null) return;
    const delayMs = /** @type {number} */ (DELAYS_MS[this.#samples % DELAYS_MS.length]);
    const dueMs = this.#timers.now() + delayMs;
    this.#timer = this.#timers.setTimeout(() => {
      this.#timer = null;
      this.#add(this.#timers.now() - dueMs);
      const better = this.#better();
      if (better !== null) advise(better);
    }, delayMs);
  }

  /** The other thread receives and paints from now on. @param {Thread} thread */
  moved(thread) {
    if (thread === 'worker') this.#moves += 1;
    this.#thread = thread;
    this.#late = [];
  }

  /** Begins to count anew: what was measured says nothing. */
  forget() {
    this.#late = [];
  }

  close() {
    this.#timers.clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** @param {number} lateMs */
  #add(lateMs) {
    this.#samples += 1;
    this.#late.push(lateMs > LATE_MS);
    if (this.#late.length > this.#wanted) this.#late.shift();
  }

  /** Samples that a decision takes. A page that was busy before is trusted later each time. */
  get #wanted() {
    if (this.#thread === 'page') return BUSY.samples;
    return LEISURE.samples * 2 ** Math.min(Math.max(0, this.#moves - 1), DOUBLINGS_MAX);
  }

  /** @returns {Thread | null} */
  #better() {
    if (this.#late.length < this.#wanted) return null;
    const late = this.#late.filter(isLate => isLate).length;
    if (this.#thread === 'page') return late >= BUSY.lateMin ? 'worker' : null;
    return late <= LEISURE.lateMax * (this.#wanted / LEISURE.samples) ? 'page' : null;
  }
}
