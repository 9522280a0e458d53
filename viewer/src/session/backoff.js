// The pause before a session that failed is tried again: longer with each failure, and ended early where something has
// changed.

const MS_MIN = 100;
/** Longest pause; a session that lasts longer than this was no failure. */
export const BACKOFF_MS_MAX = 3000;

export class Backoff {
  #env;
  #failures = 0;
  #endPause = /** @type {(() => void) | null} */ (null);

  /** @param {Pick<import('./session.js').Env, 'setTimeout' | 'clearTimeout' | 'random'>} env */
  constructor(env) {
    this.#env = env;
  }

  /** Begins again with the shortest pause. */
  reset() {
    this.#failures = 0;
  }

  /** Ends the pause that is going on, if there is one. */
  wake() {
    this.#endPause?.();
  }

  /**
   * Waits. The pause doubles with each failure, and is spread so that many viewers do not come back at once.
   * @returns {Promise<void>}
   */
  async pause() {
    const fullMs = Math.min(MS_MIN * 2 ** this.#failures, BACKOFF_MS_MAX);
    this.#failures += 1;
    await /** @type {Promise<void>} */ (
      new Promise(resolve => {
        const timer = this.#env.setTimeout(resolve, fullMs * (0.5 + this.#env.random() / 2));
        this.#endPause = () => {
          this.#env.clearTimeout(timer);
          resolve();
        };
      })
    );
    this.#endPause = null;
  }
}
