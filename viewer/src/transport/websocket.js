// The control channel, and pixels on it while they travel by WebSocket. It knows messages from each other, not what
// they mean.

import { KIND, kindOf, readServerMessage } from '../protocol/messages.js';
import { SessionEnd } from '../session/session-end.js';

const PROTOCOL = 'lanstream.1';

/**
 * @typedef {import('../protocol/messages.js').ServerMessage} ServerMessage
 * @typedef {import('./carrier.js').BandSink} BandSink
 * @typedef {{ message(message: ServerMessage): void, end(reason: Error): void }} ControlEvents
 */

/**
 * Pixels on the control channel: they come by themselves.
 * @type {import('./carrier.js').TransportRow}
 */
export const WEBSOCKET = {
  name: 'websocket',
  number: 2,
  listedAs: 'websocket',
  isAutomatic: true,
  tie: 1,
  canStall: false,
  unreachable: '',
  inEngine: () => ({ isSwift: true, isLasting: true }),
  carrier: () => ({}),
};

/** A URL or an origin of the server's as that of a WebSocket. @param {string} server */
export function socketUrl(server) {
  return server.replace(/^http/, 'ws');
}

export class ControlChannel {
  #socket;
  #events;
  #sink;

  /**
   * @param {WebSocket} socket
   * @param {BandSink} sink
   * @param {ControlEvents} events
   */
  constructor(socket, sink, events) {
    this.#socket = socket;
    this.#sink = sink;
    this.#events = events;
    socket.binaryType = 'arraybuffer';
    socket.onmessage = event => this.#receive(event.data);
    const end = () => events.end(new SessionEnd('server-gone', 'the connection to lanstream broke'));
    socket.onclose = end;
    // Where the page's policy blocks it, Chromium reports an error and no close.
    socket.onerror = end;
  }

  /**
   * @param {{ server: string, key: string, WebSocket: typeof WebSocket }} server
   * @param {BandSink} sink
   * @param {ControlEvents} events
   * @returns {Promise<ControlChannel>}
   */
  static open({ server, key, WebSocket }, sink, events) {
    const socket = new WebSocket(`${socketUrl(server)}/control`, [PROTOCOL, `session.${key}`]);
    return new Promise((resolve, reject) => {
      socket.onopen = () => resolve(channel);
      const channel = new ControlChannel(socket, sink, {
        message: message => events.message(message),
        end: reason => {
          reject(reason);
          events.end(reason);
        },
      });
    });
  }

  /** @param {ArrayBuffer} bytes */
  send(bytes) {
    // A socket that is closing drops what is sent, and `onclose` is on its way.
    if (this.#socket.readyState === 1) this.#socket.send(bytes);
  }

  close() {
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.onerror = null;
    this.#socket.close();
  }

  /** @param {unknown} data */
  #receive(data) {
    try {
      if (!(data instanceof ArrayBuffer)) return; // Text means nothing in this protocol.
      if (kindOf(data) === KIND.BAND) {
        this.#sink.begin();
        this.#sink.band(data, data.byteLength);
        return;
      }
      const message = readServerMessage(data);
      // It stands where the bands before it end, and so belongs to them.
      if (message.type === 'Routed') this.#sink.message(message);
      else this.#events.message(message);
    } catch (error) {
      this.#events.end(/** @type {Error} */ (error));
    }
  }
}
