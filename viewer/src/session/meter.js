// Counts what was shown, and how long each part of it took here. Not the server's part: that comes in its Stats.

import { ENCODING_LAST } from '../protocol/messages.js';

/** Bytes of a raw pixel. */
const PIXEL_BYTES = 4;

/**
 * @typedef {{ seq: number, base: number, bytes: number, pixelsBy: Float64Array }} Shown `pixelsBy`: of each encoding
 * @typedef {{ fps: number, skipped: number, mbps: number, receiveMs: number | null, paintMs: number | null, totalMs:
 *   number | null, bytes: number | null, saved: number | null, mix: number[] }} Measured means over the window, `null`
 *   where nothing was shown in it; `skipped` since the start; `saved`: the share of raw pixels' bytes that did not have
 *   to come; `mix`: the share of pixels that came in each encoding
 */

export class Meter {
  /** Updates shown since the start. */
  frames = 0;
  /** Frames of the source that came too late to be sent. */
  skipped = 0;
  #window = emptyWindow(0);

  /**
   * One update was shown.
   * @param {Shown} update
   * @param {{ receiveMs: number, paintMs: number, totalMs: number | null }} took
   */
  shown(update, took) {
    this.frames += 1;
    if (update.base !== 0) this.skipped += Math.max(0, update.seq - update.base - 1);
    const window = this.#window;
    window.frames += 1;
    window.bytes += update.bytes;
    update.pixelsBy.forEach((pixels, encoding) => {
      window.pixelsBy[encoding] = Number(window.pixelsBy[encoding]) + pixels;
    });
    window.receiveMs += took.receiveMs;
    window.paintMs += took.paintMs;
    if (took.totalMs !== null) {
      window.totalMs += took.totalMs;
      window.timed += 1;
    }
  }

  /**
   * What was measured since the last time this was asked.
   * @param {number} nowMs
   * @returns {Measured}
   */
  take(nowMs) {
    const { startedMs, frames, bytes, pixelsBy, receiveMs, paintMs, totalMs, timed } = this.#window;
    const pixels = pixelsBy.reduce((sum, each) => sum + each, 0);
    this.#window = emptyWindow(nowMs);
    const seconds = Math.max(nowMs - startedMs, 1) / 1000;
    return {
      fps: frames / seconds,
      skipped: this.skipped,
      mbps: (bytes * 8) / 1e6 / seconds,
      receiveMs: mean(receiveMs, frames),
      paintMs: mean(paintMs, frames),
      totalMs: mean(totalMs, timed),
      bytes: mean(bytes, frames),
      saved: pixels === 0 ? null : 1 - bytes / (pixels * PIXEL_BYTES),
      mix: Array.from(pixelsBy, each => each / Math.max(pixels, 1)),
    };
  }
}

/** @param {number} startedMs */
function emptyWindow(startedMs) {
  return {
    startedMs,
    frames: 0,
    bytes: 0,
    pixelsBy: new Float64Array(ENCODING_LAST + 1),
    receiveMs: 0,
    paintMs: 0,
    totalMs: 0,
    timed: 0,
  };
}

/** @param {number} sum @param {number} count */
function mean(sum, count) {
  return count === 0 ? null : sum / count;
}
