// The sound of a film, in step with its pictures: brings what comes to the sound card's thread, and tells it what is
// shown when. Browsers let a page be heard when somebody has touched it; until then it is silent.

/** Frames a second, as the protocol has it. */
const RATE = 48000;
/**
 * How much a picture counts for where the film is, beside those before it, that was painted sooner than they say, or
 * later: that happens to any, and to the first above all.
 */
const SOONER_SHARE = 0.25;
const LATER_SHARE = 0.02;
/** From so much on it is another place, or a film that stood still: a picture alone tells where it is. */
const JUMP_S = 0.08;

export class Sound {
  #context = /** @type {AudioContext | null} */ (null);
  #node = /** @type {AudioWorkletNode | null} */ (null);
  #gain = /** @type {GainNode | null} */ (null);
  /** By how much the film is ahead of the sound card's clock. */
  #aheadS = /** @type {number | null} */ (null);
  /** The same by the last picture, where it was painted so late that it may be another place. */
  #lateS = /** @type {number | null} */ (null);
  /** This page can't play any: worklets are for pages over TLS or from this machine. */
  #isFailed = false;
  #muted = false;
  #changed;
  #failed;

  /**
   * @param {() => void} changed called when it can be heard, or no longer
   * @param {(message: string) => void} failed called when this page turns out to be able to play none
   */
  constructor(changed, failed) {
    this.#changed = changed;
    this.#failed = failed;
  }

  /** Whether any has come, and this page can play it. */
  get isThere() {
    return this.#node !== null;
  }

  /** Whether it can be heard, as far as the browser lets it. */
  get isHeard() {
    return !this.#muted && this.#node !== null && this.#context?.state === 'running';
  }

  get muted() {
    return this.#muted;
  }
  set muted(muted) {
    this.#muted = muted;
    if (this.#gain !== null) this.#gain.gain.value = muted ? 0 : 1;
    this.#changed();
  }

  /** Somebody has touched the page. */
  resume() {
    // Else it stays off, as the button says.
    if (this.#context?.state === 'suspended') void this.#context.resume().then(this.#changed, () => {});
  }

  /** @param {number} atUs where in the film @param {Float32Array} samples left and right by turns */
  take(atUs, samples) {
    if (this.#context === null && !this.#isFailed) this.#open().catch(error => this.#fail(error));
    this.#node?.port.postMessage({ type: 'sound', at: Math.round((atUs * RATE) / 1e6), samples }, [samples.buffer]);
  }

  /**
   * A picture was painted.
   * @param {number} filmS where in the film
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

  /** The film stands still. */
  stop() {
    if (this.#aheadS === null) return;
    this.#aheadS = null;
    this.#node?.port.postMessage({ type: 'stop' });
  }

  close() {
    void this.#context?.close();
    this.#context = this.#node = this.#gain = this.#aheadS = this.#lateS = null;
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
    const gain = new GainNode(context, { gain: this.#muted ? 0 : 1 });
    const node = new AudioWorkletNode(context, 'lanstream-film-sound', { numberOfInputs: 0, outputChannelCount: [2] });
    node.connect(gain).connect(context.destination);
    [this.#node, this.#gain] = [node, gain];
    this.#changed();
  }
}
