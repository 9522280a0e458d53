// One session with the server: let in, greet, take updates from whatever route they come on, until it ends. It ends
// once and is then thrown away; coming back is the engine's matter.

import { Clock } from './clock.js';
import {
  HELLO_CODES,
  HELLO_VERIFY,
  ProtocolError,
  VERSION,
  isAborted,
  writeViewerMessage,
} from '../protocol/messages.js';
import { PROMPT_TEXT, localNetworkPermission, whyBlocked, whyUnreachable } from './reach.js';
import { SessionEnd } from './session-end.js';
import { Routes } from '../transport/routes.js';
import { Timers, deferred } from '../transport/timers.js';
import { ControlChannel } from '../transport/websocket.js';
import { TRANSPORTS } from '../transport/table.js';
import { Update } from '../decode/update.js';

const PING_MS = 2000;
/** Pings in a row that may stay unanswered before the server is taken for gone. */
const PINGS_UNANSWERED_MAX = 3;
/** Until the first is kept, pings follow each other, so that the overlay can tell latencies from the start. */
const PINGS_AT_FIRST = 5;
const WELCOME_MS_MAX = 10_000;
/** A server that is there answers in a hundredth of it, and who is asked for a permission reads for longer. */
const PROMPT_MS = 1000;
/** What comes through any proxy: one may keep a response until it ends, and UDP passes none. */
const PROXIED = 'websocket';

/**
 * What the engine is run in: the browser, or a test.
 * @typedef {import('./reach.js').Browser & {
 *   fetch: typeof fetch,
 *   WebSocket: typeof WebSocket,
 *   WebTransport: typeof WebTransport | undefined,
 *   userAgent: string,
 *   now(): number,
 *   random(): number,
 *   setTimeout(call: () => void, ms: number): unknown,
 *   clearTimeout(timer: any): void,
 * }} Env
 *
 * @typedef {import('../protocol/messages.js').ServerMessage} ServerMessage
 * @typedef {import('../protocol/messages.js').GoodbyeCode} GoodbyeCode
 * @typedef {import('../transport/choose.js').Selection} Selection
 * @typedef {import('../transport/choose.js').TransportHistory} TransportHistory
 * @typedef {{ arrivedMs: number, receiveMs: number, decodeMs: number, paintMs: number, totalMs: number | null }} Took
 *   `arrivedMs`: when all of the update was there
 * @typedef {{
 *   server: string,
 *   token: string,
 *   wanted: import('../transport/table.js').Transport | 'auto',
 *   history: TransportHistory,
 *   verify: boolean,
 *   paused: boolean,
 *   picture: import('../present/picture.js').Picture,
 * }} SessionOptions `history`: of earlier sessions
 * @typedef {{
 *   chosen(selection: Selection): void,
 *   learned(history: TransportHistory): void,
 *   asking(text: string): void,
 *   renewed(ticket: string): void,
 *   welcome(): void,
 *   message(message: ServerMessage): void,
 *   shown(update: Update, took: Took): void,
 * }} SessionEvents `asking`: the browser may be asking the person before it lets this page ask the server; `renewed`:
 *   the ticket was used, and this one is for coming back
 */

export class Session {
  #options;
  #events;
  #env;
  #picture;
  #update = new Update();
  #clock = new Clock();
  #abort = new AbortController();
  #control = /** @type {ControlChannel | null} */ (null);
  #ended = deferred();
  #welcome = deferred();
  #routes = /** @type {Routes | null} */ (null);
  #timers;
  /** An answer is due. */
  #isWaiting = false;
  /** When the first bytes of the newest update had arrived. */
  #begunMs = 0;
  /** Decoding the newest update so far. */
  #decodeMs = 0;
  /** Painting the update before, and all of it from its capture on; 0: it is not known. */
  #paintMs = 0;
  #totalMs = 0;

  /**
   * @param {SessionOptions} options
   * @param {SessionEvents} events
   * @param {Env} env
   */
  constructor(options, events, env) {
    this.#options = options;
    this.#events = events;
    this.#env = env;
    this.#timers = new Timers(env);
    this.#picture = options.picture;
  }

  /** Whether a proxy passes on what is asked below a path. */
  get #isProxied() {
    return new URL(this.#options.server).pathname !== '/';
  }

  /**
   * Runs until the session ends.
   * @returns {Promise<Error>} why it ended
   */
  async run() {
    this.#go().catch(error => this.#ended.resolve(error));
    const reason = await this.#ended.promise;
    this.#shutDown();
    this.#forgetUpdate();
    return reason;
  }

  /** @param {SessionEnd} reason */
  end(reason) {
    this.#ended.resolve(reason);
  }

  /** @param {boolean} paused */
  setPaused(paused) {
    this.#options.paused = paused;
    this.#send({ type: 'Flow', paused });
  }

  /** @param {{ command: import('../protocol/messages.js').PlaybackCommandName, toUs: number }} command */
  sendPlaybackCommand(command) {
    this.#send({ type: 'PlaybackCommand', ...command });
  }

  async #go() {
    const { key, offered, preferred } = await this.#exchange();
    const { server, history, picture } = this.#options;
    const wanted = this.#options.wanted === 'auto' ? preferred : this.#options.wanted;
    const passing = offered.filter(name => !this.#isProxied || [PROXIED, wanted].includes(name));
    const routes = new Routes({ server, key, offered: passing, wanted, history }, this.#routeEvents, this.#env);
    this.#routes = routes;
    await this.#openControl(key, routes);
    const flags = (this.#options.verify ? HELLO_VERIFY : 0) | (picture.takesCodes ? HELLO_CODES : 0);
    this.#send({ type: 'Hello', version: VERSION, flags });
    if (this.#options.paused) this.#send({ type: 'Flow', paused: true });
    const isWelcome = await this.#timers.within(WELCOME_MS_MAX, this.#welcome.promise, false);
    if (!isWelcome) throw new SessionEnd('server-gone', 'the server did not greet');
    this.#events.welcome();
    this.#ping();
    await routes.run();
  }

  /**
   * @returns {Promise<{ key: string, offered: string[], preferred: import('../transport/table.js').Transport | 'auto'
   *   }>}
   */
  async #exchange() {
    const response = await this.#knock();
    if (response.status === 401) throw new SessionEnd('ticket-rejected', 'the token or ticket is not good');
    if (response.status === 503) throw new SessionEnd('full', 'the server has as many viewers as it takes');
    if (!response.ok)
      throw new SessionEnd('refused', (await response.text()).trim() || `the session was refused: ${response.status}`);
    const answer = /** @type {{ session?: unknown, ticket?: unknown, transports?: unknown, preferred?: unknown }} */ (
      await response.json()
    );
    const { session: key, transports: offered, ticket } = answer;
    if (typeof key !== 'string' || !Array.isArray(offered))
      throw new ProtocolError('the answer to /session is not one');
    if (typeof ticket === 'string') this.#events.renewed(ticket);
    return { key, offered, preferred: TRANSPORTS.find(({ name }) => name === answer.preferred)?.name ?? 'auto' };
  }

  /** Asks to be let in. */
  async #knock() {
    const { server, token } = this.#options;
    const waiting = this.#timers.after(PROMPT_MS, () => void this.#wonder());
    try {
      return await this.#env.fetch(`${server}/session`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}` },
        cache: 'no-store',
        credentials: 'omit',
        signal: this.#abort.signal,
      });
    } catch (error) {
      throw await whyUnreachable(server, this.#env, error);
    } finally {
      this.#timers.stop(waiting);
      this.#isWaiting = false;
    }
  }

  /** There is no answer yet: perhaps the person is being asked. */
  async #wonder() {
    this.#isWaiting = true;
    const permission = await localNetworkPermission(new URL(this.#options.server).origin, this.#env);
    if (this.#isWaiting && permission === 'prompt') this.#events.asking(PROMPT_TEXT);
  }

  /** @param {string} key @param {Routes} routes */
  async #openControl(key, routes) {
    const { server } = this.#options;
    const channel = await ControlChannel.open({ server, key, WebSocket: this.#env.WebSocket }, routes.newSink(), {
      message: message => this.#receive(message),
      end: reason => this.#cut(reason),
    });
    this.#control = channel;
    // The session may have ended while the channel opened.
    if (this.#abort.signal.aborted) channel.close();
  }

  /** The control channel has ended, or could not be opened. @param {Error} reason */
  #cut(reason) {
    // A policy may allow requests and not the channel, which has another scheme.
    const blocked = this.#control === null ? whyBlocked(new URL(this.#options.server).origin, this.#env, reason) : null;
    this.#ended.resolve(blocked ?? reason);
  }

  /** @type {import('../transport/routes.js').RouteEvents} */
  #routeEvents = {
    send: bytes => this.#control?.send(bytes),
    held: () => this.#picture.held,
    buffer: bytes => this.#picture.buffer(bytes),
    moved: () => this.#forgetUpdate(),
    begin: () => {
      if (this.#update.seq === 0) this.#begunMs = this.#env.now();
    },
    band: (buffer, bytes) => this.#take(buffer, bytes),
    message: message => this.#receive(message),
    chosen: selection => this.#events.chosen(selection),
    learned: history => this.#events.learned(history),
    ended: error => this.#ended.resolve(error),
  };

  /** @param {ArrayBuffer} buffer @param {number} bytes */
  #take(buffer, bytes) {
    try {
      if (isAborted(buffer)) {
        this.#forgetUpdate();
        return;
      }
      const isLast = this.#update.add(buffer, bytes);
      const startedMs = this.#env.now();
      this.#picture.hold(buffer, this.#update);
      this.#decodeMs += this.#env.now() - startedMs;
      if (isLast) this.#whole();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** All of the newest update is there. */
  #whole() {
    const update = this.#update;
    const prepared = this.#picture.prepare(update);
    if (prepared === null) return this.#commit();
    // Nothing comes after it before it is acknowledged, but it may be forgotten meanwhile.
    prepared
      .then(() => {
        if (this.#update === update) this.#commit();
      })
      .catch(error => this.#fail(error));
  }

  /** Nothing that still comes can be built on. @param {any} error */
  #fail(error) {
    this.#routes?.close();
    this.#ended.resolve(error);
  }

  /** What has come of an update will never be whole. */
  #forgetUpdate() {
    this.#update = new Update();
    this.#decodeMs = 0;
    this.#picture.drop();
  }

  #commit() {
    const { now } = this.#env;
    const update = this.#update;
    const decodeMs = this.#decodeMs;
    this.#update = new Update();
    this.#decodeMs = 0;
    const arrivedMs = now();
    this.#routes?.arrived(update.base === 0);
    const receiveMs = arrivedMs - this.#begunMs;
    // First of all: the server is to make the next one while this one is painted.
    this.#send({
      type: 'Ack',
      seq: update.seq,
      receiveUs: microseconds(receiveMs),
      paintUs: microseconds(this.#paintMs + this.#picture.takeLateMs()),
      decodeUs: microseconds(decodeMs),
      totalUs: microseconds(this.#totalMs),
    });
    this.#picture.apply(update);
    const paintedMs = now();
    this.#paintMs = paintedMs - arrivedMs;
    if (this.#options.verify) this.#send({ type: 'Proof', seq: update.seq, hash: this.#picture.hash() });
    const totalMs = this.#clock.sinceMs(update.capturedAtUs, paintedMs);
    this.#totalMs = totalMs ?? 0;
    this.#events.shown(update, { arrivedMs, receiveMs, decodeMs, paintMs: this.#paintMs, totalMs });
  }

  /** @param {import('../protocol/messages.js').ViewerMessage} message */
  #send(message) {
    this.#control?.send(writeViewerMessage(message));
  }

  /** @param {ServerMessage} message */
  #receive(message) {
    switch (message.type) {
      case 'Welcome':
        return this.#greeted(message);
      case 'Pong':
        return this.#pong(message);
      case 'Stats':
        this.#routes?.unanswered(Number(message.stats['unanswered_ms'] ?? 0));
        return this.#events.message(message);
      case 'Unrouted':
        return this.#routes?.unrouted(message.number);
      case 'Goodbye':
        return this.#ended.resolve(farewell(message));
      default:
        if (!this.#routes?.take(message)) this.#events.message(message);
    }
  }

  /** @param {ServerMessage & { type: 'Welcome' }} welcome */
  #greeted(welcome) {
    const { version, epoch } = welcome;
    if (version !== VERSION) throw new ProtocolError(`the server speaks version ${version}, this page ${VERSION}`);
    if (epoch !== this.#picture.epoch) this.#picture.forget();
    this.#picture.epoch = epoch;
    this.#events.message(welcome);
    this.#welcome.resolve(true);
  }

  /** @param {{ token: number, clockUs: number }} pong */
  #pong({ token, clockUs }) {
    // With two pings on the way, one for each answer would go on for ever.
    const isNewest = this.#clock.pong(token, clockUs, this.#env.now());
    if (isNewest && this.#clock.samples < PINGS_AT_FIRST) this.#sendPing();
  }

  #ping() {
    if (this.#clock.unanswered >= PINGS_UNANSWERED_MAX) {
      this.#ended.resolve(new SessionEnd('server-gone', 'the server is silent'));
      return;
    }
    this.#sendPing();
    this.#timers.after(PING_MS, () => this.#ping());
  }

  /** By datagram where there are any: they wait for nothing. */
  #sendPing() {
    const ping = writeViewerMessage({ type: 'Ping', token: this.#clock.ping(this.#env.now()) });
    if (!this.#routes?.sendPromptly(ping)) this.#control?.send(ping);
  }

  #shutDown() {
    this.#abort.abort();
    this.#routes?.close();
    this.#control?.close();
    this.#timers.clear();
  }
}

/** Why the server says that the session ends. @param {{ code: GoodbyeCode, text: string }} goodbye */
function farewell({ code, text }) {
  if (code === 'expelled') return new SessionEnd('expelled', text);
  return new SessionEnd(code === 'ended' ? 'source-ended' : 'server-gone', text, { isFarewell: true });
}

/** @param {number} ms as a u32 of microseconds */
function microseconds(ms) {
  return Math.min(Math.max(Math.round(ms * 1000), 0), 0xffff_ffff);
}
