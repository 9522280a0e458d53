// State of the frame that is shown: its run and number, and how updates change it. Not where updates come from.

import { canvasReads } from './canvas-reads.js';
import { pictureHash } from '../protocol/hash.js';
import { ProtocolError } from '../protocol/messages.js';

/**
 * @typedef {import('./surface.js').Surface} Surface
 * @typedef {import('../decode/update.js').Update} Update
 */

export class Picture {
  width = 0;
  height = 0;
  /** What its planes mean, as a number; 0: it lies in none. */
  planes = 0;
  /** The run of the source that the frame is of. */
  epoch = 0n;
  /** The update it stands at; 0: it shows none. */
  seq = 0;

  #surface;

  /** @param {Surface} surface */
  constructor(surface) {
    this.#surface = surface;
  }

  /** What a hello may say of it. */
  get held() {
    return this.seq === 0 ? { epoch: 0n, heldSeq: 0 } : { epoch: this.epoch, heldSeq: this.seq };
  }

  /** Returns memory for a band. @param {number} bytes */
  buffer(bytes) {
    return this.#surface.buffer(bytes);
  }

  /** Whether more than raw and solid patches can be taken. */
  get takesCodes() {
    return this.#surface.takesCodes;
  }

  /**
   * Takes a band of the next update, the one that the update took in last. Throws where that does not follow from this
   * frame.
   * @param {ArrayBuffer} buffer
   * @param {Update} update
   */
  hold(buffer, update) {
    if (update.isOpening) this.#check(update);
    this.#surface.hold(buffer, update);
  }

  /** Forgets the bands of an update that will never be whole. */
  drop() {
    this.#surface.drop();
  }

  /**
   * Prepares the presenter. Must be called before an update is applied; a promise must be awaited.
   * @param {Update} update
   */
  prepare(update) {
    return this.#surface.prepare(update);
  }

  /**
   * Shows a whole update at once.
   * @param {Update} update
   */
  apply(update) {
    this.seq = 0; // An exception on the way leaves something that nothing can be built on.
    this.#surface.paint(update);
    this.seq = update.seq;
    this.width = update.width;
    this.height = update.height;
    this.planes = update.planar?.code ?? 0;
  }

  /** Nothing is known of the server's frame any more; the pixels stay on show. */
  forget() {
    this.seq = 0;
    this.epoch = 0n;
  }

  /** Milliseconds that were spent on the last update after it was painted. They count once. */
  takeLateMs() {
    return this.#surface.takeLateMs();
  }

  /** Of what the canvas shows, where this browser lets that be read, else of the frame in memory. */
  hash() {
    const { canRead } = canvasReads();
    return pictureHash(canRead ? this.#surface.read() : this.#surface.copy(), this.#surface.block);
  }

  /**
   * Red, green, blue, 255 of the frame, or of what the canvas shows, row by row, and a copy of its planes, if there
   * are any.
   * @param {'picture' | 'canvas'} of
   */
  read(of) {
    const { width, height, planes } = this;
    const rgba =
      width === 0 ? new Uint8ClampedArray(0) : of === 'picture' ? this.#surface.copy() : this.#surface.read();
    return { width, height, rgba, planes, block: this.#surface.block?.slice() ?? null };
  }

  close() {
    this.#surface.close();
  }

  /** @param {Update} update */
  #check(update) {
    if (update.base === 0) return;
    if (update.base !== this.seq)
      throw new ProtocolError(`an update of picture ${update.base}, and this is ${this.seq}`);
    if (update.width !== this.width || update.height !== this.height)
      throw new ProtocolError('an update of another size');
    if ((update.planar?.code ?? 0) !== this.planes) throw new ProtocolError('an update in other planes');
  }
}
