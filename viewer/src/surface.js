// What updates are painted on: a canvas by one of the presenters, and the memory that bands arrive in until then.

import { boundsOf, decodePatches, paintPatches } from './patches.js';
import { openPresenter } from './present/choose.js';
import { Planes, plainConverter } from './present/planes.js';
import { Segments } from './segments.js';

/**
 * @typedef {import('./present/choose.js').PresenterChoice} PresenterChoice
 * @typedef {import('./planar.js').Planar} Planar
 * @typedef {{ base: number, width: number, height: number, planar: Planar | null, patches: Float64Array }} Painting
 *   what of an update is painted; with `base` 0 it begins a picture of that size
 */

/**
 * @param {OffscreenCanvas | HTMLCanvasElement} canvas
 * @param {PresenterChoice} choice
 * @param {() => void} lost called when the picture is gone
 * @param {import('./present/choose.js').Layer | null} layer over the canvas
 * @returns {{ surface: Surface, presenter: PresenterChoice }} `presenter`: what the choice came to
 */
export function openSurface(canvas, choice, lost, layer) {
  const opened = openPresenter(choice, canvas, lost, layer);
  return { surface: new Surface(opened.presenter), presenter: opened.choice };
}

export class Surface {
  #presenter;
  #segments = new Segments();
  #codec = /** @type {import('./codec.js').Codec | null} */ (null);
  #held = /** @type {ArrayBuffer[]} */ ([]);
  /** What a picture in planes is painted on. */
  #planes = /** @type {import('./present/choose.js').PlanesTarget | null} */ (null);

  /** @param {import('./present/choose.js').Presenter} presenter */
  constructor(presenter) {
    this.#presenter = presenter;
  }

  /** From now on codes can be decoded. @param {import('./codec.js').Codec} codec */
  useCodec(codec) {
    this.#codec = codec;
  }

  get takesCodes() { return this.#codec !== null; }

  /** Memory for a band. @param {number} bytes */
  buffer(bytes) {
    return this.#segments.take(bytes);
  }

  /**
   * Takes it back filled, in the order of the bands, and decodes what is coded in it: more of the update may still be on
   * its way.
   * @param {ArrayBuffer} buffer
   * @param {Float64Array} patches the update's, of which the last are this band's
   */
  hold(buffer, patches) {
    this.#held.push(buffer);
    if (this.#codec !== null) decodePatches(patches, this.#held.length - 1, buffer, this.#codec);
  }

  /** Forgets what is held. */
  drop() {
    this.#segments.give(this.#held);
    this.#codec?.reset();
    this.#held = [];
  }

  /** To be called before what is held is painted; a promise is to be waited for. @param {Painting} update */
  prepare({ base, width, height, patches }) {
    if (this.#presenter.prepare === undefined) return null;
    const isAll = base === 0 || this.#planes !== null;
    return this.#presenter.prepare(isAll ? { x: 0, y: 0, width, height } : boundsOf(patches, this.#held));
  }

  /**
   * Paints what is held, all of it before this returns, without a pause: the browser may show the canvas whenever this thread
   * is idle. Resizing clears the canvas, so that nothing of an older picture shines through.
   * @param {Painting} update
   */
  paint({ base, width, height, planar, patches }) {
    try {
      if (base === 0) this.#begin({ width, height }, planar);
      const target = this.#planes ?? this.#presenter;
      paintPatches(patches, this.#held, this.#codec, target);
      target.commit();
    } finally {
      this.drop();
    }
  }

  /** All of a picture in planes, as it came. */
  get block() { return this.#planes?.block ?? null; }

  /** @param {{ width: number, height: number }} size @param {Planar | null} planar */
  #begin(size, planar) {
    const presenter = this.#presenter;
    this.#planes = null;
    this.#codec?.release();
    presenter.resize(size.width, size.height);
    if (planar === null) return;
    this.#planes = presenter.planes?.(planar, size)
      ?? new Planes(planar, size, presenter, this.#codec?.converter(planar, size) ?? plainConverter(planar, size));
  }

  /** Red, green, blue, 255 of what the canvas shows, row by row. */
  read() {
    return this.#presenter.read();
  }

  close() {
    this.#presenter.close();
  }
}
