// What <lan-stream> plays: one source at a time, from its URL to its end, in the terms of media elements. It receives
// the engine's answers and says which events they mean. Not what is seen of it (lan-stream.js), nor attributes.

import { AudioTracks } from './audio-tracks.js';
import { EngineHost } from './engine-host.js';
import { ERRORS, StreamError, StreamErrorEvent } from './errors.js';
import { FrameCallbacks } from './frame-callbacks.js';
import { Media } from './media.js';
import { OverlayLayer } from './overlay-layer.js';
import { PendingPlays } from './plays.js';
import { PixelRequests } from './pixel-requests.js';
import { Sound } from './sound.js';
import { REPORTED } from './state.js';

/**
 * @typedef {import('../session/engine.js').State} State
 * @typedef {import('../session/engine.js').Stats} Stats
 * @typedef {import('./errors.js').ErrorCode} ErrorCode
 * @typedef {import('./errors.js').ErrorDetail} ErrorDetail
 *
 * What the element shows of it. `mount` puts a canvas and the one over it into the page, `mountAbove` a hidden one over
 * the first; `showState` comes before the events that the state means, `showFailure` replaces the banner.
 * @typedef {{
 *   dispatch(event: Event): void,
 *   mount(canvas: HTMLCanvasElement, layer: OverlayLayer): void,
 *   mountAbove(canvas: HTMLCanvasElement): void,
 *   showState(state: State): void,
 *   showStats(): void,
 *   showFailure(text: string): void,
 *   showPaused(): void,
 *   showSound(isThere: boolean, isHeard: boolean): void,
 *   clear(): void,
 *   cursor: import('./cursor.js').CursorLayer,
 * }} View
 * @typedef {{ src: string, base: string, present: import('../session/port.js').Present, thread:
 *   import('./attributes.js').ThreadName, transport: import('./attributes.js').TransportChoice, codes: boolean, verify:
 *   boolean }} LoadOptions
 */

export class Player {
  media = new Media();
  frameCallbacks = new FrameCallbacks(wanted => this.send({ type: 'frames', wanted }));
  sound = new Sound(
    () => this.#soundChanged(),
    message => this.#complain('sound-failed', message),
  );
  audioTracks = new AudioTracks(index => this.send({ type: 'playback', command: 'track', value: index }));
  /** @type {State | null} */
  state = null;
  /** @type {Stats | null} */
  stats = null;
  /** What is the matter, or was last since the source was asked for or came back. @type {StreamError | null} */
  error = null;
  currentSrc = '';
  #view;
  #host = /** @type {EngineHost | null} */ (null);
  #plays = new PendingPlays();
  #pixelRequests = new PixelRequests();
  /** Whether a person paused it here. */
  #isPaused = false;
  /** Whether somebody can see it. */
  #isSeen = true;
  #loaded = new AbortController();
  /** What lets this viewer in again at a URL whose ticket is used. */
  #renewed = /** @type {{ url: string, token: string } | null} */ (null);

  /** @param {View} view */
  constructor(view) {
    this.#view = view;
  }

  get isLoaded() {
    return this.currentSrc !== '';
  }

  /** Aborted when the source is left. */
  get signal() {
    return this.#loaded.signal;
  }

  /** Whether playback is paused: of a film for every viewer, of another source for this viewer. */
  get paused() {
    return this.state?.hasPlayback === true ? !this.state.sourcePlaying : this.#isPaused;
  }

  /** @param {LoadOptions} options */
  load({ src, base, present, thread, transport, codes, verify }) {
    this.error = null;
    this.#loaded = new AbortController();
    this.#dispatch(this.media.load());
    const url = serverUrl(src, base);
    this.currentSrc = url?.href ?? src;
    if (url === null) return this.#refuse(src);
    this.#view.showFailure('connecting');
    const layer = new OverlayLayer();
    const { signal } = this.#loaded;
    // A ticket is used up by the first session; an element that comes back has another.
    const token = this.#renewed?.url === url.href ? this.#renewed.token : url.hash.slice(1);
    const options = { server: baseOf(url), token, transport, codes, verify, paused: this.#isIdle };
    this.#host = new EngineHost({
      present,
      thread,
      options,
      mount: canvas => this.#view.mount(canvas, layer),
      mountAbove: canvas => this.#view.mountAbove(canvas),
      layer,
      // The last words of an engine that is closed are of a source that was left.
      answer: answer => {
        if (!signal.aborted) this.#receive(answer);
      },
    });
    this.frameCallbacks.renew();
    return undefined;
  }

  unload() {
    this.#loaded.abort();
    this.#host?.close();
    this.#host = null;
    this.state = null;
    this.stats = null;
    this.currentSrc = '';
    this.sound.close();
    this.#pixelRequests.clear();
    this.audioTracks.update([], null);
    this.#plays.reject(new DOMException('the source was left before it played', 'AbortError'));
    this.#view.clear();
    this.#dispatch(this.media.unload());
  }

  /** @param {import('../session/port.js').Command} command */
  send(command) {
    this.#host?.send(command);
  }

  /** @returns {Promise<void>} resolved when frames come */
  play() {
    this.#go('play');
    if (this.media.isPlaying) return Promise.resolve();
    if (this.error !== null && ERRORS[this.error.code].stops) return Promise.reject(this.error);
    return this.#plays.add();
  }

  pause() {
    this.#go('pause');
    this.#plays.reject(new DOMException('it was paused before it played', 'AbortError'));
  }

  step() {
    this.#go('step');
  }

  /** @param {number} seconds */
  seek(seconds) {
    if (this.state?.canSeek !== true) return;
    const { durationS } = this.media;
    const target = Math.max(0, Math.min(seconds, Number.isFinite(durationS) ? durationS : Infinity));
    this.send({ type: 'playback', command: 'seek', value: target });
    this.#dispatch(this.media.seek(target));
  }

  /** @param {boolean} isSeen whether frames are of use to somebody */
  setSeen(isSeen) {
    this.#isSeen = isSeen;
    this.#sendPaused();
  }

  /** @param {boolean} isPaused before a person says so */
  begin(isPaused) {
    this.#isPaused = isPaused;
    this.#view.showPaused();
    this.#sendPaused();
  }

  /** @param {'picture' | 'canvas'} of @returns {Promise<import('./pixel-requests.js').Pixels>} */
  read(of) {
    if (this.#host === null || this.media.readyState === 0)
      return Promise.reject(new DOMException('no picture yet', 'InvalidStateError'));
    return this.#pixelRequests.ask(id => this.send({ type: 'read', id, of }));
  }

  /** Reports an error that does not come from the engine. @param {ErrorCode} code @param {string} message */
  fail(code, message) {
    this.#complain(code, message);
  }

  /** @param {string} src */
  #refuse(src) {
    this.media.refuse();
    const text = `src is not a URL that lanstream printed, as http://127.0.0.1:PORT/#TOKEN: ${withoutToken(src)}`;
    this.#view.showFailure(text);
    this.#complain('bad-src', text);
  }

  /**
   * Controls playback of a film for every viewer; of another source, only this viewer's.
   * @param {'play' | 'pause' | 'step'} command
   */
  #go(command) {
    if (this.state?.hasPlayback === true) this.send({ type: 'playback', command, value: 0 });
    else if (command !== 'step') this.#setPaused(command === 'pause');
  }

  /** @param {boolean} isPaused */
  #setPaused(isPaused) {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    this.#view.showPaused();
    this.#dispatch([isPaused ? 'pause' : 'play']);
    this.#sendPaused();
  }

  /** Whether the server need not send: paused, or not seen. */
  get #isIdle() {
    return this.#isPaused || !this.#isSeen;
  }

  #sendPaused() {
    this.send({ type: 'paused', paused: this.#isIdle });
  }

  /** @param {import('../session/port.js').Answer} answer */
  #receive(answer) {
    switch (answer.type) {
      case 'state':
        this.#receiveState(answer.state);
        break;
      case 'stats':
        this.stats = answer.stats;
        this.#view.showStats();
        this.#view.dispatch(new CustomEvent('stats', { detail: answer.stats }));
        break;
      case 'cursor-shape':
        this.#view.cursor.shape(answer.shape);
        break;
      case 'cursor-at':
        this.#view.cursor.at(answer.x, answer.y, answer.serial);
        break;
      case 'sound':
        this.sound.take(answer.atUs, answer.samples);
        break;
      case 'painted':
        if (this.state?.sourcePlaying === true) this.sound.follow(answer.filmS, answer.atMs);
        break;
      case 'frame':
        this.frameCallbacks.painted(answer.frame);
        break;
      case 'renewed':
        this.#renew(answer.token);
        break;
      case 'refuted':
        this.#view.dispatch(new CustomEvent('exactness-lost', { detail: { seq: answer.seq } }));
        break;
      case 'error':
        if (answer.code in ERRORS)
          this.#complain(/** @type {ErrorCode} */ (answer.code), answer.message, answer.detail);
        break;
      case 'unfit':
        this.#unfit(`this browser cannot show the picture: ${answer.message}`);
        break;
      case 'pixels':
        this.#pixelRequests.answer(answer);
        break;
    }
  }

  /** @param {string} token */
  #renew(token) {
    this.#renewed = { url: this.currentSrc, token };
    const url = new URL(this.currentSrc);
    url.hash = token;
    this.#view.dispatch(new CustomEvent('renewed', { detail: { url: url.href } }));
  }

  /** @param {State} state */
  #receiveState(state) {
    const before = this.state;
    this.state = state;
    this.audioTracks.update(state.tracks, state.track);
    if (state.hasPlayback) this.#handOverPause();
    this.#view.showState(state);
    if (!state.connected) this.#view.cursor.hide();
    if (!state.connected || !state.sourcePlaying || state.paused) this.sound.stop();
    const isWellAgain = state.code === '' && (before?.code ?? '') !== '';
    if (isWellAgain || (state.connected && before?.connected !== true)) this.error = null;
    this.#dispatch(this.media.take(state, this.paused));
    if (this.media.isPlaying) this.#plays.resolve();
    if (REPORTED.some(name => String(state[name]) !== String(before?.[name]))) this.#dispatch(['statechange']);
    if (state.frames !== (before?.frames ?? 0))
      this.#view.dispatch(new CustomEvent('frame', { detail: { seq: state.seq, frames: state.frames } }));
  }

  /** This viewer was paused before the source was known to be a film, which is paused for all. */
  #handOverPause() {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#sendPaused();
    this.#go('pause');
  }

  /** @param {string} text */
  #unfit(text) {
    this.#view.showFailure(text);
    this.#complain('unfit', text);
  }

  #soundChanged() {
    this.#view.showSound(this.sound.isThere, this.sound.isHeard);
    this.#dispatch(['volumechange']);
  }

  /** @param {readonly string[]} names of events */
  #dispatch(names) {
    for (const name of names) this.#view.dispatch(new Event(name));
  }

  /** @param {ErrorCode} code @param {string} message @param {ErrorDetail} [detail] */
  #complain(code, message, detail) {
    this.error = new StreamError(code, message, detail);
    if (ERRORS[code].stops) this.#plays.reject(this.error);
    this.#view.dispatch(new StreamErrorEvent(this.error));
  }
}

/** The server's URL; null: there cannot be a server. @param {string} src @param {string} base */
function serverUrl(src, base) {
  if (!URL.canParse(src, base)) return null;
  const url = new URL(src, base);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : null;
}

/** The folder that a URL is in, without a slash at the end: what the server is asked lies there. @param {URL} url */
function baseOf({ origin, pathname }) {
  return origin + pathname.slice(0, pathname.lastIndexOf('/'));
}

/** What of a URL may be shown and logged. @param {string} src */
function withoutToken(src) {
  return src.replace(/#.*$/s, '#…');
}
