// Why a session ended: what the engine decides upon whether, when and how to come back.

/**
 * `unauthorized` wrong token; `full` too many viewers; `switch` the next is to begin at once; `malformed` the server does not speak the protocol; `goodbye` it ended on purpose; `closed` this
 * end closed it; `lost` anything else.
 * @typedef {'unauthorized' | 'full' | 'switch' | 'malformed' | 'goodbye' | 'closed' | 'lost'} EndCode
 */

export class SessionEnd extends Error {
  /** @override */
  name = 'SessionEnd';

  /**
   * @param {EndCode} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}
