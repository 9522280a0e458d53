// A WebTransport session: pixels on streams that the server opens, one for each route, and datagrams for what is of no
// use later, pings and the pointer; for pixels too where that is asked for.

import { KIND, ProtocolError, kindOf, readServerMessage, writeViewerMessage } from '../protocol/messages.js';
import { StreamReader } from './stream-reader.js';
import { FragmentAssembler } from './fragments.js';

/**
 * @typedef {import('../protocol/messages.js').ServerMessage} ServerMessage
 * @typedef {import('../protocol/messages.js').Certificates} Certificates `port` 0: the page's own; no hashes: one that
 *   is trusted anyway
 * @typedef {{
 *   sink(): import('./carrier.js').BandSink,
 *   message(message: ServerMessage): void,
 *   malformed(error: ProtocolError): void,
 *   ended(reason: string): void,
 * }} LinkEvents `sink`: for each stream; `malformed`: the server does not speak the protocol
 */

/** Datagrams that may wait to be read: as many as a frame has. What finds no room is lost. */
const DATAGRAMS_MAX = 8192;

/** @type {LinkEvents} */
const DEAF = {
  sink: () => {
    throw new Error('the connection is closed');
  },
  message() {},
  malformed() {},
  ended() {},
};

export class WebTransportLink {
  #transport;
  #events;
  #timers;
  /** The bands of the present route, where they come by datagrams. */
  #fragments = /** @type {FragmentAssembler | null} */ (null);
  /** Where what was lost is asked for. */
  #requests = /** @type {Promise<WritableStreamDefaultWriter<Uint8Array>> | null} */ (null);
  #closed = false;
  #isReady = false;
  /** Datagrams to the server; none before it is connected. */
  #writer = /** @type {WritableStreamDefaultWriter<Uint8Array> | null} */ (null);
  /** Resolves to whether it is connected. */
  ready;

  /**
   * @param {{ server: string, ticket: string, certificates: Certificates, WebTransport: typeof WebTransport }} server
   * @param {LinkEvents} events
   * @param {import('./timers.js').Timers} timers
   */
  constructor({ server, ticket, certificates, WebTransport }, events, timers) {
    this.#events = events;
    this.#timers = timers;
    const serverCertificateHashes = certificates.hashes.map(value => ({ algorithm: 'sha-256', value }));
    this.#transport = new WebTransport(
      sessionUrl(server, certificates.port, ticket),
      serverCertificateHashes.length === 0 ? {} : { serverCertificateHashes },
    );
    this.#transport.closed.then(
      ({ reason }) => this.#end(reason ?? 'closed'),
      error => this.#end(error.message),
    );
    this.ready = this.#transport.ready
      .then(() => {
        this.#isReady = true;
        if (this.#closed) this.#transport.close();
        else this.#start();
        return !this.#closed;
      })
      .catch(() => false);
  }

  /** Sends a datagram, if one can be sent. @param {ArrayBuffer} bytes */
  send(bytes) {
    // One that cannot be sent is lost, as any may be.
    this.#writer?.write(new Uint8Array(bytes)).catch(() => {});
  }

  close() {
    this.#closed = true;
    // A connection that still opens may do so for minutes, where many have failed, and must not keep the viewer.
    this.#events = DEAF;
    // A browser writes the whole URL of a connection that is cut off while it opens into its console, ticket and all.
    if (this.#isReady) this.#transport.close();
  }

  #start() {
    this.#transport.datagrams.incomingHighWaterMark = DATAGRAMS_MAX;
    this.#writer = this.#transport.datagrams.writable.getWriter();
    void this.#takeStreams().catch(() => {}); // `closed` says why.
    void this.#takeDatagrams().catch(() => {});
  }

  async #takeStreams() {
    for await (const stream of this.#transport.incomingUnidirectionalStreams) {
      const reader = new StreamReader(stream, this.#gathering(this.#events.sink()));
      // A stream that is cut off belongs to a route that is over, or the session ends and says so itself.
      void reader.run().catch(error => this.#refuse(error));
    }
  }

  /**
   * A route's sink, for which fragments are put together as well.
   * @param {import('./carrier.js').BandSink} sink
   * @returns {import('./carrier.js').BandSink}
   */
  #gathering(sink) {
    const message = (/** @type {ServerMessage} */ message) => {
      if (message.type === 'Fragment') return this.#fragments?.take(message);
      if (message.type === 'FragmentsEnd')
        return message.number === this.#fragments?.number ? this.#fragments.endUpdate(message.bands) : undefined;
      if (message.type === 'Routed')
        this.#fragments = new FragmentAssembler(message.number, sink, this.#timers, nack => this.#ask(nack));
      return sink.message(message);
    };
    return { ...sink, message };
  }

  /** @param {import('../protocol/messages.js').Nack} nack */
  #ask(nack) {
    this.#requests ??= this.#transport.createUnidirectionalStream().then(stream => stream.getWriter());
    // A session that ends says so itself.
    this.#requests
      .then(writer => writer.write(new Uint8Array(writeViewerMessage({ type: 'Nack', ...nack }))))
      .catch(() => {});
  }

  async #takeDatagrams() {
    for await (const bytes of this.#transport.datagrams.readable) this.#hear(Uint8Array.from(bytes).buffer);
  }

  /** @param {ArrayBuffer} bytes */
  #hear(bytes) {
    try {
      if (kindOf(bytes) === KIND.BAND) return; // None comes so.
      const message = readServerMessage(bytes);
      if (message.type === 'Fragment') this.#fragments?.take(message);
      else this.#events.message(message);
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** @param {unknown} error */
  #refuse(error) {
    if (error instanceof ProtocolError) this.#events.malformed(error);
  }

  /** @param {string} reason */
  #end(reason) {
    if (!this.#closed) this.#events.ended(reason);
    this.#closed = true;
  }
}

/**
 * URL of the session; browsers print it in their console if it cannot be opened.
 * @param {string} server its URL
 * @param {number} port
 * @param {string} ticket
 */
function sessionUrl(server, port, ticket) {
  const url = new URL(server);
  return `https://${url.hostname}:${port === 0 ? url.port : port}/pixels?ticket=${ticket}`;
}
