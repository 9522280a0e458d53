// Errors of the element: their codes, and the event that reports one.

/**
 * @typedef {import('../session/engine.js').ErrorCode} EngineErrorCode
 * @typedef {import('../session/session-end.js').ErrorDetail} ErrorDetail
 * @typedef {Exclude<EngineErrorCode, '' | 'switch' | 'closed'> | 'bad-src' | 'unfit' | 'sound-failed' |
 *   'fullscreen-refused'} ErrorCode
 */

/**
 * Every code, and whether no new picture comes because of it. docs/viewer.md says what each means.
 * @type {Readonly<Record<ErrorCode, { stops: boolean }>>}
 */
export const ERRORS = {
  'origin-not-allowed': { stops: true },
  'csp-blocked': { stops: true },
  'ticket-rejected': { stops: true },
  'local-network-denied': { stops: true },
  'server-gone': { stops: true },
  'source-ended': { stops: true },
  'source-lost': { stops: true },
  'bad-src': { stops: true },
  'readback-altered': { stops: false },
  'not-exact': { stops: false },
  'local-network-prompt': { stops: false },
  full: { stops: true },
  refused: { stops: true },
  expelled: { stops: true },
  malformed: { stops: true },
  failed: { stops: true },
  unfit: { stops: true },
  'sound-failed': { stops: false },
  'fullscreen-refused': { stops: false },
};

/** What is the matter: as `error` of the element and of its event, and as the reason of a rejected `play()`. */
export class StreamError extends Error {
  /** @override */
  name = 'StreamError';

  /** @param {ErrorCode} code @param {string} message for people @param {ErrorDetail} [detail] for programs */
  constructor(code, message, detail = {}) {
    super(message);
    this.code = code;
    this.detail = detail;
  }
}

/** The event `error` of the element. */
export class StreamErrorEvent extends Event {
  /** @param {StreamError} error */
  constructor(error) {
    super('error');
    this.error = error;
  }

  get code() {
    return this.error.code;
  }
  get message() {
    return this.error.message;
  }
  get detail() {
    return this.error.detail;
  }
}
