// Requests for the pixels of the frame, which the engine answers by their number.

/** @typedef {Extract<import('../session/port.js').Answer, { type: 'pixels' }>} Pixels */

export class PixelRequests {
  #pending = /** @type {Map<number, (pixels: Pixels) => void>} */ (new Map());
  #lastId = 0;

  /**
   * Returns the pixels once they are there.
   * @param {(id: number) => void} send
   * @returns {Promise<Pixels>}
   */
  ask(send) {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise(resolve => {
      this.#pending.set(id, resolve);
      send(id);
    });
  }

  /** @param {Pixels} pixels */
  answer(pixels) {
    this.#pending.get(pixels.id)?.(pixels);
    this.#pending.delete(pixels.id);
  }

  /** Forgets all requests: nobody answers them any more. */
  clear() {
    this.#pending.clear();
  }
}
