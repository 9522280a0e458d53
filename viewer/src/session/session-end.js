// Why a session ended: what the engine decides upon whether, when and how to come back.

import { ProtocolError } from '../protocol/messages.js';

/**
 * `unauthorized` wrong token; `full` too many viewers; `refused` the server answered otherwise; `unreachable` it did
 * not answer; `local-network-denied` the browser keeps this page from asking it; `policy-denied` the page's own policy
 * does; `malformed` it does not speak the protocol; `ended` its source has ended, and so does it; `stopped` somebody
 * ended it; `expelled` it sent this viewer away; `switch` the next session is to begin at once; `closed` this end
 * closed it; `lost` the connection broke.
 * @typedef {'unauthorized' | 'full' | 'refused' | 'unreachable' | 'local-network-denied' | 'policy-denied' |
 *   'malformed' | 'ended' | 'stopped' | 'expelled' | 'switch' | 'closed' | 'lost'} EndCode
 */

export class SessionEnd extends Error {
  /** @override */
  name = 'SessionEnd';

  /**
   * @param {EndCode} code
   * @param {string} message
   * @param {unknown} [cause] the error that tells of it, where there is one
   */
  constructor(code, message, cause) {
    super(message, { cause });
    this.code = code;
  }
}

/** Returns why a session ended. @param {Error} error @returns {EndCode | 'failed'} */
export function codeOf(error) {
  if (error instanceof SessionEnd) return error.code;
  if (error instanceof ProtocolError) return 'malformed';
  return isConnectionError(error) ? 'lost' : 'failed';
}

/** What fetch throws where the network fails, and a stream where the connection breaks. @param {Error} error */
function isConnectionError(error) {
  return error instanceof TypeError || error.name === 'AbortError' || error.name === 'NetworkError';
}
