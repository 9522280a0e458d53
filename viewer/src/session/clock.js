// The difference between this page's clock and the server's, from pings: the one that came back soonest errs least.

/** Pings kept. Older ones leave, since the two clocks drift apart. */
const SAMPLES = 8;

export class Clock {
  #samples = /** @type {{ roundTripMs: number, offsetUs: number }[]} */ ([]);
  #sent = /** @type {{ token: number, atMs: number } | null} */ (null);
  #token = 0;
  /** Pings in a row without an answer. */
  unanswered = 0;

  /**
   * The token of the next ping, which leaves now.
   * @param {number} nowMs
   */
  ping(nowMs) {
    this.#token = (this.#token + 1) >>> 0;
    this.#sent = { token: this.#token, atMs: nowMs };
    this.unanswered += 1;
    return this.#token;
  }

  /**
   * @param {number} token
   * @param {number} clockUs the server's
   * @param {number} nowMs
   * @returns {boolean} whether it answers the newest ping; what answers an older one says nothing
   */
  pong(token, clockUs, nowMs) {
    this.unanswered = 0;
    if (this.#sent?.token !== token) return false;
    const { atMs } = this.#sent;
    this.#samples.push({ roundTripMs: nowMs - atMs, offsetUs: clockUs - (atMs + nowMs) * 500 });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
    return true;
  }

  /** Pings answered and kept. */
  get samples() {
    return this.#samples.length;
  }

  /**
   * Milliseconds from a moment on the server's clock until now; `null` before the first answer.
   * @param {number} serverUs
   * @param {number} nowMs
   */
  sinceMs(serverUs, nowMs) {
    let best = this.#samples[0];
    if (best === undefined) return null;
    for (const sample of this.#samples) if (sample.roundTripMs < best.roundTripMs) best = sample;
    return nowMs + (best.offsetUs - serverUs) / 1000;
  }
}
