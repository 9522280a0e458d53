// The element's state in the terms of media elements, derived from the engine's: which events a change of it means. No
// DOM.

/** @typedef {import('../session/engine.js').State} State */

/** `readyState`: as of media elements. Every frame is the newest, so there is no state between these. */
export const HAVE_NOTHING = 0;
export const HAVE_CURRENT_DATA = 2;
export const HAVE_ENOUGH_DATA = 4;
/** `networkState`: as of media elements. */
export const NETWORK_EMPTY = 0;
export const NETWORK_IDLE = 1;
export const NETWORK_LOADING = 2;
export const NETWORK_NO_SOURCE = 3;

/** How near to its target the film is when a seek is done: films without an index are entered at a key frame. */
const SEEK_NEAR_S = 1;
/** As near as that, no other frame has to come. */
const SEEK_THERE_S = 0.05;
/** Frames after which a seek counts as done wherever the film is, as where it ends before the target. */
const SEEK_FRAMES_MAX = 25;

export class Media {
  readyState = HAVE_NOTHING;
  networkState = NETWORK_EMPTY;
  ended = false;
  /** Whether new frames come, and nothing is paused. */
  isPlaying = false;
  #state = /** @type {State | null} */ (null);
  #seek = /** @type {{ toS: number, frames: number } | null} */ (null);

  get seeking() {
    return this.#seek !== null;
  }

  /** Seconds of a film, NaN before they are known, Infinity of what goes on. */
  get durationS() {
    if (this.#state === null || this.readyState === HAVE_NOTHING) return NaN;
    return this.#state.hasPlayback && this.#state.durationS !== null ? this.#state.durationS : Infinity;
  }

  /** A source is asked for. @returns {string[]} events */
  load() {
    const events = this.unload();
    this.networkState = NETWORK_LOADING;
    return [...events, 'loadstart'];
  }

  /** There is no source any more. @returns {string[]} events */
  unload() {
    const wasEmpty = this.networkState === NETWORK_EMPTY;
    const hadDuration = !Number.isNaN(this.durationS);
    Object.assign(this, { readyState: HAVE_NOTHING, networkState: NETWORK_EMPTY, ended: false, isPlaying: false });
    this.#state = null;
    this.#seek = null;
    return [...(wasEmpty ? [] : ['emptied']), ...(hadDuration ? ['durationchange'] : [])];
  }

  /** The source cannot be had, whatever comes. */
  refuse() {
    this.networkState = NETWORK_NO_SOURCE;
  }

  /** A seek was asked for. @param {number} toS @returns {string[]} events */
  seek(toS) {
    this.#seek = { toS, frames: this.#state?.frames ?? 0 };
    return ['seeking'];
  }

  /**
   * @param {State} state
   * @param {boolean} isPaused by a person, not because nobody looks
   * @returns {string[]} events, in order
   */
  take(state, isPaused) {
    const before = this.#state;
    const durationBefore = this.durationS;
    const isFirst = this.readyState === HAVE_NOTHING && state.width > 0;
    const flows = state.connected && state.frames > 0 && state.sourceState === 'live';
    const readyBefore = this.readyState;
    this.#state = state;
    this.readyState = state.width === 0 ? HAVE_NOTHING : flows ? HAVE_ENOUGH_DATA : HAVE_CURRENT_DATA;
    if (state.phase === 'ticket-rejected') this.networkState = NETWORK_NO_SOURCE;
    else this.networkState = state.connected && isPaused ? NETWORK_IDLE : NETWORK_LOADING;
    return [
      ...(Object.is(durationBefore, this.durationS) ? [] : ['durationchange']),
      ...(state.width > 0 && (isFirst || isOtherSize(state, before)) ? ['resize'] : []),
      ...(isFirst ? ['loadedmetadata', 'loadeddata'] : []),
      ...(flows && readyBefore !== HAVE_ENOUGH_DATA ? ['canplay', 'canplaythrough'] : []),
      ...this.#filmEvents(state, before),
      ...this.#playingEvents(state, flows, isPaused),
      ...this.#seekEvents(state),
    ];
  }

  /** @param {State} state @param {State | null} before @returns {string[]} */
  #filmEvents({ hasPlayback, sourcePlaying, timeS }, before) {
    if (!hasPlayback) return [];
    const turned = sourcePlaying !== (before?.sourcePlaying ?? true);
    return [
      ...(turned ? [sourcePlaying ? 'play' : 'pause'] : []),
      ...(timeS !== (before?.timeS ?? null) ? ['timeupdate'] : []),
    ];
  }

  /** @param {State} state @param {boolean} flows @param {boolean} isPaused @returns {string[]} */
  #playingEvents(state, flows, isPaused) {
    const was = this.isPlaying;
    this.isPlaying = flows && !state.paused && state.sourcePlaying;
    const hadEnded = this.ended;
    this.ended = state.isOver && state.code === 'source-ended';
    if (this.ended) return hadEnded ? [] : ['ended'];
    if (this.isPlaying === was) return [];
    if (this.isPlaying) return ['playing'];
    return flows || isPaused ? [] : ['waiting'];
  }

  /** @param {State} state @returns {string[]} */
  #seekEvents({ frames, timeS }) {
    if (this.#seek === null || timeS === null) return [];
    const { toS, frames: framesBefore } = this.#seek;
    const offS = Math.abs(timeS - toS);
    const shown = frames - framesBefore;
    const isDone = offS < SEEK_THERE_S || (offS < SEEK_NEAR_S && shown > 0) || shown > SEEK_FRAMES_MAX;
    if (!isDone) return [];
    this.#seek = null;
    return ['seeked'];
  }
}

/** @param {State} state @param {State | null} before */
function isOtherSize({ width, height }, before) {
  return width !== before?.width || height !== before.height;
}
