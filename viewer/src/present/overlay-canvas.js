// A small canvas over the frame's, for changes that keep to one place: a browser copies all of a canvas to show what
// changed in it, and 1080p takes it a millisecond. Two canvases are not shown together, so one update is painted on one
// of them only, and what both show of the place where they overlap is the same whenever one begins or ceases to be seen
// there.

import { contains } from '../rect.js';
import { Canvas2d } from './canvas2d.js';
import { ActivityTracker } from './activity-tracker.js';

/**
 * @typedef {import('./presenter.js').Presenter} Presenter
 * @typedef {import('../rect.js').Rect} Rect
 * @typedef {import('./presenter.js').Layer} Layer
 */

/** Frames of the browser after which a canvas that was put there is part of the page that is seen. */
const FRAMES_UNTIL_SEEN = 2;

/** @implements {Presenter} */
export class OverlayCanvas {
  #whole;
  #small;
  #layer;
  #picture;
  #next;
  #activity = new ActivityTracker();
  /** The part of the frame over which the small canvas is, or is about to be. */
  #rect = /** @type {Rect | null} */ (null);
  /** It shows that part: what is under it is of an older frame. */
  #covers = false;
  #leaving = /** @type {Promise<void> | null} */ (null);
  /** Where the present update is painted, and where that begins in the frame. */
  #target;
  #x = 0;
  #y = 0;
  #size = { width: 0, height: 0 };

  /**
   * @param {Canvas2d} whole
   * @param {Layer} layer
   * @param {import('./presenter.js').Shown} picture that is shown
   * @param {{ frame(): Promise<void>, task(): Promise<void> }} next waits for the browser's next
   */
  constructor(whole, layer, picture, next = { frame: nextFrame, task: nextTask }) {
    this.#whole = whole;
    this.#target = whole;
    this.#layer = layer;
    this.#picture = picture;
    this.#small = new Canvas2d(layer.canvas, picture.lost, { alpha: true });
    this.#next = next;
    layer.refused = () => {
      void this.#leave();
    };
  }

  /** @param {number} width @param {number} height */
  resize(width, height) {
    this.#close();
    this.#size = { width, height };
    this.#whole.resize(width, height);
  }

  /** @type {NonNullable<Presenter['prepare']>} */
  prepare(bounds) {
    const isWithin = this.#rect !== null && contains(this.#rect, bounds);
    if (this.#covers && isWithin) {
      this.#aim(this.#small);
      return null;
    }
    this.#aim(this.#whole);
    if (this.#rect !== null && !isWithin) return this.#leave();
    if (this.#rect === null && this.#leaving === null) this.#consider(bounds);
    return this.#leaving;
  }

  /** @type {Presenter['paint']} */
  paint(pixels, rects) {
    this.#target.paint(
      this.#shifted(pixels),
      rects.map(rect => this.#shifted(rect)),
    );
  }

  commit() {
    this.#target.commit();
  }

  read() {
    const all = this.#whole.read();
    if (this.#rect === null || !this.#covers) return all;
    const { x, y, width, height } = this.#rect;
    const part = this.#small.read();
    const row = width * 4;
    for (let line = 0; line < height; line += 1)
      all.set(part.subarray(line * row, (line + 1) * row), ((y + line) * this.#size.width + x) * 4);
    return all;
  }

  close() {
    this.#close();
    this.#whole.close();
    this.#small.close();
  }

  /** By where the present update is painted. @template {{ x: number, y: number }} T @param {T} there @returns {T} */
  #shifted(there) {
    return { ...there, x: there.x - this.#x, y: there.y - this.#y };
  }

  /** @param {Canvas2d} target */
  #aim(target) {
    this.#target = target;
    [this.#x, this.#y] = target === this.#small && this.#rect !== null ? [this.#rect.x, this.#rect.y] : [0, 0];
  }

  /** @param {Rect} bounds of an update that is painted on the whole */
  #consider(bounds) {
    const rect = this.#activity.note(bounds, this.#size);
    if (rect !== null && this.#layer.show(rect)) void this.#open(rect);
  }

  /** It can be seen through until it is known to be there: then it gets what is under it. @param {Rect} rect */
  async #open(rect) {
    this.#rect = rect;
    this.#small.resize(rect.width, rect.height);
    for (let frame = 0; frame < FRAMES_UNTIL_SEEN; frame += 1) await this.#next.frame();
    if (this.#rect !== rect) return;
    const { x, y, ...size } = this.#picture.pixels(rect);
    this.#small.paint({ x: x - rect.x, y: y - rect.y, ...size }, [{ ...rect, x: 0, y: 0 }]);
    this.#small.commit();
    this.#covers = true;
  }

  /**
   * Resolves when nothing is seen but the whole. Each canvas goes to be shown when a task ends, one task after the
   * other.
   */
  #leave() {
    this.#leaving ??= this.#uncover().finally(() => {
      this.#leaving = null;
    });
    return this.#leaving;
  }

  async #uncover() {
    const rect = this.#rect;
    if (rect !== null && this.#covers) {
      this.#whole.paint(this.#picture.pixels(rect), [rect]);
      this.#whole.commit();
      this.#covers = false;
      await this.#next.task();
      this.#small.clear();
      await this.#next.task();
    }
    this.#close();
  }

  /** The small canvas goes. */
  #close() {
    this.#aim(this.#whole);
    this.#rect = null;
    this.#covers = false;
    this.#activity.forget();
    this.#layer.hide();
  }
}

/** @returns {Promise<void>} */
function nextFrame() {
  return new Promise(resolve => requestAnimationFrame(() => resolve()));
}

/** A message to oneself: timers would wait for milliseconds. @returns {Promise<void>} */
function nextTask() {
  const { port1, port2 } = new MessageChannel();
  return new Promise(resolve => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
