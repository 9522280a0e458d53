// Pixels over WebTransport: one session, whose streams or datagrams carry the routes. Certificates and tickets for it
// come on the control channel.

import { refillsCredit } from './credit.js';
import { deferred } from './timers.js';
import { WebTransportLink } from './webtransport-link.js';

/**
 * Longest time for a session to open, ten times the usual. Blocked UDP is not reported.
 */
const CONNECT_MS_MAX = 400;

/** @type {import('./carrier.js').TransportRow} */
export const WEBTRANSPORT = {
  name: 'webtransport',
  number: 3,
  listedAs: 'webtransport',
  isAutomatic: true,
  tie: 1,
  canStall: true,
  unreachable: 'no connection over UDP',
  inEngine: ({ WebTransport, userAgent }) =>
    WebTransport === undefined ? null : { isSwift: true, isLasting: refillsCredit(userAgent) },
  carrier: newCarrier,
};

/**
 * Slower than the stream in every browser: only for those who ask for it.
 * @type {import('./carrier.js').TransportRow}
 */
export const WEBTRANSPORT_DATAGRAMS = {
  ...WEBTRANSPORT,
  name: 'webtransport-datagrams',
  number: 4,
  isAutomatic: false,
};

/** @param {import('./carrier.js').CarrierContext} context */
function newCarrier(context) {
  return new WebTransportCarrier(context);
}

class WebTransportCarrier {
  #context;
  #certificates = /** @type {import('../protocol/messages.js').Certificates | null} */ (null);
  #certified = deferred();
  /** What opens the next session, once it has come. */
  #ticket = deferred();
  #link = /** @type {WebTransportLink | null} */ (null);
  #linking = /** @type {Promise<boolean> | null} */ (null);
  #closed = false;

  /** @param {import('./carrier.js').CarrierContext} context */
  constructor(context) {
    this.#context = context;
  }

  connect() {
    this.#linking ??= this.#context.timers.within(CONNECT_MS_MAX, this.#open(), false);
    return this.#linking;
  }

  /** @param {import('./carrier.js').ServerMessage} message */
  take(message) {
    if (message.type === 'Certificates') {
      this.#certificates = message;
      this.#certified.resolve(undefined);
    } else if (message.type === 'Ticket') {
      this.#ticket.resolve(message.ticket);
    } else return false;
    return true;
  }

  /** @param {ArrayBuffer} bytes */
  sendPromptly(bytes) {
    this.#link?.send(bytes);
    return this.#link !== null;
  }

  hangUp() {
    this.#link?.close();
    this.#link = null;
    this.#linking = null;
  }

  close() {
    this.#closed = true;
    this.hangUp();
  }

  /** Opens a session. @returns {Promise<boolean>} */
  async #open() {
    const { server, env, timers, newSink, message, malformed, ended } = this.#context;
    await this.#certified.promise;
    const certificates = this.#certificates;
    const { WebTransport } = env;
    if (this.#closed || WebTransport === undefined || certificates === null) return false;
    const ticket = await this.#askTicket();
    if (this.#closed) return false;
    const link = new WebTransportLink(
      { server, ticket, certificates, WebTransport },
      {
        sink: newSink,
        message,
        malformed,
        ended: reason => {
          if (this.#link === link) ended(reason);
        },
      },
      timers,
    );
    this.#link = link;
    return link.ready;
  }

  /** @returns {Promise<string>} good for one session */
  #askTicket() {
    this.#ticket = deferred();
    this.#context.send({ type: 'AskTicket' });
    return this.#ticket.promise;
  }
}
