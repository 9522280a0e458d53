// Counters of an engine's state that go on when another engine takes over.

/** @typedef {import('../session/engine.js').State} State */

const NAMES = /** @type {const} */ (['frames', 'skipped', 'proven', 'refuted', 'reconnects']);

export class FrameCounters {
  /** What is added to the counts of the present engine. */
  #before = { frames: 0, skipped: 0, proven: 0, refuted: 0, reconnects: 0 };

  /** Number of frames that earlier engines painted. */
  get frames() {
    return this.#before.frames;
  }

  /** Adds what earlier engines counted. @param {State} state of the present engine @returns {State} the same */
  addTo(state) {
    for (const name of NAMES) state[name] += this.#before[name];
    return state;
  }

  /**
   * Continues with another engine, whose last frame counts as one more.
   * @param {State} last state of the engine before, with what was added to it
   * @param {State} next state of the other engine
   */
  continueWith(last, next) {
    for (const name of NAMES) this.#before[name] = last[name] - next[name];
    this.#before.frames += 1;
  }
}
