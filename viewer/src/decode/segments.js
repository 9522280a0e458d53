// Memory for bands, used over and over. The engine's garbage collector counts all that a thread's objects hold: were it
// to swing by more than a few megabytes, as with a buffer for a whole frame, the collector would run at every update.
// So there is a segment for each band.

/**
 * A band over HTTP is of one megabyte, and ends with the row of tiles in which it is reached: half a megabyte of an 8K
 * frame.
 */
const SEGMENT_BYTES = (1 << 20) + (512 << 10);
/** Spares kept: nearly two frames of 1080p. More are dropped, as after a larger frame. */
const SPARES_MAX = 16;

export class Segments {
  #spares = /** @type {ArrayBuffer[]} */ ([]);

  /** Returns a segment of at least `bytes` bytes. @param {number} bytes */
  take(bytes) {
    if (bytes > SEGMENT_BYTES) return new ArrayBuffer(bytes);
    return this.#spares.pop() ?? new ArrayBuffer(SEGMENT_BYTES);
  }

  /**
   * What is of another length came from elsewhere, and is left to the collector.
   * @param {readonly ArrayBuffer[]} buffers
   */
  give(buffers) {
    for (const buffer of buffers) {
      if (buffer.byteLength === SEGMENT_BYTES && this.#spares.length < SPARES_MAX) this.#spares.push(buffer);
    }
  }
}
