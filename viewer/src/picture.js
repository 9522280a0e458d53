// What is on the canvas: which picture of which run it is, and its way from one to the next. Not where updates come from.

import { pictureHash } from './hash.js';
import { ProtocolError } from './protocol.js';

/**
 * @typedef {import('./present/choose.js').Presenter} Presenter
 * @typedef {import('./update.js').Update} Update
 */

export class Picture {
  width = 0;
  height = 0;
  /** The run of the source that the picture is of. */
  epoch = 0n;
  /** The update it stands at; 0: it shows none. */
  seq = 0;

  #presenter;
  /** The picture is gone, though the server still builds on it until it has heard so. */
  #lost = false;

  /** @param {Presenter} presenter */
  constructor(presenter) {
    this.#presenter = presenter;
  }

  /** What a hello may say of it. */
  get held() {
    return this.#lost || this.seq === 0 ? { epoch: 0n, heldSeq: 0 } : { epoch: this.epoch, heldSeq: this.seq };
  }

  /**
   * Throws where an update does not follow from this picture.
   * @param {Update} update
   */
  check(update) {
    if (update.base === 0) return;
    if (update.base !== this.seq) throw new ProtocolError(`an update of picture ${update.base}, and this is ${this.seq}`);
    if (update.width !== this.width || update.height !== this.height) throw new ProtocolError('an update of another size');
  }

  /**
   * Shows a whole update at once. It runs without a pause, since the browser may show the canvas whenever this thread is idle.
   * @param {Update} update
   * @param {readonly ArrayBuffer[]} buffers
   */
  apply(update, buffers) {
    const builds = !this.#lost || update.base === 0;
    this.seq = update.seq;
    if (!builds) return;
    this.#lost = true; // An exception on the way leaves something that nothing can be built on.
    if (update.base === 0) this.#begin(update);
    update.paint(this.#presenter, buffers);
    this.#presenter.commit();
    this.#lost = false;
  }

  /** The canvas lost its pixels: nothing can be built on them. */
  lose() {
    this.#lost = true;
  }

  /** Nothing is known of the server's picture any more; the pixels stay on show. */
  forget() {
    this.seq = 0;
    this.epoch = 0n;
  }

  hash() {
    return pictureHash(this.#presenter.read());
  }

  read() {
    return this.#presenter.read();
  }

  close() {
    this.#presenter.close();
  }

  /** A picture that needs none before it. Resizing clears the canvas, so that nothing of an older picture shines through. */
  #begin(/** @type {Update} */ update) {
    this.width = update.width;
    this.height = update.height;
    this.#presenter.resize(update.width, update.height);
  }
}
