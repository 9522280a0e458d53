// Reason why a server cannot be reached, as far as the browser reports it: a failed fetch has none. Not the reaction
// (engine.js).

import { SessionEnd } from './session-end.js';

/**
 * What is asked of the browser; `permission` throws where it does not know the name; `isForbidden`: whether the page's
 * policy kept it from asking that origin.
 * @typedef {{ pageOrigin: string, isSecure: boolean, permission(name: string): Promise<PermissionState>,
 *   isForbidden(origin: string): boolean }} Browser
 */

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
 * @param {string} origin the server's
 * @param {Browser} browser
 * @param {unknown} cause
 */
export async function whyUnreachable(origin, browser, cause) {
  if (browser.isForbidden(origin))
    return new SessionEnd(
      'policy-denied',
      `this page's Content-Security-Policy does not let it ask lanstream: add ${origin} to connect-src`,
      cause,
    );
  const permission = await localNetworkPermission(origin, browser);
  if (permission === 'denied') return new SessionEnd('local-network-denied', DENIED_TEXT, cause);
  const cannotBeAsked =
    permission === 'prompt' && !browser.isSecure && isLoopback(origin) && !isLoopback(browser.pageOrigin);
  if (cannotBeAsked) return new SessionEnd('local-network-denied', INSECURE_TEXT, cause);
  return new SessionEnd('unreachable', unreachableText(origin, browser.pageOrigin), cause);
}

/**
 * From here a server that lets this page not in looks like one that is not there.
 * @param {string} origin
 * @param {string} pageOrigin
 */
function unreachableText(origin, pageOrigin) {
  return origin === pageOrigin
    ? 'lanstream does not answer'
    : `lanstream does not answer, or was not started with --allow-origin ${pageOrigin}`;
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
