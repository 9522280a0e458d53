// Promises of `play()` that are not settled yet.

export class PendingPlays {
  #pending = /** @type {{ resolve: () => void, reject: (error: unknown) => void }[]} */ ([]);

  /** @returns {Promise<void>} */
  add() {
    return new Promise((resolve, reject) => this.#pending.push({ resolve, reject }));
  }

  resolve() {
    for (const { resolve } of this.#pending.splice(0)) resolve();
  }

  /** @param {unknown} error */
  reject(error) {
    for (const { reject } of this.#pending.splice(0)) reject(error);
  }
}
