// Plays a film's sound in the thread of the sound card, in step with what the page says is shown. Not where sound comes
// from, nor what is shown when (sound.js).

/**
 * What comes from the page: sound, of left and right by turns, from frame `at` of the film on; which frame of the film
 * belongs to frame 0 of the sound card; silence.
 * @typedef {{ type: 'sound', at: number, samples: Float32Array } | { type: 'follow', offset: number } | { type: 'stop'
 *   }} SoundCommand
 *
 * @typedef {{ at: number, samples: Float32Array, isHeard: boolean }} Stretch
 *
 * What there is in a worklet, which the DOM's types lack.
 * @typedef {{
 *   AudioWorkletProcessor: new () => { readonly port: MessagePort },
 *   registerProcessor(name: string, processor: new () => object): void,
 *   readonly currentFrame: number,
 * }} WorkletScope
 */

const scope = /** @type {WorkletScope} */ (/** @type {unknown} */ (globalThis));

/** Frames that it may be off before it is brought back by playing a little faster or slower: 2 ms. */
const SLACK = 96;
/** Frames from which on it jumps: 10 ms, as when a film begins. */
const JUMP = 480;
/** By so much it plays faster or slower: nobody hears it. */
const BEND = 0.004;
/** Frames that what is heard next to each other may be apart: sound comes no further ahead. */
const AHEAD_MAX = 96000;
/** Stretches kept that are not heard yet, a few seconds of them; what is older than the newest by more is of no use. */
const STRETCHES_MAX = 256;

class FilmSound extends scope.AudioWorkletProcessor {
  #stretches = /** @type {Stretch[]} */ ([]);
  #offset = /** @type {number | null} */ (null);
  /** The frame of the film that is heard next; between two of them while it is brought back. */
  #place = 0;

  constructor() {
    super();
    this.port.onmessage = event => this.#receive(/** @type {SoundCommand} */ (event.data));
  }

  /** @param {SoundCommand} command */
  #receive(command) {
    if (command.type === 'follow') this.#offset = command.offset;
    else if (command.type === 'sound') this.#take(command.at, command.samples);
    else this.#offset = null; // What has come is heard when it goes on.
  }

  /**
   * What is not before it comes from another place of the film, and is of no use any more.
   * @param {number} at
   * @param {Float32Array} samples
   */
  #take(at, samples) {
    this.#stretches = this.#stretches.filter(stretch => stretch.at < at && stretch.at >= at - AHEAD_MAX);
    this.#stretches.push({ at, samples, isHeard: false });
    if (this.#stretches.length > STRETCHES_MAX) this.#stretches.shift();
  }

  /** @param {Float32Array[][]} _inputs @param {Float32Array[][]} outputs */
  process(_inputs, outputs) {
    const [left, right] = /** @type {[Float32Array, Float32Array]} */ (/** @type {unknown} */ (outputs[0]));
    if (this.#offset === null) return true;
    const wanted = scope.currentFrame + this.#offset;
    if (Math.abs(wanted - this.#place) > JUMP) this.#place = wanted;
    const off = wanted - this.#place;
    const step = Math.abs(off) > SLACK ? 1 + Math.sign(off) * BEND : 1;
    for (let i = 0; i < left.length; i += 1, this.#place += step) [left[i], right[i]] = this.#frame(this.#place);
    this.#forget();
    return true;
  }

  /** Between two frames something between them. @param {number} place @returns {[number, number]} */
  #frame(place) {
    const first = Math.floor(place);
    const share = place - first;
    const [a, b] = this.#whole(first);
    if (share === 0) return [a, b];
    const [c, d] = this.#whole(first + 1);
    return [a + (c - a) * share, b + (d - b) * share];
  }

  /** @param {number} frame @returns {[number, number]} */
  #whole(frame) {
    for (const stretch of this.#stretches) {
      const index = (frame - stretch.at) * 2;
      if (index < 0 || index >= stretch.samples.length) continue;
      stretch.isHeard = true;
      return [Number(stretch.samples[index]), Number(stretch.samples[index + 1])];
    }
    return [0, 0];
  }

  /** What was heard. What was not may be of a place that is gone to next. */
  #forget() {
    const first = this.#stretches[0];
    if (first?.isHeard === true && first.at + first.samples.length / 2 <= this.#place) this.#stretches.shift();
  }
}

scope.registerProcessor('lanstream-film-sound', FilmSound);
