// Reason why a server cannot be reached, as far as the browser reports it: a failed fetch has none. Not the reaction
// (engine.js).

import { SessionEnd } from './session-end.js';
import { socketUrl } from '../transport/websocket.js';

/**
 * What is asked of the browser. `permission` throws where it does not know the name; `violation` returns how the page's
 * policy blocked a request to that origin, or null.
 * @typedef {{ directive: string, blockedUri: string }} PolicyViolation
 * @typedef {{ pageOrigin: string, isSecure: boolean, fetch: typeof fetch, permission(name: string):
 *   Promise<PermissionState>, violation(origin: string): PolicyViolation | null }} Browser
 */

/** Path that a server answers for every page, with nothing: see docs/security.md. */
const REACH_PATH = '/reach';
/** What browsers call the permission for a page to ask servers on this machine, newest first. */
const LOOPBACK_PERMISSIONS = ['loopback-network', 'local-network-access', 'local-network'];
/** The same for servers elsewhere on the local network. */
const LAN_PERMISSIONS = ['local-network', 'local-network-access'];

export const PROMPT_TEXT =
  'lanstream has not answered yet: ' +
  'if the browser asks whether this page may reach devices on this machine or network, allow it';
const DENIED_TEXT =
  'the browser does not let this page reach devices on this machine or network: ' +
  'press the button before the address, allow “local network” or “apps on device” there, and load the page again';
const INSECURE_TEXT = 'the browser lets only secure pages reach devices on this machine: open this page by https';

/**
 * Whether a page may ask a server on this machine or network; `null` where the browser has no such permission, or asks
 * for none.
 * @param {string} origin the server's
 * @param {Browser} browser
 * @returns {Promise<PermissionState | null>}
 */
export async function localNetworkPermission(origin, { pageOrigin, permission }) {
  if (origin === pageOrigin) return null;
  for (const name of isLoopback(origin) ? LOOPBACK_PERMISSIONS : LAN_PERMISSIONS) {
    try {
      return await permission(name);
    } catch {
      /* This browser does not know this name: the next one. */
    }
  }
  return null;
}

/**
 * Why a request failed.
 * @param {string} server its URL, without a slash at the end
 * @param {Browser} browser
 * @param {unknown} cause
 */
export async function whyUnreachable(server, browser, cause) {
  const { origin } = new URL(server);
  const blocked = whyBlocked(origin, browser, cause);
  if (blocked !== null) return blocked;
  const permission = await localNetworkPermission(origin, browser);
  if (permission === 'denied') return new SessionEnd('local-network-denied', DENIED_TEXT, { cause });
  const cannotBeAsked =
    permission === 'prompt' && !browser.isSecure && isLoopback(origin) && !isLoopback(browser.pageOrigin);
  if (cannotBeAsked) return new SessionEnd('local-network-denied', INSECURE_TEXT, { cause });
  if (origin !== browser.pageOrigin && (await answersAnyPage(server, browser)))
    return notAllowed(origin, browser.pageOrigin, cause);
  // By now a violation has been reported, also where the browser reports it after the request has failed.
  return (
    whyBlocked(origin, browser, cause) ??
    new SessionEnd('server-gone', 'lanstream does not answer', { cause, detail: { server: origin } })
  );
}

/**
 * How the page's policy blocked a request to the server, by HTTP or by WebSocket; null where it did not.
 * @param {string} origin the server's
 * @param {Browser} browser
 * @param {unknown} cause
 */
export function whyBlocked(origin, browser, cause) {
  const socket = socketUrl(origin);
  const violation = browser.violation(origin) ?? browser.violation(socket);
  if (violation === null) return null;
  return new SessionEnd(
    'csp-blocked',
    "this page's Content-Security-Policy does not let it ask lanstream: " +
      `add ${origin} and ${socket} to ${violation.directive}`,
    { cause, detail: { ...violation, server: origin } },
  );
}

/**
 * Whether something answers there. No page can read the answer, so it tells a server that refuses this page from none.
 * @param {string} server
 * @param {Browser} browser
 */
async function answersAnyPage(server, browser) {
  try {
    await browser.fetch(`${server}${REACH_PATH}`, { mode: 'no-cors', cache: 'no-store', credentials: 'omit' });
    return true;
  } catch {
    return false;
  }
}

/** @param {string} origin the server's @param {string} pageOrigin @param {unknown} cause */
function notAllowed(origin, pageOrigin, cause) {
  return new SessionEnd(
    'origin-not-allowed',
    `lanstream does not let this page in: start it with --allow-origin ${pageOrigin}`,
    { cause, detail: { origin: pageOrigin, server: origin } },
  );
}

/** Whether an origin is on this machine by its name alone. @param {string} origin */
function isLoopback(origin) {
  if (!URL.canParse(origin)) return false; // `null`, of a page without one.
  const { hostname } = new URL(origin);
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d+){3}$/.test(hostname)
  );
}
