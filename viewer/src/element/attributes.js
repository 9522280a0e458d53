// Attributes of the element as properties. Not their effect (lan-stream.js).

import { FITS } from './layout.js';
import { PRESENTER_NAMES } from '../present/table.js';
import { TRANSPORT_NAMES } from '../transport/table.js';

/**
 * @typedef {import('./layout.js').Fit} Fit
 * @typedef {import('../transport/table.js').Transport | 'auto'} TransportChoice
 * @typedef {import('../session/port.js').Present} PresenterChoice
 * @typedef {import('../session/thread-choice.js').Thread | 'auto'} ThreadName
 */

/** @type {readonly import('../session/thread-choice.js').Thread[]} */
const THREADS = ['page', 'worker'];

/** Modules of the package can be imported where there is no DOM, as on a server; elements cannot be made there. */
const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {});

export class AttributeElement extends Base {
  static observedAttributes = [
    'src',
    'transport',
    'codes',
    'present',
    'thread',
    'fit',
    'stats',
    'verify',
    'muted',
    'controls',
    'autoplay',
  ];

  /** URL of the server, with the token as its fragment; `''`: none. */
  get src() {
    const src = this.getAttribute('src');
    if (src === null) return '';
    return URL.canParse(src, this.baseURI) ? new URL(src, this.baseURI).href : src;
  }
  set src(url) {
    this.setAttribute('src', url);
  }

  /** Transport that is asked for; `auto`: the fastest is measured. @returns {TransportChoice} */
  get transport() {
    return oneOf(TRANSPORT_NAMES, this.getAttribute('transport'));
  }
  set transport(transport) {
    this.setAttribute('transport', transport);
  }

  /** Whether pixels may come in codes; attribute `codes="off"`: raw pixels only. */
  get codes() {
    return this.getAttribute('codes') !== 'off';
  }
  set codes(allowed) {
    this.#allow('codes', allowed);
  }

  /** Presenter that is asked for. @returns {PresenterChoice} */
  get present() {
    return oneOf(PRESENTER_NAMES, this.getAttribute('present'));
  }
  set present(name) {
    this.setAttribute('present', name);
  }

  /** Thread that is asked for. @returns {ThreadName} */
  get thread() {
    return oneOf(THREADS, this.getAttribute('thread'));
  }
  set thread(thread) {
    this.setAttribute('thread', thread);
  }

  /** How the picture fits into the element: as `object-fit`. @returns {Fit} */
  get fit() {
    return FITS.find(fit => fit === this.getAttribute('fit')) ?? 'exact';
  }
  set fit(fit) {
    this.setAttribute('fit', fit);
  }

  /** Whether statistics are shown. */
  get stats() {
    return this.hasAttribute('stats');
  }
  set stats(shown) {
    this.toggleAttribute('stats', shown);
  }

  /** Whether every update is proven to be exact. */
  get verify() {
    return this.hasAttribute('verify');
  }
  set verify(wanted) {
    this.toggleAttribute('verify', wanted);
  }

  /** Without it a film is heard as soon as the browser lets the page be heard. */
  get muted() {
    return this.hasAttribute('muted');
  }
  set muted(muted) {
    this.toggleAttribute('muted', muted);
  }

  /** Whether the element has buttons, and keys of its own. */
  get controls() {
    return this.hasAttribute('controls');
  }
  set controls(shown) {
    this.toggleAttribute('controls', shown);
  }

  /** Whether it plays without `play()`; attribute `autoplay="off"`: it does not. */
  get autoplay() {
    return this.getAttribute('autoplay') !== 'off';
  }
  set autoplay(wanted) {
    this.#allow('autoplay', wanted);
  }

  /** What is on unless its attribute is `off`. @param {string} name @param {boolean} allowed */
  #allow(name, allowed) {
    if (allowed) this.removeAttribute(name);
    else this.setAttribute(name, 'off');
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
