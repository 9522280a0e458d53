// The one thing about a transport that is known by an engine's name, since finding it out costs the frame: whether
// WebTransport goes on. WebKit never grants more than the first 16 MiB of a session (its bug 319818), and Firefox
// before 153 takes two of the server's streams at a time. Whatever the name, a session that stops is noticed
// (stall-detector.js).

import { isChromium } from '../browser-engine.js';

const FIREFOX_MIN = 153;

/**
 * Whether an engine grants a WebTransport session more bytes and streams as it takes them.
 * @param {string} userAgent
 */
export function refillsCredit(userAgent) {
  const firefox = /\bFirefox\/(\d+)/.exec(userAgent);
  if (firefox !== null) return Number(firefox[1]) >= FIREFOX_MIN;
  return isChromium(userAgent);
}
