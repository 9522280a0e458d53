// Detector of stalled routes: data is due, and none arrives for a while. The connection may be intact: an engine that
// never grants more flow-control credit blocks the server forever.

/** Long enough for a band on a link of 1 Mbit/s. */
const TICK_MS = 500;
const TICKS_MAX = 4;

export class StallDetector {
  #timers;
  #stopped;
  #isDue = false;
  #isTicking = false;
  #quietTicks = 0;

  /** @param {import('./timers.js').Timers} timers @param {() => void} stopped */
  constructor(timers, stopped) {
    this.#timers = timers;
    this.#stopped = stopped;
  }

  /** Whether data is due. */
  get isDue() {
    return this.#isDue;
  }

  /** Something came, or was asked for. @param {boolean} isDue whether more is to come */
  note(isDue) {
    this.#isDue = isDue;
    this.#quietTicks = 0;
    if (isDue && !this.#isTicking) this.#tickLater();
  }

  /** Counted in ticks, not in time: a page that was held up takes what came meanwhile between two of them. */
  #tickLater() {
    this.#isTicking = true;
    this.#timers.after(TICK_MS, () => {
      this.#isTicking = false;
      if (!this.#isDue) return;
      this.#quietTicks += 1;
      if (this.#quietTicks <= TICKS_MAX) return this.#tickLater();
      this.#isDue = false;
      this.#stopped();
    });
  }
}
