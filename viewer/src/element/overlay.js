// The overlay: statistics, controls, a banner. It is hidden while frames arrive and the pointer rests.

import { FilmBar } from './film.js';
import { FITS } from './layout.js';
import { ENCODING_NAMES } from '../protocol/messages.js';

/**
 * @typedef {import('../session/engine.js').State} State
 * @typedef {import('../session/engine.js').Stats} Stats
 * @typedef {import('./layout.js').Place} Place
 * @typedef {import('./film.js').FilmActions & { toggleStats(): void, toggleSound(): void, setFit(fit:
 *   import('./layout.js').Fit): void, togglePause(): void, toggleFullscreen(): void }} Actions
 */

/** After the last movement. */
const AWAKE_MS = 2000;
export class Overlay {
  #root;
  #stats = document.createElement('dl');
  #banner = document.createElement('p');
  #statsButton;
  #fitButton;
  #pauseButton;
  #soundButton;
  #film;
  #timer = 0;

  /**
   * @param {HTMLElement} root of everything the element shows
   * @param {Actions} actions
   */
  constructor(root, actions) {
    this.#root = root;
    this.#stats.className = 'stats';
    this.#stats.part.add('stats');
    this.#stats.hidden = true;
    this.#banner.className = 'banner';
    this.#banner.part.add('banner');
    this.#banner.setAttribute('role', 'status');
    this.#statsButton = button('stats', 'show statistics (s)', () => actions.toggleStats());
    this.#fitButton = button('', '', () => actions.setFit(nextFit(this.#fitButton.dataset['fit'])));
    this.#pauseButton = button('pause', 'pause', () => actions.togglePause());
    this.#soundButton = button('', '', () => actions.toggleSound());
    this.#soundButton.hidden = true;
    const fullscreen = button('full screen', 'full screen', () => actions.toggleFullscreen());
    const controls = document.createElement('div');
    controls.className = 'controls';
    controls.part.add('controls');
    this.#film = new FilmBar(actions);
    controls.append(
      this.#pauseButton,
      this.#film.element,
      this.#soundButton,
      this.#statsButton,
      this.#fitButton,
      fullscreen,
    );
    const above = document.createElement('div');
    above.className = 'above';
    above.append(this.#stats, this.#banner, controls);
    root.append(above);
    root.classList.add('asleep');
    root.addEventListener('pointermove', () => this.#wake());
    // For touch screens. Not on `pointerdown`: the finger would press the button that appears under it.
    root.addEventListener('click', () => this.#wake());
  }

  /** @param {boolean} shown */
  showStats(shown) {
    this.#stats.hidden = !shown;
    this.#statsButton.setAttribute('aria-pressed', String(shown));
  }

  /** @param {import('./layout.js').Fit} fit */
  showFit(fit) {
    this.#fitButton.dataset['fit'] = fit;
    this.#fitButton.textContent = `fit: ${fit}`;
    this.#fitButton.setAttribute('aria-label', `fit: ${fit}; change to ${nextFit(fit)}`);
  }

  /** @param {boolean} paused */
  showPaused(paused) {
    this.#pauseButton.textContent = paused ? 'play' : 'pause';
    this.#pauseButton.setAttribute('aria-pressed', String(paused));
  }

  /** @param {boolean} isThere @param {boolean} isHeard */
  showSound(isThere, isHeard) {
    this.#soundButton.hidden = !isThere;
    this.#soundButton.textContent = `sound: ${isHeard ? 'on' : 'off'}`;
    this.#soundButton.setAttribute('aria-pressed', String(isHeard));
    this.#soundButton.setAttribute('aria-label', isHeard ? 'mute (m)' : 'unmute (m)');
  }

  /** @param {State} state */
  showState(state) {
    setText(this.#banner, bannerText(state));
    this.#film.show(state);
  }

  /** Replaces the banner by the reason why nothing can be shown. @param {string} text */
  showFailure(text) {
    setText(this.#banner, text);
  }

  /**
   * @param {State} state
   * @param {Stats | null} stats
   * @param {Place | null} place
   */
  update(state, stats, place) {
    if (this.#stats.hidden) return;
    const rows = statsRows(state, stats, place);
    while (this.#stats.childElementCount > rows.length * 2) this.#stats.lastElementChild?.remove();
    rows.flat().forEach((text, at) => setText(this.#cell(at), text));
  }

  /** Element of a name or a value. @param {number} at index over names and values */
  #cell(at) {
    const there = this.#stats.children[at];
    if (there instanceof HTMLElement) return there;
    const cell = document.createElement(at % 2 === 0 ? 'dt' : 'dd');
    this.#stats.append(cell);
    return cell;
  }

  close() {
    clearTimeout(this.#timer);
  }

  #wake() {
    clearTimeout(this.#timer);
    this.#root.classList.remove('asleep');
    this.#timer = Number(setTimeout(() => this.#root.classList.add('asleep'), AWAKE_MS));
  }
}

/** @param {State} state */
export function bannerText(state) {
  if (state.phase === 'closed') return '';
  if (state.code === 'source-lost') return `source lost: ${state.reason}; it is shown again as soon as it is back`;
  if (state.code !== '') return isTrouble(state.code) && !state.isOver ? `reconnecting: ${state.reason}` : state.reason;
  if (state.phase === 'connecting') return 'connecting';
  if (state.feedback !== '') return state.feedback;
  if (state.stalled !== '') return state.stalled;
  if (state.exact === false) return 'not exact: what is shown differs from the source';
  return state.frames === 0 && !state.paused ? 'waiting for the first picture' : '';
}

/**
 * Whether the trouble ends as soon as the connection is back; otherwise the user has to act.
 * @param {import('../session/engine.js').Code} code
 */
function isTrouble(code) {
  return ['server-gone', 'full', 'expelled', 'malformed', 'failed'].includes(code);
}

/**
 * Rows of the statistics: name and value.
 * @param {State} state
 * @param {Stats | null} stats
 * @param {Place | null} place
 * @returns {[string, string][]}
 */
export function statsRows(state, stats, place) {
  return [
    ['source', sourceText(state)],
    ...altered(state),
    ['picture', `${state.width}x${state.height}, ${placeText(place)}${state.planes === '' ? '' : `; ${state.planes}`}`],
    ['rate', stats === null ? '' : rateText(stats)],
    ['latency', stats === null ? '' : latencyText(stats)],
    ['transport', state.transport === '' ? '–' : `${state.transport} (${state.transportReason})`],
    ['codes', codesText(state, stats)],
    ['presenter', `${state.presenter} (${state.presenterReason})`],
    ['thread', `${state.thread} (${state.threadReason})`],
    ['exact', exactText(state)],
  ];
}

/** @param {Stats} stats */
function rateText({ fps, skipped, mbps }) {
  return `${fps.toFixed(1)} painted/s, ${skipped} skipped, ${mbps.toFixed(mbps < 10 ? 2 : 0)} Mbit/s`;
}

/** @param {State} state */
function sourceText({ sourceName, sourceText, stalled }) {
  return [sourceName || sourceText || '–', stalled].filter(text => text !== '').join('; ');
}

/** @param {State} state @returns {[string, string][]} */
function altered({ alterations }) {
  return alterations.length === 0 ? [] : [['altered', alterations.join('; ')]];
}

/**
 * Encodings in use, by their share of pixels, and the bytes that they saved.
 * @param {State} state
 * @param {Stats | null} stats
 */
function codesText({ codes, codesReason, planes }, stats) {
  if (planes !== '')
    return stats === null || stats.bytes === null ? '–' : `planes as they came; ${bytesText(stats.bytes)} an update`;
  if (!codes) return `off (${codesReason})`;
  if (stats === null || stats.bytes === null || stats.saved === null) return '–';
  const parts = stats.mix
    .map((share, encoding) => ({ share, name: ENCODING_NAMES[encoding] }))
    .filter(({ share }) => share > 0);
  const mix = parts.sort((a, b) => b.share - a.share).map(({ share, name }) => `${name} ${percentText(share)}`);
  const saved = stats.saved < 0 ? '0' : percentText(stats.saved);
  return `${mix.join(', ')}; ${bytesText(stats.bytes)} an update, ${saved} saved`;
}

/** Text of a share: a small one is not rounded to 0 %, nor a large one to 100 %. @param {number} share */
function percentText(share) {
  const percent = share * 100;
  if (percent < 1) return '< 1 %';
  return percent < 99 || share === 1 ? `${percent.toFixed(0)} %` : `${Math.min(percent, 99.9).toFixed(1)} %`;
}

/** @param {number} bytes */
function bytesText(bytes) {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** @param {Stats} stats */
function latencyText({ server, receiveMs, paintMs, totalMs }) {
  const stages = [
    ['capture', serverMs(server['capture_us'])],
    ['compare', serverMs(server['compare_us'])],
    ['send', serverMs(server['send_us'])],
    ['receive', receiveMs],
    ['paint', paintMs],
    ['total', totalMs],
  ];
  return (
    stages.map(([name, ms]) => `${name} ${typeof ms === 'number' ? millisecondsText(ms) : '–'}`).join(', ') + ' ms'
  );
}

/**
 * Text of a duration. One below the clock's resolution is not zero: receiving lasts from the first bytes that the page
 * can read to the last, and a small update arrives in one piece.
 * @param {number} ms
 */
function millisecondsText(ms) {
  return ms < 0.1 ? '< 0.1' : ms.toFixed(1);
}

/** A duration of the server's statistics in milliseconds; null if it is missing. @param {unknown} us */
function serverMs(us) {
  return typeof us === 'number' ? us / 1000 : null;
}

/** @param {State} state */
function exactText({ verify, provenOf, provenReason, proven, refuted, exact, alterations }) {
  if (!verify) return 'not verified: the option verify is off';
  const reason = provenOf === 'memory' ? `; proofs are of the picture in memory: ${provenReason}` : '';
  if (exact === null) return `no frame proven yet${reason}`;
  const frames = proven === 1 ? 'frame' : 'frames';
  const counts = `${exact ? '✓' : '✗'} ${proven} ${frames} proven${refuted > 0 ? `, ${refuted} not exact` : ''}`;
  return `${counts}${alterations.length === 0 ? '' : ': exact to the picture as altered, not to the source'}${reason}`;
}

/** @param {Place | null} place */
function placeText(place) {
  if (place === null) return 'not shown';
  const scale = place.scale === 1 ? 'shown 1:1' : `not 1:1: scaled by ${place.scale.toFixed(3).replace(/\.?0+$/, '')}`;
  return place.cropped ? `${scale}, larger than the window: scroll` : scale;
}

/** @param {string | undefined} fit */
function nextFit(fit) {
  const next = (FITS.findIndex(each => each === fit) + 1) % FITS.length;
  return FITS[next] ?? 'exact';
}

/** @param {string} text @param {string} label @param {() => void} press */
function button(text, label, press) {
  const element = document.createElement('button');
  element.type = 'button';
  element.part.add('button');
  element.textContent = text;
  element.setAttribute('aria-label', label);
  element.addEventListener('click', press);
  return element;
}

/**
 * Only where it changes: a live region repeats what is written to it.
 * @param {HTMLElement} element
 * @param {string} text
 */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
