// Bands that come in fragments, by datagrams: puts them together, and asks for what was lost. Each is handed on when it
// and all before it are whole.

import { KIND, ProtocolError, kindAt } from '../protocol/messages.js';

/**
 * @typedef {Omit<import('../protocol/messages.js').Fragment, 'type'>} Fragment
 * @typedef {import('../protocol/messages.js').Nack} Nack
 * @typedef {{ buffer: ArrayBuffer, total: number, gaps: [number, number][] }} Part a band; what lacks, as start and end
 */

/**
 * Datagrams may wait in the browser while the stream overtakes them; what did not come for so long is lost. Doubled
 * each time that it is asked for, until something comes.
 */
const GRACE_MS_MIN = 5;
const GRACE_MS_MAX = 320;
/** Bands that may lie ahead of one that is not whole: more than the largest frame has. */
const BANDS_AHEAD_MAX = 4096;
/** What cannot be known of a band none of which came. */
const ALL_BYTES = 0xffff_ffff;

export class FragmentAssembler {
  number;
  #sink;
  #timers;
  #ask;
  #parts = /** @type {Map<number, Part>} */ (new Map());
  /** The first band that was not handed on. */
  #next = 0;
  /** Bands that were sent in all. */
  #sent = 0;
  /** Fragments taken, to see whether more come. */
  #taken = 0;
  #graceMs = GRACE_MS_MIN;
  #waiting = false;

  /**
   * @param {number} number of the route
   * @param {import('./carrier.js').BandSink} sink
   * @param {import('./timers.js').Timers} timers
   * @param {(nack: Nack) => void} ask
   */
  constructor(number, sink, timers, ask) {
    this.number = number;
    this.#sink = sink;
    this.#timers = timers;
    this.#ask = ask;
  }

  /** @param {Fragment} fragment */
  take({ number, band, offset, total, bytes }) {
    if (number !== this.number || band < this.#next) return;
    if (band > this.#next + BANDS_AHEAD_MAX) throw new ProtocolError('a fragment of a band far ahead');
    if (!this.#parts.has(band)) {
      if (this.#parts.size === 0) this.#sink.begin();
      this.#parts.set(band, { buffer: this.#sink.buffer(total), total, gaps: [[0, total]] });
    }
    const part = /** @type {Part} */ (this.#parts.get(band));
    if (part.total !== total) throw new ProtocolError('fragments of one band disagree');
    new Uint8Array(part.buffer, offset, bytes.byteLength).set(bytes);
    part.gaps = without(part.gaps, offset, offset + bytes.byteLength);
    this.#taken += 1;
    this.#graceMs = GRACE_MS_MIN;
    this.#handOn();
  }

  /** All of an update is out. @param {number} bands of this route so far */
  endUpdate(bands) {
    this.#sent = bands;
    this.#lookLater();
  }

  #handOn() {
    for (
      let part = this.#parts.get(this.#next);
      part !== undefined && part.gaps.length === 0;
      part = this.#parts.get(this.#next)
    ) {
      this.#parts.delete(this.#next);
      this.#next += 1;
      if (kindAt(part.buffer) !== KIND.BAND) throw new ProtocolError('what came in fragments is no band');
      this.#sink.band(part.buffer, part.total);
    }
  }

  #lookLater() {
    if (this.#waiting || this.#next >= this.#sent) return;
    this.#waiting = true;
    const taken = this.#taken;
    this.#timers.after(this.#graceMs, () => {
      this.#waiting = false;
      if (taken === this.#taken) this.#askForAll();
      this.#lookLater();
    });
  }

  #askForAll() {
    this.#graceMs = Math.min(this.#graceMs * 2, GRACE_MS_MAX);
    for (let band = this.#next; band < this.#sent; band += 1) {
      const part = this.#parts.get(band);
      for (const [start, end] of part?.gaps ?? [[0, ALL_BYTES]]) {
        this.#ask({ number: this.number, band, offset: Number(start), bytes: Number(end) - Number(start) });
      }
    }
  }
}

/**
 * The gaps that are left when what is from `start` to `end` has come.
 * @param {[number, number][]} gaps @param {number} start @param {number} end
 */
function without(gaps, start, end) {
  const left = /** @type {[number, number][]} */ ([]);
  for (const [from, to] of gaps) {
    if (from < Math.min(start, to)) left.push([from, Math.min(start, to)]);
    if (Math.max(end, from) < to) left.push([Math.max(end, from), to]);
  }
  return left;
}
