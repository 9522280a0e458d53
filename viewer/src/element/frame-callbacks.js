// Callbacks for the next frame, as `requestVideoFrameCallback` of <video> takes them.

/**
 * @typedef {import('../session/engine.js').PaintedFrame} PaintedFrame
 *
 * As of <video>; times are on this page's clock, as `performance.now()` gives it. `sequenceNumber`: the source's number
 * of the frame, which skips those that were not sent; `captureTime`: undefined before the server's clock is known.
 * @typedef {{ presentationTime: number, expectedDisplayTime: number, width: number, height: number, mediaTime: number,
 *   presentedFrames: number, processingDuration: number, captureTime: number | undefined, receiveTime: number,
 *   sequenceNumber: number }} FrameMetadata
 * @typedef {(now: number, metadata: FrameMetadata) => void} FrameCallback
 */

export class FrameCallbacks {
  #pending = /** @type {Map<number, FrameCallback>} */ (new Map());
  #lastHandle = 0;
  #isWanted = false;
  #want;

  /** @param {(isWanted: boolean) => void} want asks the engine to report each frame, or no more */
  constructor(want) {
    this.#want = want;
  }

  /** @param {FrameCallback} callback */
  request(callback) {
    this.#lastHandle += 1;
    this.#pending.set(this.#lastHandle, callback);
    this.#ask(true);
    return this.#lastHandle;
  }

  /** @param {number} handle */
  cancel(handle) {
    this.#pending.delete(handle);
  }

  /** There is another engine, which has not been asked. */
  renew() {
    this.#isWanted = false;
    if (this.#pending.size > 0) this.#ask(true);
  }

  /** @param {PaintedFrame} frame */
  painted(frame) {
    const due = [...this.#pending.values()];
    this.#pending.clear();
    // Whoever wants every frame asks again from its callback, so the engine is told only when a frame finds nobody.
    if (due.length === 0) return this.#ask(false);
    const metadata = metadataOf(frame, performance.timeOrigin);
    // Each in a microtask of its own: an exception is reported, and stops neither the others nor the painting.
    for (const callback of due) queueMicrotask(() => callback(performance.now(), metadata));
  }

  /** @param {boolean} isWanted */
  #ask(isWanted) {
    if (isWanted === this.#isWanted) return;
    this.#isWanted = isWanted;
    this.#want(isWanted);
  }
}

/**
 * @param {PaintedFrame} frame
 * @param {number} originMs of the page's clock
 * @returns {FrameMetadata}
 */
export function metadataOf(frame, originMs) {
  const paintedMs = frame.paintedAtMs - originMs;
  return {
    presentationTime: paintedMs,
    expectedDisplayTime: paintedMs,
    width: frame.width,
    height: frame.height,
    mediaTime: frame.mediaS ?? 0,
    presentedFrames: frame.frames,
    processingDuration: (frame.paintedAtMs - frame.receivedAtMs) / 1000,
    captureTime: frame.capturedAtMs === null ? undefined : frame.capturedAtMs - originMs,
    receiveTime: frame.receivedAtMs - originMs,
    sequenceNumber: frame.seq,
  };
}
