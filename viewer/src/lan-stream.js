// The custom element <lan-stream>: like <video>, it shows a source, here bit-exact.
// It joins the engine, the canvas and the overlay; it draws and receives nothing itself.

import { followDevicePixels } from './element/device-pixels.js';
import { EngineHost } from './element/engine-host.js';
import { handleKey } from './element/keys.js';
import { OverlayLayer } from './element/overlay-layer.js';
import { FITS } from './element/layout.js';
import { Overlay } from './element/overlay.js';
import { blockBytes, planarOf } from './decode/planar.js';
import { PixelRequests } from './element/pixel-requests.js';
import { Sound } from './element/sound.js';
import { Stage } from './element/stage.js';
import { NOTHING_YET, REPORTED } from './element/state.js';
import { PRESENTER_NAMES } from './present/table.js';
import { TRANSPORT_NAMES } from './transport/table.js';
import { adoptStyle } from './element/style.js';

/**
 * @typedef {import('./session/engine.js').State} State
 * @typedef {import('./session/engine.js').Stats} Stats
 * @typedef {import('./element/layout.js').Fit} Fit
 */

/**
 * Distance from the viewport at which the element receives frames, so that it is up to date when it comes into view.
 */
const NEAR = '64px';
/**
 * Attributes: `src` (the URL that lanstream printed; without it the page's own), `transport`, `codes` (`off`: raw
 * pixels), `present`, `thread`, `fit`, `stats`, `verify`, `muted`. Events: `resize`, `playing`, `waiting`, `error`
 * (with a `code`), `statechange` (what `state` says of the source or of what is the matter), `frame` (at most ten a
 * second); of films `pause`, `play`, `volumechange`, `durationchange`, `timeupdate`, `stats` (with the attribute),
 * `exactness-lost`.
 */
export class LanStream extends HTMLElement {
  static observedAttributes = ['src', 'transport', 'codes', 'present', 'thread', 'fit', 'stats', 'verify', 'muted'];

  #root = document.createElement('div');
  #stage = new Stage();
  #overlay;
  #sound = new Sound(
    () => this.#soundChanged(),
    message => this.#complain('sound-failed', message),
  );
  #host = /** @type {EngineHost | null} */ (null);
  #state = /** @type {State | null} */ (null);
  #stats = /** @type {Stats | null} */ (null);
  #paused = false;
  #playing = false;
  #pixelRequests = new PixelRequests();
  /** Ends all that `connectedCallback` began to listen to. */
  #connection = new AbortController();
  #resizes = new ResizeObserver(() => this.#layOut());
  #isInView = true;
  #views = new IntersectionObserver(entries => this.#observeView(entries), { rootMargin: NEAR });

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: 'open' });
    adoptStyle(shadow);
    this.#root.append(this.#stage.root);
    this.#overlay = new Overlay(this.#root, {
      toggleStats: () => {
        this.stats = !this.stats;
      },
      setFit: fit => {
        this.fit = fit;
      },
      togglePause: () => {
        if (this.paused) this.play();
        else this.pause();
      },
      toggleFullscreen: () => this.#toggleFullscreen(),
      seek: seconds => {
        this.currentTime = seconds;
      },
      step: () => this.step(),
      nextTrack: () => {
        this.audioTrack = (this.audioTrack + 1) % this.audioTracks.length;
      },
      toggleSound: () => this.#toggleSound(),
    });
    this.#overlay.showFit(this.fit);
    shadow.append(this.#root);
    this.addEventListener('keydown', event => this.handleKey(event));
  }

  connectedCallback() {
    this.#connection = new AbortController();
    const { signal } = this.#connection;
    document.addEventListener('visibilitychange', () => this.#sendPaused(), { signal });
    for (const touch of ['pointerdown', 'keydown'])
      addEventListener(touch, event => this.#touched(event), { signal, capture: true });
    addEventListener(
      'hashchange',
      () => {
        if (!this.hasAttribute('src')) this.#restart();
      },
      { signal },
    );
    followDevicePixels(() => this.#layOut(), signal);
    this.#resizes.observe(this);
    this.#views.observe(this);
    // Attributes that the page sets in the same breath are to count.
    queueMicrotask(() => {
      if (this.isConnected && this.#host === null) this.#start();
    });
  }

  disconnectedCallback() {
    this.#connection.abort();
    this.#resizes.disconnect();
    this.#views.disconnect();
    this.#overlay.close();
    this.#stop();
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (before === now) return;
    if (name === 'fit') this.#refit();
    else if (name === 'stats') this.#showStats();
    else if (name === 'muted') this.#sound.muted = this.muted;
    else if (name === 'verify') this.#host?.send({ type: 'verify', verify: this.verify });
    else if (this.#host !== null) this.#restart();
  }

  /** Width of the frame in its own pixels; 0 before there is one. */
  get videoWidth() {
    return this.#state?.width ?? 0;
  }
  get videoHeight() {
    return this.#state?.height ?? 0;
  }
  /** Whether playback is paused: of a film for every viewer, of another source for this viewer. */
  get paused() {
    return this.#state?.hasPlayback === true ? !this.#state.sourcePlaying : this.#paused;
  }

  /** Seconds of a film that have gone by; 0 for what has no timestamps. */
  get currentTime() {
    return this.#state?.timeS ?? 0;
  }
  /** Goes to another place, if it is a film of which that can be had. */
  set currentTime(seconds) {
    if (!Number.isFinite(Number(seconds))) throw new TypeError(`${seconds} is no time`);
    if (this.#state?.canSeek === true) this.#host?.send({ type: 'playback', command: 'seek', value: Number(seconds) });
  }

  /** What its tracks of sound are called; none of what is not heard. */
  get audioTracks() {
    return this.#state?.tracks ?? [];
  }
  /** The number of the track that is heard, from 0; -1: none. */
  get audioTrack() {
    return this.#state?.track ?? -1;
  }
  /** Has another be heard, by all who watch it. */
  set audioTrack(number) {
    if (!(Number(number) in this.audioTracks))
      throw new RangeError(`${number} is no number of a track: there are ${this.audioTracks.length}`);
    this.#host?.send({ type: 'playback', command: 'track', value: Number(number) });
  }

  /** Seconds of a film, `NaN` before they are known, `Infinity` of what goes on. */
  get duration() {
    if (this.#state === null) return NaN;
    return this.#state.hasPlayback && this.#state.durationS !== null ? this.#state.durationS : Infinity;
  }

  /** What is going on, as a plain object: the engine's state and what this element adds to it. */
  get state() {
    return {
      ...NOTHING_YET,
      ...this.#state,
      playing: this.#playing,
      fit: this.fit,
      scale: this.#stage.place?.scale ?? 0,
      stats: this.#stats,
    };
  }

  /** @returns {Fit} */
  get fit() {
    return FITS.find(fit => fit === this.getAttribute('fit')) ?? 'exact';
  }
  set fit(fit) {
    this.setAttribute('fit', fit);
  }

  get stats() {
    return this.hasAttribute('stats');
  }
  set stats(shown) {
    this.toggleAttribute('stats', shown);
  }

  get verify() {
    return this.hasAttribute('verify');
  }
  set verify(wanted) {
    this.toggleAttribute('verify', wanted);
  }

  get muted() {
    return this.hasAttribute('muted');
  }
  /** Without it a film is heard as soon as the browser lets the page be heard. */
  set muted(muted) {
    this.toggleAttribute('muted', muted);
    if (!muted) this.#sound.resume();
  }

  play() {
    this.#go('play');
  }
  pause() {
    this.#go('pause');
  }
  /** Pauses a film and shows its next frame. */
  step() {
    this.#go('step');
  }

  /**
   * The frame now: red, green, blue, 255. With `of: 'canvas'` it is read from the canvas, which some browsers
   * falsify.
   * @param {{ of?: 'picture' | 'canvas' }} [options]
   * @returns {Promise<ImageData>}
   */
  async readPixels({ of = 'picture' } = {}) {
    const { rgba, width, height } = await this.#read(of);
    return new ImageData(rgba, width, height);
  }

  /**
   * The planes that it is made of, as they came: one block, the planes one after the other. `null`: it came as pixels.
   * @returns {Promise<{ width: number, height: number, planar: import('./decode/planar.js').Planar, block: Uint8Array }
   *   | null>}
   */
  async readPlanes() {
    const { width, height, planes, block } = await this.#read('picture');
    if (block === null) return null;
    const planar = planarOf(planes);
    return { width, height, planar, block: block.subarray(0, blockBytes(planar, { width, height })) };
  }

  /** For a page whose keys are this element's. @param {KeyboardEvent} event */
  handleKey(event) {
    const hasPlayback = this.#state?.hasPlayback === true;
    handleKey(event, this, { hasPlayback, toggleSound: () => this.#toggleSound() });
  }

  /** @param {'picture' | 'canvas'} of */
  #read(of) {
    const host = this.#host;
    if (host === null || this.videoWidth === 0)
      return Promise.reject(new DOMException('no picture yet', 'InvalidStateError'));
    return this.#pixelRequests.ask(id => host.send({ type: 'read', id, of }));
  }

  /**
   * Controls playback of a film for every viewer; of another source, only this viewer's.
   * @param {'play' | 'pause' | 'step'} command
   */
  #go(command) {
    if (this.#state?.hasPlayback === true) this.#host?.send({ type: 'playback', command, value: 0 });
    else if (command !== 'step') this.#setPaused(command === 'pause');
  }

  #start() {
    const url = new URL(this.getAttribute('src') ?? location.href, location.href);
    this.#overlay.showFailure('connecting');
    const overlay = new OverlayLayer();
    this.#host = new EngineHost({
      present: oneOf(PRESENTER_NAMES, this.getAttribute('present')),
      thread: oneOf(['page', 'worker'], this.getAttribute('thread')),
      options: {
        origin: url.origin,
        token: url.hash.slice(1),
        transport: oneOf(TRANSPORT_NAMES, this.getAttribute('transport')),
        codes: this.getAttribute('codes') !== 'off',
        verify: this.verify,
        paused: this.#isIdle,
      },
      mount: canvas => this.#mount(canvas, overlay),
      layer: overlay,
      answer: answer => this.#receive(answer),
    });
    this.#showStats();
  }

  #stop() {
    this.#host?.close();
    this.#host = null;
    this.#state = null;
    this.#stats = null;
    this.#stage.cursor.hide();
    this.#sound.close();
    this.#pixelRequests.clear();
  }

  #restart() {
    this.#stop();
    this.#start();
  }

  /** @param {HTMLCanvasElement} canvas @param {OverlayLayer} overlay */
  #mount(canvas, overlay) {
    this.#stage.mount(canvas, overlay);
    this.#layOut();
  }

  /** @param {import('./session/port.js').Answer} answer */
  #receive(answer) {
    switch (answer.type) {
      case 'state':
        this.#receiveState(answer.state);
        break;
      case 'stats':
        this.#receiveStats(answer.stats);
        break;
      case 'cursor-shape':
        this.#stage.cursor.shape(answer.shape);
        break;
      case 'cursor-at':
        this.#stage.cursor.at(answer.x, answer.y, answer.serial);
        break;
      case 'sound':
        this.#sound.take(answer.atUs, answer.samples);
        break;
      case 'painted':
        if (this.#state?.sourcePlaying === true) this.#sound.follow(answer.filmS, answer.atMs);
        break;
      case 'refuted':
        this.dispatchEvent(new CustomEvent('exactness-lost', { detail: { seq: answer.seq } }));
        break;
      case 'error':
        this.#complain(answer.code, answer.message);
        break;
      case 'unfit':
        this.#failed(answer.message);
        break;
      case 'pixels':
        this.#pixelRequests.answer(answer);
        break;
    }
  }

  /** @param {State} state */
  #receiveState(state) {
    const before = this.#state;
    this.#state = state;
    this.#overlay.showState(state);
    if (state.hasPlayback) this.#followFilm(state, before);
    this.#overlay.showPaused(this.paused);
    if (!state.connected) this.#stage.cursor.hide();
    if (!state.connected || !state.sourcePlaying || state.paused) this.#sound.stop();
    if (state.width !== before?.width || state.height !== before.height) this.#resized();
    const playing =
      state.connected && state.frames > 0 && state.sourceState === 'live' && !state.paused && state.sourcePlaying;
    if (playing !== this.#playing) this.dispatchEvent(new Event(playing ? 'playing' : 'waiting'));
    this.#playing = playing;
    if (REPORTED.some(name => String(state[name]) !== String(before?.[name])))
      this.dispatchEvent(new Event('statechange'));
    if (state.frames !== (before?.frames ?? 0))
      this.dispatchEvent(new CustomEvent('frame', { detail: { seq: state.seq, frames: state.frames } }));
  }

  /** @param {string} message */
  #failed(message) {
    const text = `this browser cannot show the picture: ${message}`;
    this.#overlay.showFailure(text);
    this.#complain('unfit', text);
  }

  /** @param {State} state @param {State | null} before */
  #followFilm({ sourcePlaying, durationS, timeS }, before) {
    // This viewer was paused before the source was known to be a film.
    if (this.#paused) {
      this.#paused = false;
      this.#sendPaused();
      this.#go('pause');
    }
    if (sourcePlaying !== (before?.sourcePlaying ?? true))
      this.dispatchEvent(new Event(sourcePlaying ? 'play' : 'pause'));
    if (durationS !== (before?.durationS ?? null)) this.dispatchEvent(new Event('durationchange'));
    if (timeS !== (before?.timeS ?? null)) this.dispatchEvent(new Event('timeupdate'));
  }

  /**
   * From then on the browser lets the page be heard; what is for the sound itself does so by itself.
   * @param {Event} event
   */
  #touched(event) {
    const isItsOwn =
      event.composedPath()[0] instanceof HTMLButtonElement || /** @type {KeyboardEvent} */ (event).key === 'm';
    if (!this.muted && !isItsOwn) this.#sound.resume();
  }

  /** Mutes audible sound, and unmutes inaudible. */
  #toggleSound() {
    this.muted = this.#sound.isHeard;
  }

  #soundChanged() {
    this.#overlay.showSound(this.#sound.isThere, this.#sound.isHeard);
    this.dispatchEvent(new Event('volumechange'));
  }

  /** @param {Stats} stats */
  #receiveStats(stats) {
    this.#stats = stats;
    this.#updateOverlay();
    this.dispatchEvent(new CustomEvent('stats', { detail: stats }));
  }

  #resized() {
    this.#layOut();
    if (this.videoWidth > 0) this.dispatchEvent(new Event('resize'));
  }

  #refit() {
    this.#overlay.showFit(this.fit);
    this.#layOut();
    this.#updateOverlay();
  }

  #layOut() {
    const size = { width: this.videoWidth, height: this.videoHeight };
    const placed = this.#stage.layOut(this.fit, size, this.getBoundingClientRect());
    if (placed === null) return;
    this.#root.classList.toggle('crisp', this.fit !== 'contain');
    this.#root.classList.toggle('cropped', placed.cropped);
  }

  #showStats() {
    this.#overlay.showStats(this.stats);
    this.#host?.send({ type: 'stats', wanted: this.stats });
    this.#updateOverlay();
  }

  #updateOverlay() {
    if (this.#state !== null) this.#overlay.update(this.#state, this.#stats, this.#stage.place);
  }

  /** @param {boolean} paused */
  #setPaused(paused) {
    this.#paused = paused;
    this.#overlay.showPaused(paused);
    this.#sendPaused();
  }

  /** Whether the server need not send: paused, or not visible. */
  get #isIdle() {
    return this.#paused || document.hidden || !this.#isInView;
  }

  #sendPaused() {
    this.#host?.send({ type: 'paused', paused: this.#isIdle });
  }

  /** @param {readonly IntersectionObserverEntry[]} entries the newest last */
  #observeView(entries) {
    this.#isInView = entries.at(-1)?.isIntersecting ?? true;
    this.#sendPaused();
  }

  /** @param {string} code @param {string} message */
  #complain(code, message) {
    this.dispatchEvent(Object.assign(new ErrorEvent('error', { message }), { code }));
  }

  #toggleFullscreen() {
    const done = document.fullscreenElement === null ? this.requestFullscreen() : document.exitFullscreen();
    done.catch(error => this.#complain('fullscreen-refused', String(error)));
  }
}

/**
 * @template {string} T
 * @param {readonly T[]} values
 * @param {string | null} value
 * @returns {T | 'auto'}
 */
function oneOf(values, value) {
  return values.find(each => each === value) ?? 'auto';
}

customElements.define('lan-stream', LanStream);
