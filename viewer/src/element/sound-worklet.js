// Plays a film's audio on the audio thread, in sync with the frames that the page reports as shown. Not where audio
// comes from, nor when frames are shown (sound.js).

/**
 * Message from the page: interleaved samples of left and right that begin at audio frame `at` of the film; the film's
 * audio frame at frame 0 of the output device; silence.
 * @typedef {{ type: 'sound', at: number, samples: Float32Array } | { type: 'follow', offset: number } | { type: 'stop'
 *   }} SoundCommand
 *
 * @typedef {{ at: number, samples: Float32Array, isHeard: boolean }} AudioChunk
 *
 * Globals of a worklet that the DOM's types lack.
 * @typedef {{
 *   AudioWorkletProcessor: new () => { readonly port: MessagePort },
 *   registerProcessor(name: string, processor: new () => object): void,
 *   readonly currentFrame: number,
 * }} WorkletScope
 */

const scope = /** @type {WorkletScope} */ (/** @type {unknown} */ (globalThis));

/** Offset in audio frames above which playback speeds up or slows down: 2 ms. */
const SLACK = 96;
/** Offset in audio frames above which playback jumps: 10 ms, as when a film begins. */
const JUMP = 480;
/** Share by which it plays faster or slower: inaudible. */
const BEND = 0.004;
/** Largest distance in audio frames between queued chunks: the server sends no further ahead. */
const AHEAD_MAX = 96000;
/** Most chunks queued: a few seconds. Older ones are dropped. */
const CHUNKS_MAX = 256;

class FilmSound extends scope.AudioWorkletProcessor {
  #chunks = /** @type {AudioChunk[]} */ ([]);
  #offset = /** @type {number | null} */ (null);
  /** Position in the film of the next sample, in audio frames; fractional while it resynchronizes. */
  #place = 0;

  constructor() {
    super();
    this.port.onmessage = event => this.#receive(/** @type {SoundCommand} */ (event.data));
  }

  /** @param {SoundCommand} command */
  #receive(command) {
    if (command.type === 'follow') this.#offset = command.offset;
    else if (command.type === 'sound') this.#take(command.at, command.samples);
    else this.#offset = null; // Queued audio is played when the film continues.
  }

  /**
   * Queues a chunk. Chunks that do not precede it belong to a position before a seek and are dropped.
   * @param {number} at
   * @param {Float32Array} samples
   */
  #take(at, samples) {
    this.#chunks = this.#chunks.filter(chunk => chunk.at < at && chunk.at >= at - AHEAD_MAX);
    this.#chunks.push({ at, samples, isHeard: false });
    if (this.#chunks.length > CHUNKS_MAX) this.#chunks.shift();
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

  /** Sample at a fractional position, by linear interpolation. @param {number} place @returns {[number, number]} */
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
    for (const chunk of this.#chunks) {
      const index = (frame - chunk.at) * 2;
      if (index < 0 || index >= chunk.samples.length) continue;
      chunk.isHeard = true;
      return [Number(chunk.samples[index]), Number(chunk.samples[index + 1])];
    }
    return [0, 0];
  }

  /** Drops the first chunk once it was played. Chunks that were not may belong to the target of a seek. */
  #forget() {
    const first = this.#chunks[0];
    if (first?.isHeard === true && first.at + first.samples.length / 2 <= this.#place) this.#chunks.shift();
  }
}

scope.registerProcessor('lanstream-film-sound', FilmSound);
