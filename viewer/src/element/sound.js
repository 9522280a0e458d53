// Audio of a film, in sync with its frames: passes audio chunks to the audio thread, and reports to it when frames are
// shown. Browsers keep a page silent until the first user gesture.

/** Audio frames a second, as in the protocol. */
const RATE = 48000;
/**
 * Weight of one frame in the estimate of the film's position, if it was painted earlier or later than previous frames
 * predict: any frame may be late, the first most of all.
 */
const SOONER_SHARE = 0.25;
const LATER_SHARE = 0.02;
/** Difference above which the film was at another position or paused: then a single frame sets the position. */
const JUMP_S = 0.08;

export class Sound {
  #context = /** @type {AudioContext | null} */ (null);
  #node = /** @type {AudioWorkletNode | null} */ (null);
  #gain = /** @type {GainNode | null} */ (null);
  /** Seconds that the film is ahead of the output device's clock. */
  #aheadS = /** @type {number | null} */ (null);
  /** The same by the last frame, if that was so late that it may be at another position. */
  #lateS = /** @type {number | null} */ (null);
  /** Whether this page cannot play audio: worklets need TLS or a page from this machine. */
  #isFailed = false;
  #muted = false;
  #volume = 1;
  #changed;
  #failed;

  /**
   * @param {() => void} changed called when it becomes audible or inaudible
   * @param {(message: string) => void} failed called if this page cannot play audio
   */
  constructor(changed, failed) {
    this.#changed = changed;
    this.#failed = failed;
  }

  /** Whether audio has arrived and this page can play it. */
  get isThere() {
    return this.#node !== null;
  }

  /** Whether it is audible. */
  get isHeard() {
    return !this.#muted && this.#node !== null && this.#context?.state === 'running';
  }

  get muted() {
    return this.#muted;
  }
  set muted(muted) {
    this.#muted = muted;
    this.#setGain();
  }

  /** From 0 to 1. */
  get volume() {
    return this.#volume;
  }
  set volume(volume) {
    this.#volume = volume;
    this.#setGain();
  }

  /** Starts playback after a user gesture. */
  resume() {
    // Else it stays off, as the button says.
    if (this.#context?.state === 'suspended') void this.#context.resume().then(this.#changed, () => {});
  }

  /** @param {number} atUs position in the film @param {Float32Array} samples interleaved left and right */
  take(atUs, samples) {
    if (this.#context === null && !this.#isFailed) this.#open().catch(error => this.#fail(error));
    this.#node?.port.postMessage({ type: 'sound', at: Math.round((atUs * RATE) / 1e6), samples }, [samples.buffer]);
  }

  /**
   * A frame was painted.
   * @param {number} filmS position in the film
   * @param {number} atMs when, by the clock that all threads of a page share
   */
  follow(filmS, atMs) {
    if (this.#context?.state !== 'running' || this.#node === null) return;
    const { contextTime = 0, performanceTime = 0 } = this.#context.getOutputTimestamp();
    const cardS = contextTime + (atMs - performance.timeOrigin - performanceTime) / 1000;
    const aheadS = filmS - cardS;
    const before = this.#aheadS;
    const isLate = before !== null && aheadS < before - JUMP_S;
    const isAgain = this.#lateS !== null && Math.abs(aheadS - this.#lateS) < JUMP_S;
    this.#lateS = isLate ? aheadS : null;
    if (isLate && !isAgain) return;
    const isNew = before === null || isLate || aheadS > before + JUMP_S;
    this.#aheadS = isNew ? aheadS : before + (aheadS - before) * (aheadS > before ? SOONER_SHARE : LATER_SHARE);
    this.#node.port.postMessage({ type: 'follow', offset: Math.round(this.#aheadS * RATE) });
  }

  /** The film is paused. */
  stop() {
    if (this.#aheadS === null) return;
    this.#aheadS = null;
    this.#node?.port.postMessage({ type: 'stop' });
  }

  close() {
    void this.#context?.close();
    this.#context = this.#node = this.#gain = this.#aheadS = this.#lateS = null;
  }

  get #level() {
    return this.#muted ? 0 : this.#volume;
  }

  #setGain() {
    if (this.#gain !== null) this.#gain.gain.value = this.#level;
    this.#changed();
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#isFailed = true;
    this.#failed(`this page can play no sound: ${error}`);
  }

  async #open() {
    const context = new AudioContext({ sampleRate: RATE, latencyHint: 'interactive' });
    this.#context = context;
    context.onstatechange = this.#changed;
    await context.audioWorklet.addModule(new URL('./sound-worklet.js', import.meta.url));
    if (this.#context !== context) return; // It was closed meanwhile.
    const gain = new GainNode(context, { gain: this.#level });
    const node = new AudioWorkletNode(context, 'lanstream-film-sound', { numberOfInputs: 0, outputChannelCount: [2] });
    node.connect(gain).connect(context.destination);
    [this.#node, this.#gain] = [node, gain];
    this.#changed();
  }
}
