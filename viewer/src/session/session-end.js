// Why a session ended: what the engine decides upon whether, when and how to come back.

import { ProtocolError } from '../protocol/messages.js';

/**
 * - `ticket-rejected`: the token or ticket is not valid for this run.
 * - `origin-not-allowed`: the server answers, but does not accept the page's origin.
 * - `csp-blocked`: the page's own Content-Security-Policy blocked the request.
 * - `local-network-denied`: the browser keeps this page from asking the server.
 * - `server-gone`: the server does not answer, the connection broke, or the server was stopped.
 * - `source-ended`: the source has ended, and with it the server.
 * - `full`: too many viewers; `refused`: the server answered otherwise; `expelled`: it sent this viewer away.
 * - `malformed`: the server does not speak the protocol.
 * - `switch`: the next session is to begin at once; `closed`: this end closed the session.
 * @typedef {'ticket-rejected' | 'origin-not-allowed' | 'csp-blocked' | 'local-network-denied' | 'server-gone' |
 *   'source-ended' | 'full' | 'refused' | 'expelled' | 'malformed' | 'switch' | 'closed'} EndCode
 *
 * What a program needs to know of an error beside its code; plain, so that it can be posted. `directive` and
 * `blockedUri` come with `csp-blocked`, `origin` (the page's) with `origin-not-allowed`, `seq` with `not-exact`.
 * @typedef {{ directive?: string, blockedUri?: string, origin?: string, server?: string, seq?: number }} ErrorDetail
 */

export class SessionEnd extends Error {
  /** @override */
  name = 'SessionEnd';

  /**
   * @param {EndCode} code
   * @param {string} message
   * @param {{ cause?: unknown, detail?: ErrorDetail, isFarewell?: boolean }} [more] `cause`: the error that reported
   *   it; `isFarewell`: the server itself announced the end of its run
   */
  constructor(code, message, { cause, detail = {}, isFarewell = false } = {}) {
    super(message, { cause });
    this.code = code;
    this.detail = detail;
    this.isFarewell = isFarewell;
  }
}

/** Returns why a session ended. @param {Error} error @returns {EndCode | 'failed'} */
export function codeOf(error) {
  if (error instanceof SessionEnd) return error.code;
  if (error instanceof ProtocolError) return 'malformed';
  return isConnectionError(error) ? 'server-gone' : 'failed';
}

/** What fetch throws where the network fails, and a stream where the connection breaks. @param {Error} error */
function isConnectionError(error) {
  return error instanceof TypeError || error.name === 'AbortError' || error.name === 'NetworkError';
}
