// Destination of updates: the frame in memory while their bands arrive, and from there a canvas by one of the
// presenters. A canvas only shows the frame; it is read for proofs only.

import { PlainArena } from '../decode/arena.js';
import { writePatches } from '../decode/patches.js';
import { convert } from '../decode/planar.js';
import { PictureMemory } from '../decode/picture-memory.js';
import { openPresenter } from './choose.js';
import { PlanesView } from './planes.js';
import { Segments } from '../decode/segments.js';

/**
 * @typedef {import('./choose.js').PresenterChoice} PresenterChoice
 * @typedef {import('./presenter.js').Pixels} Pixels
 * @typedef {import('../decode/planar.js').Planar} Planar
 * @typedef {import('../decode/planar.js').Size} Size
 * @typedef {import('../rect.js').Rect} Rect
 * @typedef {import('../decode/update.js').Update} Update
 */

/**
 * Time without an update after which the back buffer is brought up to date, ahead of the next update. Updates that
 * follow each other closely mostly write the same parts, and would do it for nothing.
 */
const QUIET_MS = 8;

/**
 * @param {OffscreenCanvas | HTMLCanvasElement} canvas
 * @param {PresenterChoice} choice
 * @param {import('./presenter.js').Layer | null} layer over the canvas
 * @returns {{ surface: Surface, presenter: PresenterChoice }} `presenter`: the one that was opened
 */
export function openSurface(canvas, choice, layer) {
  const owner = { surface: /** @type {Surface | null} */ (null) };
  const shown = {
    pixels: (/** @type {Rect} */ rect) => /** @type {Surface} */ (owner.surface).pixels(rect),
    lost: () => owner.surface?.repaint(),
  };
  const opened = openPresenter(choice, canvas, shown, layer);
  owner.surface = new Surface(opened.presenter);
  return { surface: owner.surface, presenter: opened.choice };
}

export class Surface {
  #presenter;
  #now;
  #segments = new Segments();
  #codec = /** @type {import('../decode/codec.js').Codec | null} */ (null);
  #memory = new PictureMemory(new PlainArena());
  #size = /** @type {Size} */ ({ width: 0, height: 0 });
  #planar = /** @type {Planar | null} */ (null);
  /** What paints a frame in planes. */
  #planes = /** @type {import('./presenter.js').PlanesTarget | null} */ (null);
  #quiet = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  #caughtUpMs = 0;

  /**
   * @param {import('./presenter.js').Presenter} presenter
   * @param {() => number} [now] milliseconds on any clock, by which late work is measured
   */
  constructor(presenter, now = () => performance.now()) {
    this.#presenter = presenter;
    this.#now = now;
  }

  /**
   * From now on codes can be decoded. To be called before the first update.
   * @param {import('../decode/codec.js').Codec} codec
   */
  useCodec(codec) {
    this.#codec = codec;
    this.#memory = new PictureMemory(codec);
  }

  get takesCodes() {
    return this.#codec !== null;
  }

  /** Memory for a band. @param {number} bytes */
  buffer(bytes) {
    return this.#segments.take(bytes);
  }

  /**
   * Takes a band's buffer back filled and writes its patches into the next frame.
   * @param {ArrayBuffer} buffer
   * @param {Update} update
   */
  hold(buffer, update) {
    if (update.isOpening) {
      clearTimeout(this.#quiet);
      this.#memory.begin(update.base === 0 ? update.cells : null);
    }
    writePatches(update.patches, buffer, this.#codec, this.#memory);
    this.#segments.give([buffer]);
  }

  /** Drops a partial update. */
  drop() {
    this.#memory.abandon();
  }

  /**
   * Prepares the presenter. Must be called before an update is painted; a promise must be awaited.
   * @param {Update} update
   */
  prepare({ base, width, height }) {
    const isAll = base === 0 || this.#planes !== null;
    return this.#presenter.prepare?.(isAll ? { x: 0, y: 0, width, height } : this.#memory.bounds) ?? null;
  }

  /**
   * Paints an update whose bands have all come, before this returns and without a pause: the browser may show the
   * canvas whenever this thread is idle.
   * @param {Update} update
   */
  paint({ base, width, height, planar }) {
    const changed = this.#memory.commit();
    if (base === 0) {
      this.#size = { width, height };
      this.#planar = planar;
      this.#begin();
    }
    this.#show(changed);
    this.#quiet = setTimeout(() => this.#catchUp(), QUIET_MS);
  }

  /** Shows all of the frame once more, on a canvas that lost it. */
  repaint() {
    if (this.#size.width === 0) return;
    this.#begin();
    this.#show([{ x: 0, y: 0, width: this.#memory.width, height: this.#memory.height }]);
  }

  /** Milliseconds that were spent on the last update after it was painted. They count once. */
  takeLateMs() {
    const ms = this.#caughtUpMs;
    this.#caughtUpMs = 0;
    return ms;
  }

  /** Pixels of the frame around a rectangle, until it changes. @param {Rect} rect @returns {Pixels} */
  pixels(rect) {
    if (this.#planar === null) return { bytes: this.#memory.shown, x: 0, y: 0, ...this.#size };
    // Conversion begins where four pixels share a word of the planes.
    const x = rect.x - (rect.x % 4);
    const part = { ...rect, x, width: rect.x + rect.width - x };
    return { bytes: this.#convert(part), ...part };
  }

  /** All of a frame in planes, as it came: a view of it. */
  get block() {
    const { shown } = this.#memory;
    return this.#planar === null ? null : new Uint8Array(shown.buffer, shown.byteOffset, shown.byteLength);
  }

  /** Red, green, blue, 255 of the frame, row by row: a copy. */
  copy() {
    return this.pixels({ x: 0, y: 0, ...this.#size }).bytes.slice();
  }

  /** Red, green, blue, 255 of what the canvas shows, row by row. */
  read() {
    return this.#presenter.read();
  }

  close() {
    clearTimeout(this.#quiet);
    this.#presenter.close();
  }

  #begin() {
    const presenter = this.#presenter;
    const planar = this.#planar;
    const size = this.#size;
    presenter.resize(size.width, size.height);
    this.#planes =
      planar === null
        ? null
        : (presenter.planes?.(planar, size) ?? new PlanesView(planar, size, presenter, part => this.#convert(part)));
  }

  /** @param {readonly Rect[]} changed in cells */
  #show(changed) {
    const { width, height } = this.#memory;
    const target = this.#planes ?? this.#presenter;
    target.paint({ bytes: this.#memory.shown, x: 0, y: 0, width, height }, changed);
    target.commit();
  }

  /** @param {import('../decode/planar.js').Part} part of a frame in planes */
  #convert(part) {
    const planar = /** @type {Planar} */ (this.#planar);
    if (this.#codec !== null)
      return this.#codec.convert(planar, this.#size, this.#memory.shownAt, part, this.#memory.endAt);
    const pixels = new Uint8ClampedArray(part.width * part.height * 4);
    convert(planar, this.#size, /** @type {Uint8Array} */ (this.block), part, pixels);
    return pixels;
  }

  #catchUp() {
    const startedMs = this.#now();
    this.#memory.catchUp();
    this.#caughtUpMs += this.#now() - startedMs;
  }
}
