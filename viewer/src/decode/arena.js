// Memory of a page that runs no WebAssembly, with the interface of the codec's (codec.js): one range of bytes that
// grows.

/**
 * @typedef {{ reserve(bytes: number): Uint8Array<ArrayBuffer> }} Arena `reserve` grows it to at least `bytes` bytes,
 *   keeps the content and returns all of it. Growing may detach the arrays that were returned before
 */

/** @implements {Arena} */
export class PlainArena {
  #bytes = new Uint8Array(0);

  /** @param {number} bytes */
  reserve(bytes) {
    if (bytes > this.#bytes.length) {
      const grown = new Uint8Array(bytes);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    return this.#bytes;
  }
}
