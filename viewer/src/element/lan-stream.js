// The class of <lan-stream>: like <video>, it shows a source, here bit-exact. It lays out the canvases and the overlay,
// and passes on to the player what the page asks for. It defines no element.

import { actionsOf } from './actions.js';
import { AttributeElement } from './attributes.js';
import { captureFrames } from './capture.js';
import { followDevicePixels } from './device-pixels.js';
import { handleKey } from './keys.js';
import { Overlay } from './overlay.js';
import { blockBytes, planarOf } from '../decode/planar.js';
import { Player } from './player.js';
import { pngOf } from './png.js';
import { Ranges } from './time-ranges.js';
import { Stage } from './stage.js';
import { NOTHING_YET } from './state.js';
import { adoptStyle } from './style.js';

/**
 * @typedef {import('../session/engine.js').State} State
 * @typedef {import('../session/engine.js').Stats} Stats
 * @typedef {import('./frame-callbacks.js').FrameCallback} FrameCallback
 */

/**
 * Distance from the viewport at which the element receives frames, so that it is up to date when it comes into view.
 */
const NEAR = '64px';
/** Attributes whose change begins a new session. */
const STARTING = ['src', 'transport', 'codes', 'present', 'thread'];

/**
 * Element of one source. Attributes and their properties are in attributes.js, events and error codes in
 * docs/viewer.md.
 */
export class LanStream extends AttributeElement {
  #root = document.createElement('div');
  #stage = new Stage();
  #size;
  #overlay;
  #player;
  /** Whether the source is asked for as soon as the page's script is done. */
  #isStarting = false;
  /** Whether a person or the page has said what it is to do; before, `autoplay` does. */
  #isTold = false;
  /** Ends all that `connectedCallback` began to listen to. */
  #connection = new AbortController();
  #resizes = new ResizeObserver(() => this.#layOut());
  #isInView = true;
  #views = new IntersectionObserver(entries => this.#observeView(entries), { rootMargin: NEAR });

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: 'open' });
    this.#size = adoptStyle(shadow);
    this.#root.append(this.#stage.root);
    const toggleFullscreen = () => this.#toggleFullscreen();
    this.#overlay = new Overlay(
      this.#root,
      actionsOf(this, { toggleFullscreen, toggleSound: () => this.#toggleSound() }),
    );
    this.#player = new Player(this.#view());
    this.#overlay.showFit(this.fit);
    shadow.append(this.#root);
    this.addEventListener('keydown', event => {
      if (this.controls) this.handleKey(event);
    });
  }

  connectedCallback() {
    this.#connection = new AbortController();
    const { signal } = this.#connection;
    document.addEventListener('visibilitychange', () => this.#see(), { signal });
    for (const touch of ['pointerdown', 'keydown'])
      addEventListener(touch, event => this.#touched(event), { signal, capture: true });
    followDevicePixels(() => this.#layOut(), signal);
    this.#resizes.observe(this);
    this.#views.observe(this);
    this.#see();
    if (!this.#player.isLoaded) this.#startSoon();
  }

  disconnectedCallback() {
    this.#connection.abort();
    this.#resizes.disconnect();
    this.#views.disconnect();
    this.#overlay.close();
    // One that is put elsewhere in the same breath keeps its session.
    queueMicrotask(() => {
      if (!this.isConnected) this.#player.unload();
    });
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (name === 'src')
      this.load(); // Also to the same URL: that is how to begin again.
    else if (before === now) return;
    else if (STARTING.includes(name) && this.#player.isLoaded) this.load();
    else if (name === 'fit') this.#refit();
    else if (name === 'stats') this.#showStats();
    else if (name === 'muted') this.#mute();
    else if (name === 'verify') this.#player.send({ type: 'verify', verify: this.verify });
    else if (name === 'autoplay' && !this.#isTold) this.#player.begin(!this.autoplay);
  }

  /** Width of the frame in its own pixels; 0 before there is one. */
  get videoWidth() {
    return this.#player.state?.width ?? 0;
  }
  get videoHeight() {
    return this.#player.state?.height ?? 0;
  }
  /** Absolute URL of the source that is asked for or shown; `''`: none. */
  get currentSrc() {
    return this.#player.currentSrc;
  }
  /** What is the matter, or was last; `null`: nothing since the source was asked for or came back. */
  get error() {
    return this.#player.error;
  }
  /** As of media elements: 0 without a picture, 2 with one that stands still, 4 while frames come. */
  get readyState() {
    return this.#player.media.readyState;
  }
  /** As of media elements. */
  get networkState() {
    return this.#player.media.networkState;
  }
  /** Whether playback is paused: of a film for every viewer, of another source for this viewer. */
  get paused() {
    return this.#player.paused;
  }
  get ended() {
    return this.#player.media.ended;
  }
  get seeking() {
    return this.#player.media.seeking;
  }
  /** All of a film that can be sought in. */
  get seekable() {
    const { duration } = this;
    return new Ranges(this.#player.state?.canSeek === true && Number.isFinite(duration) ? [[0, duration]] : []);
  }
  /** Nothing: no frame is kept for later. */
  get buffered() {
    return new Ranges([]);
  }
  /** Seconds of a film, `NaN` before they are known, `Infinity` of what goes on. */
  get duration() {
    return this.#player.media.durationS;
  }

  /** Seconds of a film that have gone by; 0 for what has no timestamps. */
  get currentTime() {
    return this.#player.state?.timeS ?? 0;
  }
  /** Goes to another place, if it is a film of which that can be had. */
  set currentTime(seconds) {
    if (!Number.isFinite(Number(seconds))) throw new TypeError(`${seconds} is no time`);
    this.#player.seek(Number(seconds));
  }

  /** Volume of a film's sound, from 0 to 1. */
  get volume() {
    return this.#player.sound.volume;
  }
  set volume(volume) {
    const wanted = Number(volume);
    if (!(wanted >= 0 && wanted <= 1)) throw new DOMException(`${volume} is not from 0 to 1`, 'IndexSizeError');
    this.#player.sound.volume = wanted;
  }

  /** How fast a film goes, which its server decides: 1. */
  get playbackRate() {
    return 1;
  }
  set playbackRate(rate) {
    if (Number(rate) !== 1) throw new DOMException('only the server sets how fast a film goes', 'NotSupportedError');
  }

  /** Its audio tracks, as an AudioTrackList. Which of them is `enabled` is heard by all who watch. */
  get audioTracks() {
    return this.#player.audioTracks;
  }

  /** What is going on, as a plain object: the engine's state and what this element adds to it. */
  get state() {
    return {
      ...NOTHING_YET,
      ...this.#player.state,
      playing: this.#player.media.isPlaying,
      fit: this.fit,
      scale: this.#stage.place?.scale ?? 0,
      stats: this.#player.stats,
    };
  }

  /** Asks for the source anew. */
  load() {
    this.#player.unload();
    this.#startSoon();
  }

  /**
   * Resolves when frames come; rejects with the error that keeps them away.
   * @returns {Promise<void>}
   */
  play() {
    this.#isTold = true;
    return this.#player.play();
  }
  pause() {
    this.#isTold = true;
    this.#player.pause();
  }
  /** Pauses a film and shows its next frame. */
  step() {
    this.#player.step();
  }

  /** Frames so far, and those of them that were skipped because newer ones came. */
  getVideoPlaybackQuality() {
    const { frames = 0, skipped = 0 } = this.#player.state ?? {};
    return { creationTime: performance.now(), totalVideoFrames: frames + skipped, droppedVideoFrames: skipped };
  }

  /**
   * Calls back when the next frame was painted.
   * @param {FrameCallback} callback
   * @returns {number} handle for `cancelVideoFrameCallback`
   */
  requestVideoFrameCallback(callback) {
    return this.#player.frameCallbacks.request(callback);
  }
  /** @param {number} handle */
  cancelVideoFrameCallback(handle) {
    this.#player.frameCallbacks.cancel(handle);
  }

  /**
   * The frame now: red, green, blue, 255. With `of: 'canvas'` it is read from the canvas, which some browsers
   * falsify.
   * @param {{ of?: 'picture' | 'canvas' }} [options]
   * @returns {Promise<ImageData>}
   */
  async readPixels({ of = 'picture' } = {}) {
    const { rgba, width, height } = await this.#player.read(of);
    return new ImageData(rgba, width, height);
  }

  /**
   * The planes that it is made of, as they came: one block, the planes one after the other. `null`: it came as pixels.
   * @returns {Promise<{ width: number, height: number, planar: import('../decode/planar.js').Planar, block:
   *   Uint8Array } | null>}
   */
  async readPlanes() {
    const { width, height, planes, block } = await this.#player.read('picture');
    if (block === null) return null;
    const planar = planarOf(planes);
    return { width, height, planar, block: block.subarray(0, blockBytes(planar, { width, height })) };
  }

  /**
   * A PNG file of the frame, made from the frame in memory.
   * @returns {Promise<Blob>}
   */
  async screenshot() {
    return pngOf(await this.readPixels());
  }

  /**
   * The frames as a track of video, without sound. It ends with the source.
   * @param {number} [frameRate] frames a second, at most
   * @returns {MediaStream}
   */
  captureStream(frameRate) {
    const requestFrame = (/** @type {() => void} */ callback) => void this.requestVideoFrameCallback(callback);
    return captureFrames({ requestFrame, read: () => this.readPixels(), signal: this.#player.signal }, frameRate);
  }

  /** For a page whose keys are this element's. @param {KeyboardEvent} event */
  handleKey(event) {
    const hasPlayback = this.#player.state?.hasPlayback === true;
    handleKey(event, this, { hasPlayback, toggleSound: () => this.#toggleSound() });
  }

  /** Attributes that the page sets in the same breath are to count. */
  #startSoon() {
    if (this.#isStarting) return;
    this.#isStarting = true;
    queueMicrotask(() => {
      this.#isStarting = false;
      if (this.isConnected && !this.#player.isLoaded) this.#start();
    });
  }

  #start() {
    const src = this.getAttribute('src');
    if (src === null) return;
    const { present, thread, transport, codes, verify } = this;
    this.#player.load({ src, base: this.baseURI, present, thread, transport, codes, verify });
    this.#showStats();
  }

  /** What is seen of the player. @returns {import('./player.js').View} */
  #view() {
    return {
      dispatch: event => void this.dispatchEvent(event),
      mount: (canvas, layer) => {
        this.#stage.mount(canvas, layer);
        this.#layOut();
      },
      mountAbove: canvas => this.#stage.mountAbove(canvas),
      showState: state => this.#showState(state),
      showStats: () => this.#updateOverlay(),
      showFailure: text => this.#overlay.showFailure(text),
      showPaused: () => this.#overlay.showPaused(this.paused),
      showSound: (isThere, isHeard) => this.#overlay.showSound(isThere, isHeard),
      clear: () => {
        this.#stage.clear();
        this.#overlay.showFailure('');
        this.#layOut();
      },
      cursor: this.#stage.cursor,
    };
  }

  /** @param {State} state */
  #showState(state) {
    this.#overlay.showState(state);
    this.#overlay.showPaused(this.paused);
    const { width, height } = this.#stage.size;
    if (state.width !== width || state.height !== height) this.#layOut();
  }

  #mute() {
    this.#player.sound.muted = this.muted;
    if (!this.muted) this.#player.sound.resume();
  }

  /**
   * From then on the browser lets the page be heard; what is for the sound itself does so by itself.
   * @param {Event} event
   */
  #touched(event) {
    const isItsOwn =
      event.composedPath()[0] instanceof HTMLButtonElement || /** @type {KeyboardEvent} */ (event).key === 'm';
    if (!this.muted && !isItsOwn) this.#player.sound.resume();
  }

  /** Mutes audible sound, and unmutes inaudible. */
  #toggleSound() {
    this.muted = this.#player.sound.isHeard;
  }

  #refit() {
    this.#overlay.showFit(this.fit);
    this.#layOut();
  }

  #layOut() {
    const size = { width: this.videoWidth, height: this.videoHeight };
    this.#size.follow(size, devicePixelRatio);
    const placed = this.#stage.layOut(this.fit, size);
    if (placed === null) return;
    this.#root.classList.toggle('crisp', this.fit !== 'contain');
    this.#root.classList.toggle('cropped', placed.cropped);
    if (this.stats) this.#updateOverlay(); // It says how large the frame is shown.
  }

  #showStats() {
    this.#overlay.showStats(this.stats);
    this.#player.send({ type: 'stats', wanted: this.stats });
    this.#updateOverlay();
  }

  #updateOverlay() {
    const { state, stats } = this.#player;
    if (state !== null) this.#overlay.update(state, stats, this.#stage.place);
  }

  /** @param {readonly IntersectionObserverEntry[]} entries the newest last */
  #observeView(entries) {
    this.#isInView = entries.at(-1)?.isIntersecting ?? true;
    this.#see();
  }

  #see() {
    this.#player.setSeen(!document.hidden && this.#isInView);
  }

  #toggleFullscreen() {
    const done = document.fullscreenElement === null ? this.requestFullscreen() : document.exitFullscreen();
    done.catch(error => this.#player.fail('fullscreen-refused', String(error)));
  }
}
