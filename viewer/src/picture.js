// What is on the canvas: which picture of which run it is, and its way from one to the next. Not where updates come from.

import { pictureHash } from './hash.js';
import { ProtocolError } from './protocol.js';

/**
 * @typedef {import('./surface.js').Surface} Surface
 * @typedef {import('./update.js').Update} Update
 */

export class Picture {
  width = 0;
  height = 0;
  /** What its planes mean, as a number; 0: it lies in none. */
  planes = 0;
  /** The run of the source that the picture is of. */
  epoch = 0n;
  /** The update it stands at; 0: it shows none. */
  seq = 0;

  #surface;
  /** The picture is gone, though the server still builds on it until it has heard so. */
  #lost = false;

  /** @param {Surface} surface */
  constructor(surface) {
    this.#surface = surface;
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
    if ((update.planar?.code ?? 0) !== this.planes) throw new ProtocolError('an update in other planes');
  }

  /** Memory for a band of so many bytes. @param {number} bytes */
  buffer(bytes) {
    return this.#surface.buffer(bytes);
  }

  /** Whether more than raw and solid patches can be taken. */
  get takesCodes() { return this.#surface.takesCodes; }

  /** Takes a band of the next update. @param {ArrayBuffer} buffer @param {Update} update */
  hold(buffer, update) {
    this.#surface.hold(buffer, update.patches);
  }

  /** Forgets the bands of an update that will never be whole. */
  drop() {
    this.#surface.drop();
  }

  /** To be called before an update is applied; a promise is to be waited for. @param {Update} update */
  prepare(update) {
    return this.#surface.prepare(update);
  }

  /**
   * Shows a whole update at once, unless what it builds on is gone.
   * @param {Update} update
   */
  apply(update) {
    const builds = !this.#lost || update.base === 0;
    this.seq = update.seq;
    if (!builds) return this.drop();
    this.width = update.width;
    this.height = update.height;
    this.planes = update.planar?.code ?? 0;
    this.#lost = true; // An exception on the way leaves something that nothing can be built on.
    this.#surface.paint(update);
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
    return pictureHash(this.#surface.read(), this.#surface.block);
  }

  /** Red, green, blue, 255 of what the canvas shows, row by row, and a copy of its planes, if there are any. */
  read() {
    const { width, height, planes } = this;
    const rgba = width === 0 ? new Uint8ClampedArray(0) : this.#surface.read();
    return { width, height, rgba, planes, block: this.#surface.block?.slice() ?? null };
  }

  close() {
    this.#surface.close();
  }
}
