// Waiting with an end to it, and without a timer left behind.

/** @typedef {Pick<import('../session/session.js').Env, 'setTimeout' | 'clearTimeout'>} Clockwork */

export class Timers {
  #env;
  #running = new Set();

  /** @param {Clockwork} env */
  constructor(env) {
    this.#env = env;
  }

  /** @param {number} ms @param {() => unknown} call */
  after(ms, call) {
    const timer = this.#env.setTimeout(() => {
      this.#running.delete(timer);
      call();
    }, ms);
    this.#running.add(timer);
    return timer;
  }

  /** @param {unknown} timer */
  stop(timer) {
    this.#env.clearTimeout(timer);
    this.#running.delete(timer);
  }

  /**
   * What `promise` comes to, or `otherwise` where that takes too long.
   * @template T
   * @param {number} ms
   * @param {Promise<T>} promise
   * @param {T} otherwise
   * @returns {Promise<T>}
   */
  async within(ms, promise, otherwise) {
    const late = deferred();
    const timer = this.after(ms, () => late.resolve(otherwise));
    try {
      return await Promise.race([promise, late.promise]);
    } finally {
      this.stop(timer);
    }
  }

  clear() {
    for (const timer of this.#running) this.#env.clearTimeout(timer);
    this.#running.clear();
  }
}

/** A promise that is settled from outside; only the first time counts. */
export function deferred() {
  /** @type {(value: any) => void} */
  let resolve = () => {};
  const promise = /** @type {Promise<any>} */ (
    new Promise(settle => {
      resolve = settle;
    })
  );
  return { promise, resolve };
}
