// A surface in this thread: a presenter paints at once.

import { paintPatches } from '../patches.js';
import { openPresenter } from '../present/choose.js';
import { Segments } from './segments.js';

/**
 * @typedef {import('../present/choose.js').PresenterChoice} PresenterChoice
 * @typedef {import('./choose.js').Surface} Surface
 */

/**
 * @param {OffscreenCanvas | HTMLCanvasElement} canvas
 * @param {PresenterChoice} choice
 * @param {() => void} lost called when the picture is gone
 * @returns {{ surface: LocalSurface, presenter: PresenterChoice }} `presenter`: what the choice came to
 */
export function openSurface(canvas, choice, lost) {
  const opened = openPresenter(choice, canvas, lost);
  return { surface: new LocalSurface(opened.presenter), presenter: opened.choice };
}

/** @implements {Surface} */
export class LocalSurface {
  blocks = true;
  #presenter;
  #now;
  #segments = new Segments();
  #held = /** @type {ArrayBuffer[]} */ ([]);

  /**
   * @param {import('../present/choose.js').Presenter} presenter
   * @param {() => number} now
   */
  constructor(presenter, now = () => performance.now()) {
    this.#presenter = presenter;
    this.#now = now;
  }

  /** @param {number} bytes */
  buffer(bytes) {
    return this.#segments.take(bytes);
  }

  /** @param {ArrayBuffer} buffer */
  hold(buffer) {
    this.#held.push(buffer);
  }

  drop() {
    this.#segments.give(this.#held);
    this.#held = [];
  }

  /** A segment that nothing is painted from, if there is any. */
  spare() {
    return this.#segments.spare();
  }

  /**
   * All is painted before this returns, without a pause: the browser may show the canvas whenever this thread is idle.
   * Resizing clears the canvas, so that nothing of an older picture shines through.
   * @type {Surface['paint']}
   */
  async paint({ base, width, height, patches }) {
    const startedMs = this.#now();
    try {
      if (base === 0) this.#presenter.resize(width, height);
      paintPatches(patches, this.#held, this.#presenter);
      this.#presenter.commit();
    } finally {
      this.drop();
    }
    return { paintMs: this.#now() - startedMs };
  }

  async read() {
    return this.#presenter.read();
  }

  close() {
    this.#presenter.close();
  }
}
