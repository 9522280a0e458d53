// One session with the server: let in, greet, choose the path of the pixels, read until it ends. It ends once and is then
// thrown away; coming back is the engine's matter.

import { Clock } from './clock.js';
import {
  HELLO_CODES, HELLO_PIXELS, HELLO_VERIFY, ProtocolError, VERSION, writeAck, writeFlow, writeHello, writePing, writeProbe, writeProof, writeRefresh,
} from './protocol.js';
import { SessionEnd } from './session-end.js';
import { chooseByFacts, chooseByMeasuring, probeHttp } from './transport/choose.js';
import { StreamReader, hasByob, openStream } from './transport/http.js';
import { ControlChannel } from './transport/websocket.js';
import { Update } from './update.js';

const PING_MS = 2000;
/** Pings in a row that may stay unanswered before the server is taken for gone. */
const PINGS_UNANSWERED_MAX = 3;
/** Until the first is kept, pings follow each other, so that the overlay can tell latencies from the start. */
const PINGS_AT_FIRST = 5;
const WELCOME_MS_MAX = 10_000;
const PROBE_MS_MAX = 3000;

/**
 * What the engine is run in: the browser, or a test.
 * @typedef {{
 *   fetch: typeof fetch,
 *   WebSocket: typeof WebSocket,
 *   now(): number,
 *   random(): number,
 *   setTimeout(call: () => void, ms: number): unknown,
 *   clearTimeout(timer: any): void,
 * }} Surroundings
 *
 * @typedef {import('./protocol.js').ServerMessage} ServerMessage
 * @typedef {import('./transport/choose.js').Choice} Choice
 * @typedef {{ receiveMs: number, decodeMs: number, paintMs: number, totalMs: number | null }} Took
 * @typedef {{
 *   origin: string,
 *   token: string,
 *   wanted: 'http' | 'websocket' | 'auto',
 *   known: Choice | null,
 *   verify: boolean,
 *   paused: boolean,
 *   picture: import('./picture.js').Picture,
 * }} SessionOptions `known`: an earlier session's choice, which need not be measured again
 * @typedef {{
 *   chosen(choice: Choice): void,
 *   welcome(): void,
 *   message(message: ServerMessage): void,
 *   shown(update: Update, took: Took): void,
 * }} SessionEvents
 */

export class Session {
  #options;
  #events;
  #around;
  #picture;
  #update = new Update();
  #clock = new Clock();
  #abort = new AbortController();
  #control = /** @type {ControlChannel | null} */ (null);
  #ended = deferred();
  #welcome = deferred();
  #probed = /** @type {(() => void) | null} */ (null);
  #timers = new Set();
  /** When the first bytes of the newest update had arrived. */
  #begunMs = 0;
  /** Decoding the newest update so far. */
  #decodeMs = 0;
  /** Painting the update before. */
  #paintMs = 0;

  /**
   * @param {SessionOptions} options
   * @param {SessionEvents} events
   * @param {Surroundings} around
   */
  constructor(options, events, around) {
    this.#options = options;
    this.#events = events;
    this.#around = around;
    this.#picture = options.picture;
  }

  /**
   * Runs until the session ends.
   * @returns {Promise<Error>} why it ended
   */
  async run() {
    this.#go().catch(error => this.#ended.resolve(error));
    const reason = await this.#ended.promise;
    this.#shutDown();
    this.#picture.drop();
    return reason;
  }

  /** @param {SessionEnd} reason */
  end(reason) {
    this.#ended.resolve(reason);
  }

  /** @param {boolean} paused */
  setPaused(paused) {
    this.#options.paused = paused;
    this.#control?.send(writeFlow(paused));
  }

  refresh() {
    this.#control?.send(writeRefresh());
  }

  async #go() {
    const { key, transports } = await this.#exchange();
    const { wanted, known, picture } = this.#options;
    const choice = known ?? chooseByFacts({ wanted, offered: transports, byob: hasByob() });
    const flags = (this.#options.verify ? HELLO_VERIFY : 0) | (choice?.transport === 'websocket' ? HELLO_PIXELS : 0)
      | (picture.takesCodes ? HELLO_CODES : 0);
    const control = await this.#openControl(key);
    control.send(writeHello({ flags, ...picture.held }));
    if (this.#options.paused) control.send(writeFlow(true));
    await this.#within(WELCOME_MS_MAX, this.#welcome.promise, 'the server did not greet');
    if (choice !== null) this.#events.chosen(choice);
    this.#events.welcome();
    this.#ping();
    if (choice === null) await this.#measure(key);
    else if (choice.transport === 'http') await this.#readStream(key);
    // Otherwise the bands come on the control channel by themselves.
  }

  /** @returns {Promise<{ key: string, transports: string[] }>} */
  async #exchange() {
    const { origin, token } = this.#options;
    const response = await this.#around.fetch(`${origin}/session`, {
      method: 'POST', headers: { Authorization: `Bearer ${token}` }, cache: 'no-store', credentials: 'omit', signal: this.#abort.signal,
    }).catch(() => { throw new SessionEnd('lost', 'lanstream does not answer'); });
    if (response.status === 401) throw new SessionEnd('unauthorized', 'the token is not this run\'s');
    if (response.status === 503) throw new SessionEnd('full', 'the server has as many viewers as it takes');
    if (!response.ok) throw new SessionEnd('lost', `the session was refused: ${response.status}`);
    const answer = /** @type {{ session?: unknown, transports?: unknown }} */ (await response.json());
    if (typeof answer.session !== 'string' || !Array.isArray(answer.transports)) throw new ProtocolError('the answer to /session is not one');
    return { key: answer.session, transports: answer.transports };
  }

  /** @param {string} key */
  async #openControl(key) {
    const server = { origin: this.#options.origin, key, WebSocket: this.#around.WebSocket };
    const channel = await ControlChannel.open(server, this.#sink, {
      message: message => this.#receive(message),
      end: reason => this.#ended.resolve(reason),
    });
    this.#control = channel;
    // The session may have ended while the channel opened.
    if (this.#abort.signal.aborted) channel.close();
    return channel;
  }

  /** @param {string} key */
  async #measure(key) {
    const { fetch, now } = this.#around;
    const choice = await chooseByMeasuring({
      http: bytes => probeHttp({ origin: this.#options.origin, key, fetch, now }, bytes),
      websocket: bytes => this.#probeWebSocket(bytes),
    });
    this.#events.chosen(choice);
    // Where pixels travel is said in the hello: for the other path it takes a new session.
    if (choice.transport === 'websocket') throw new SessionEnd('switch', 'the pixels move to the WebSocket');
    await this.#readStream(key);
  }

  /** @param {number} bytes */
  async #probeWebSocket(bytes) {
    const startedMs = this.#around.now();
    const answered = deferred();
    this.#probed = () => answered.resolve(undefined);
    this.#control?.send(writeProbe(bytes));
    await this.#within(PROBE_MS_MAX, answered.promise, 'the probe was not answered');
    return this.#around.now() - startedMs;
  }

  /** @param {string} key */
  async #readStream(key) {
    const { origin } = this.#options;
    const stream = await openStream({ origin, key, fetch: this.#around.fetch, signal: this.#abort.signal });
    await new StreamReader(stream, this.#sink).run();
    throw new SessionEnd('lost', 'the stream ended');
  }

  /** Takes the bands of either transport. @type {import('./transport/http.js').BandSink} */
  #sink = {
    buffer: bytes => this.#picture.buffer(bytes),
    begin: () => { if (this.#update.seq === 0) this.#begunMs = this.#around.now(); },
    band: (buffer, bytes) => {
      // A stream that was aborted may still hand on what had arrived; the next session must find the picture as it told the server.
      if (this.#abort.signal.aborted) return;
      const isLast = this.#update.add(buffer, bytes);
      const { now } = this.#around;
      const startedMs = now();
      this.#picture.hold(buffer, this.#update);
      this.#decodeMs += now() - startedMs;
      if (isLast) this.#commit();
    },
  };

  #commit() {
    const { now } = this.#around;
    const update = this.#update;
    const decodeMs = this.#decodeMs;
    this.#update = new Update();
    this.#decodeMs = 0;
    this.#picture.check(update);
    const arrivedMs = now();
    const receiveMs = arrivedMs - this.#begunMs;
    // First of all: the server is to make the next one while this one is painted.
    this.#control?.send(writeAck({
      seq: update.seq, receiveUs: microseconds(receiveMs), paintUs: microseconds(this.#paintMs), decodeUs: microseconds(decodeMs),
    }));
    this.#picture.apply(update);
    const paintedMs = now();
    this.#paintMs = paintedMs - arrivedMs;
    if (this.#options.verify) this.#control?.send(writeProof({ seq: update.seq, hash: this.#picture.hash() }));
    this.#events.shown(update, { receiveMs, decodeMs, paintMs: this.#paintMs, totalMs: this.#clock.sinceMs(update.capturedAtUs, paintedMs) });
  }

  /** @param {ServerMessage} message */
  #receive(message) {
    switch (message.type) {
      case 'Welcome': return this.#greeted(message);
      case 'Pong': return this.#pong(message);
      case 'Probe': return message.last ? this.#probed?.() : undefined;
      case 'Goodbye': return this.#ended.resolve(new SessionEnd('goodbye', message.text));
      default: return this.#events.message(message);
    }
  }

  /** @param {ServerMessage & { type: 'Welcome' }} welcome */
  #greeted(welcome) {
    const { version, epoch } = welcome;
    if (version !== VERSION) throw new ProtocolError(`the server speaks version ${version}, this page ${VERSION}`);
    if (epoch !== this.#picture.epoch) this.#picture.forget();
    this.#picture.epoch = epoch;
    this.#events.message(welcome);
    this.#welcome.resolve(undefined);
  }

  /** @param {{ token: number, clockUs: number }} pong */
  #pong({ token, clockUs }) {
    // With two pings on the way, one for each answer would go on for ever.
    const isNewest = this.#clock.pong(token, clockUs, this.#around.now());
    if (isNewest && this.#clock.samples < PINGS_AT_FIRST) this.#control?.send(writePing(this.#clock.ping(this.#around.now())));
  }

  #ping() {
    if (this.#clock.unanswered >= PINGS_UNANSWERED_MAX) {
      this.#ended.resolve(new SessionEnd('lost', 'the server is silent'));
      return;
    }
    this.#control?.send(writePing(this.#clock.ping(this.#around.now())));
    this.#after(PING_MS, () => this.#ping());
  }

  /**
   * @param {number} ms
   * @param {Promise<unknown>} promise
   * @param {string} otherwise
   */
  async #within(ms, promise, otherwise) {
    const late = deferred();
    const timer = this.#after(ms, () => late.resolve(new SessionEnd('lost', otherwise)));
    const first = await Promise.race([promise, late.promise]);
    this.#around.clearTimeout(timer);
    this.#timers.delete(timer);
    if (first instanceof SessionEnd) throw first;
  }

  /** @param {number} ms @param {() => void} call */
  #after(ms, call) {
    const timer = this.#around.setTimeout(() => { this.#timers.delete(timer); call(); }, ms);
    this.#timers.add(timer);
    return timer;
  }

  #shutDown() {
    this.#abort.abort();
    this.#control?.close();
    for (const timer of this.#timers) this.#around.clearTimeout(timer);
    this.#timers.clear();
  }
}

/** A promise that is settled from outside; only the first time counts. */
function deferred() {
  /** @type {(value: any) => void} */
  let resolve = () => {};
  const promise = /** @type {Promise<any>} */ (new Promise(settle => { resolve = settle; }));
  return { promise, resolve };
}

/** @param {number} ms as a u32 of microseconds */
function microseconds(ms) {
  return Math.min(Math.max(Math.round(ms * 1000), 0), 0xffff_ffff);
}
