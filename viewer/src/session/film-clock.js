// Position of a film: by the clock that the server reports, or by the frame that is shown. It reads no clock itself.

/** @typedef {import('../protocol/messages.js').Playback} Playback */

export class FilmClock {
  /** Where on the clock of its frames the film began, and where it did before: its last frames may still come. */
  #beganUs = 0;
  #beganBeforeUs = 0;
  #durationS = /** @type {number | null} */ (null);
  /** Position at a time of this page, and its speed; `null`: the shown frame tells the position. */
  #reported = /** @type {{ us: number, atMs: number, usPerS: number } | null} */ (null);
  /** Timestamp of the frame that is shown. */
  #ptsUs = /** @type {number | null} */ (null);

  /** @param {Playback} playback @param {number} serverAheadMs the server's clock, less this page's */
  report({ beganUs, durationUs, positionUs, atUs, usPerS }, serverAheadMs) {
    if (beganUs !== this.#beganUs) [this.#beganBeforeUs, this.#beganUs] = [this.#beganUs, beganUs];
    this.#durationS = durationUs === null ? null : durationUs / 1e6;
    this.#reported = positionUs === null ? null : { us: positionUs, atMs: atUs / 1000 - serverAheadMs, usPerS };
  }

  /** @param {number | null} ptsUs timestamp of the frame that is shown from now on */
  show(ptsUs) {
    this.#ptsUs = ptsUs;
  }

  /** Forgets the reported position, as when the session has ended. */
  forget() {
    this.#reported = null;
  }

  /** Whether the position changes without a new frame. */
  get isRunning() {
    return this.#reported !== null && this.#reported.usPerS !== 0;
  }

  get durationS() {
    return this.#durationS;
  }

  /** Reported position at a time, on the clock of the film's frames. @param {number} nowMs */
  frameClockUs(nowMs) {
    if (this.#reported === null) return null;
    const { us, atMs, usPerS } = this.#reported;
    return us + ((nowMs - atMs) * usPerS) / 1000;
  }

  /** Seconds since the film began, at most its duration; `null` where they are unknown. @param {number} nowMs */
  seconds(nowMs) {
    const us = this.frameClockUs(nowMs);
    if (us === null) return this.#sinceBeginning(this.#ptsUs);
    const seconds = this.#sinceBeginning(us);
    return seconds !== null && this.#durationS !== null ? Math.min(seconds, this.#durationS) : seconds;
  }

  /** @param {number | null} us */
  #sinceBeginning(us) {
    if (us === null) return null;
    return (us < this.#beganUs ? us - this.#beganBeforeUs : us - this.#beganUs) / 1e6;
  }
}
