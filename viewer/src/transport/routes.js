// Routes of pixels: opens one, and continues on another when it ends. A route begins at the frame that is shown; data
// of the previous route is dropped.

import { ProtocolError, ROUTE_PLAIN, endsUpdate, writeViewerMessage } from '../protocol/messages.js';
import { SessionEnd } from '../session/session-end.js';
import { candidates, rank, reasonByFacts, reasonByMeasuring } from './choose.js';
import { StallDetector } from './stall-detector.js';
import { TRANSPORTS } from './table.js';
import { Timers, deferred } from './timers.js';

/**
 * @typedef {import('./table.js').Transport} Transport
 * @typedef {import('../protocol/messages.js').ServerMessage} ServerMessage
 * @typedef {import('./choose.js').Selection} Selection
 * @typedef {import('./choose.js').TransportHistory} TransportHistory
 * @typedef {import('./carrier.js').BandSink} BandSink
 *
 * @typedef {import('./carrier.js').Carrier} Carrier
 * @typedef {import('./carrier.js').TransportRow & import('./carrier.js').EngineFacts} KnownTransport
 *
 * @typedef {{ server: string, key: string, offered: readonly string[], wanted: Transport | 'auto', history:
 *   TransportHistory }} RouteOptions `history`: of earlier sessions
 * @typedef {{
 *   send(bytes: ArrayBuffer): void,
 *   held(): { epoch: bigint, heldSeq: number },
 *   buffer(bytes: number): ArrayBuffer,
 *   moved(): void,
 *   begin(): void,
 *   band(buffer: ArrayBuffer, bytes: number): void,
 *   message(message: ServerMessage): void,
 *   chosen(selection: Selection): void,
 *   learned(history: TransportHistory): void,
 *   ended(error: Error): void,
 * }} RouteEvents `moved`: what has come of an update is of no use any more; `learned`: the next session is to know this
 */

/**
 * Rounds of the measurement, and frames of each transport in a round, after a first that pays for the connection. The
 * fastest counts.
 */
const ROUNDS = 2;
const PICTURES = 2;
/** Frame time above which the bandwidth dominates and one measurement is enough: nothing else arrives meanwhile. */
const SLOW_MS = 250;
/** Ratio to the fastest from which a transport is not measured again: on a slow network each measurement takes long. */
const LOST = 3;
/** Longer than a frame of any transport that could win. */
const TRIAL_MS_MAX = 1000;
/**
 * Time after which an update without an answer should have arrived, if nothing has arrived meanwhile.
 */
const UNANSWERED_MS = 1000;
/** Until a connection that was lost is tried again; doubled each time. */
const RETRY_MS = 2000;

export class Routes {
  #options;
  #events;
  #env;
  #timers;
  #table;
  /** What this engine has. */
  #known = /** @type {KnownTransport[]} */ ([]);
  #carriers = /** @type {Map<Transport, Carrier>} */ (new Map());
  /** The best first. */
  #order;
  #reason = '';
  /** Why transports are out of the question. */
  #failures = /** @type {Map<Transport, string>} */ (new Map());
  /** Of the present route. */
  #number = 0;
  #transport = /** @type {Transport} */ ('');
  #stream = new AbortController();
  /** The whole frame that is waited for, and since when. */
  #trial = /** @type {{ sinceMs: number, took: (ms: number) => void } | null} */ (null);
  #shown = deferred();
  #retryMs = RETRY_MS;
  #stall;
  /** When something last came. */
  #notedMs = 0;
  #history;
  #closed = false;

  /**
   * @param {RouteOptions} options
   * @param {RouteEvents} events
   * @param {import('../session/session.js').Env} env
   * @param {readonly import('./carrier.js').TransportRow[]} table
   */
  constructor(options, events, env, table = TRANSPORTS) {
    this.#table = table;
    this.#options = options;
    this.#events = events;
    this.#env = env;
    this.#timers = new Timers(env);
    this.#stall = new StallDetector(this.#timers, () => this.#failed(this.#number, 'it stood still', true));
    const { wanted, offered, history } = options;
    this.#history = history;
    for (const row of table) {
      const facts = row.inEngine(env);
      if (facts !== null && !(row.canStall && history.barred !== '')) this.#known.push({ ...row, ...facts });
    }
    this.#makeCarriers();
    this.#order = candidates({
      wanted: wanted === 'auto' ? (history.measured?.transport ?? 'auto') : wanted,
      offered,
      known: this.#known,
    });
  }

  /** One for each function that makes one. */
  #makeCarriers() {
    const made = new Map();
    for (const { name, carrier } of this.#known) {
      if (!made.has(carrier)) made.set(carrier, this.#newCarrier(carrier));
      this.#carriers.set(name, made.get(carrier));
    }
  }

  /** @param {KnownTransport['carrier']} make */
  #newCarrier(make) {
    const { server, key } = this.#options;
    const carrier = make({
      server,
      key,
      env: this.#env,
      timers: this.#timers,
      send: message => this.#send(message),
      newSink: () => this.newSink(),
      message: message => this.#events.message(message),
      malformed: error => this.#events.ended(error),
      ended: reason => this.#unlinked(carrier, reason),
    });
    return carrier;
  }

  /** @param {Transport} transport @returns {Carrier} */
  #carrier(transport) {
    return this.#carriers.get(transport) ?? {};
  }

  /** @param {Transport} transport */
  #canStall(transport) {
    return this.#table.some(({ name, canStall }) => name === transport && canStall);
  }

  /** Opens the first route and, where it is not clear which is best, finds that out by the first pictures. */
  async run() {
    const reason = this.#reasonWithoutMeasuring();
    this.#reason = reason ?? 'a guess, before it is measured';
    if (reason === null) for (const each of this.#order) void this.#carrier(each).connect?.();
    await this.#open();
    if (reason !== null) return;
    await this.#shown.promise;
    await this.#measure();
  }

  /** Reason to take the first of the order without measuring; null if it must be measured. */
  #reasonWithoutMeasuring() {
    const { wanted } = this.#options;
    const { barred, measured } = this.#history;
    if (barred !== '' && this.#canStall(wanted)) return `${wanted}: ${barred}`;
    if (wanted === 'auto' && measured !== null && measured.transport === this.#order[0]) return measured.reason;
    return reasonByFacts(wanted, this.#order);
  }

  /** A sink for what comes on one stream, or on the control channel. @returns {BandSink} */
  newSink() {
    let route = 0;
    const isPresent = () => route === this.#number && !this.#closed;
    return {
      buffer: bytes => this.#events.buffer(bytes),
      begin: () => {
        if (isPresent()) this.#begin();
      },
      band: (buffer, bytes) => {
        if (isPresent()) this.#band(buffer, bytes);
      },
      message: message => {
        if (message.type !== 'Routed') return;
        route = message.number;
        if (isPresent()) this.#note(false);
      },
    };
  }

  #begin() {
    this.#note(true);
    this.#events.begin();
  }

  /** @param {ArrayBuffer} buffer @param {number} bytes */
  #band(buffer, bytes) {
    this.#note(!endsUpdate(buffer));
    this.#events.band(buffer, bytes);
  }

  /**
   * Something came on the present route, or it was asked for.
   * @param {boolean} isDue whether more is to come at once
   */
  #note(isDue) {
    this.#notedMs = this.#env.now();
    this.#stall.note(isDue && this.#canStall(this.#transport));
  }

  /**
   * A message came on the control channel.
   * @param {ServerMessage} message
   * @returns {boolean} whether it was a carrier's
   */
  take(message) {
    return [...new Set(this.#carriers.values())].some(carrier => carrier.take?.(message) ?? false);
  }

  /** What carried a route is gone, the server says. @param {number} number */
  unrouted(number) {
    this.#failed(number, 'the connection is dead');
  }

  /** For how long the server has waited for the answer to an update, it says. @param {number} ms */
  unanswered(ms) {
    // It may have stopped before the first byte. What came since then on the route is heard of sooner or later than
    // this.
    const isQuiet = this.#env.now() - this.#notedMs >= UNANSWERED_MS;
    if (ms >= UNANSWERED_MS && isQuiet && !this.#stall.isDue) this.#note(true);
  }

  /** An update has arrived. @param {boolean} isPicture whether it needs none before it */
  arrived(isPicture) {
    this.#note(false);
    this.#shown.resolve(undefined);
    if (isPicture && this.#trial !== null) this.#trial.took(this.#env.now() - this.#trial.sinceMs);
  }

  /**
   * Sends what is of no use later, faster than the control channel if the present transport can.
   * @param {ArrayBuffer} bytes
   * @returns {boolean} whether it did
   */
  sendPromptly(bytes) {
    return this.#carrier(this.#transport).sendPromptly?.(bytes) ?? false;
  }

  /** @param {import('../protocol/messages.js').ViewerMessage} message */
  #send(message) {
    this.#events.send(writeViewerMessage(message));
  }

  close() {
    this.#closed = true;
    this.#stream.abort();
    for (const carrier of this.#carriers.values()) carrier.close?.();
    this.#timers.clear();
  }

  /** Opens the best route that there is. */
  async #open() {
    const number = this.#number;
    for (const transport of this.#order) {
      if (this.#failures.has(transport) || !(await this.#isReady(transport))) continue;
      if (this.#closed || number !== this.#number) return;
      this.#go(transport, false);
      this.#events.chosen({ transport, reason: this.#whyNotBetter(transport) || this.#reason });
      return;
    }
    if (!this.#closed) this.#events.ended(new SessionEnd('server-gone', 'no transport is left'));
  }

  /** What is the matter with those that come first. @param {Transport} transport */
  #whyNotBetter(transport) {
    const better = this.#order.slice(0, this.#order.indexOf(transport));
    return better.map(each => `${each}: ${this.#failures.get(each)}`).join(', ');
  }

  /** @param {Transport} transport @param {boolean} isTrial whether all of the frame is to come, as plain pixels */
  #go(transport, isTrial) {
    this.#number += 1;
    this.#transport = transport;
    this.#stream.abort();
    this.#stream = new AbortController();
    this.#note(true); // The server says `Routed` at once.
    this.#events.moved();
    const from = isTrial ? { flags: ROUTE_PLAIN, epoch: 0n, heldSeq: 0 } : { flags: 0, ...this.#events.held() };
    const row = this.#table.find(({ name }) => name === transport);
    this.#send({ type: 'Route', number: this.#number, transport: Number(row?.number), ...from });
    void this.#receive(transport, this.#number);
  }

  /** @param {Transport} transport @param {number} number */
  async #receive(transport, number) {
    const carrier = this.#carrier(transport);
    if (carrier.receive === undefined) return;
    try {
      await carrier.receive(number, this.#stream.signal);
      this.#failed(number, 'the stream ended');
    } catch (error) {
      if (error instanceof ProtocolError) this.#events.ended(error);
      else this.#failed(number, /** @type {Error} */ (error).message);
    }
  }

  /** @param {number} number @param {string} reason @param {boolean} [isForGood] whether it would fail again */
  #failed(number, reason, isForGood = false) {
    if (this.#closed || number !== this.#number) return;
    if (isForGood) this.#bar(reason);
    if (this.#trial !== null) return this.#trial.took(Infinity);
    this.#failures.set(this.#transport, reason);
    if (this.#carrier(this.#transport).connect !== undefined) this.#retry(this.#transport);
    void this.#open();
  }

  /**
   * Nothing that can stall any more in this page: what stopped in the middle of an update, on a path that is well,
   * stops again.
   * @param {string} reason
   */
  #bar(reason) {
    for (const transport of this.#order.filter(each => this.#canStall(each))) {
      this.#failures.set(transport, reason);
      this.#carrier(transport).close?.();
    }
    this.#learn({ barred: reason });
  }

  /** @param {Partial<TransportHistory>} news */
  #learn(news) {
    this.#history = { ...this.#history, ...news };
    this.#events.learned(this.#history);
  }

  /** Comes back to a transport when it is there again, if it is what was best. @param {Transport} transport */
  #retry(transport) {
    const carrier = this.#carrier(transport);
    carrier.hangUp?.();
    if (this.#order[0] !== transport || (this.#history.barred !== '' && this.#canStall(transport))) return;
    this.#timers.after(this.#retryMs, async () => {
      if (!(await carrier.connect?.())) return this.#retry(transport);
      this.#failures.delete(transport);
      await this.#open();
    });
    this.#retryMs *= 2;
  }

  /** @param {Transport} transport */
  async #isReady(transport) {
    const { unreachable = '' } = this.#known.find(({ name }) => name === transport) ?? {};
    const carrier = this.#carrier(transport);
    if (carrier.connect === undefined || (await carrier.connect())) return true;
    this.#failures.set(transport, unreachable);
    this.#retry(transport);
    return false;
  }

  /** The connection of a carrier has ended. @param {Carrier} carrier @param {string} reason */
  #unlinked(carrier, reason) {
    if (this.#carrier(this.#transport) === carrier) this.#failed(this.#number, reason, this.#stall.isDue);
    else carrier.hangUp?.(); // It was kept at hand.
  }

  /** Measures a whole frame on each transport, in rounds, so that a busy moment slows none alone. */
  async #measure() {
    const tookMs = /** @type {Map<Transport, number>} */ (new Map());
    const worthIt = this.#order.filter(each => this.#known.some(({ name, isSwift }) => name === each && isSwift));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const transport of worthIt) {
        if (this.#closed) return;
        const before = tookMs.get(transport) ?? Infinity;
        if (round > 0 && before > Math.min(SLOW_MS, LOST * Math.min(...tookMs.values()))) continue;
        tookMs.set(transport, Math.min(before, await this.#tryOut(transport)));
      }
    }
    const ranked = rank(tookMs);
    this.#order = [...ranked, ...this.#order.filter(each => !ranked.includes(each))];
    this.#reason = ranked.length === 0 ? 'a guess, since no picture came to measure by' : reasonByMeasuring(tookMs);
    if (ranked[0] !== undefined) this.#learn({ measured: { transport: ranked[0], reason: this.#reason } });
    for (const each of ranked.slice(2)) this.#carrier(each).hangUp?.(); // The second is kept at hand.
    if (!this.#closed) await this.#open();
  }

  /** @param {Transport} transport @returns {Promise<number>} milliseconds that a whole frame took */
  async #tryOut(transport) {
    if (!(await this.#isReady(transport)) || this.#closed) return Infinity;
    this.#go(transport, true);
    const firstMs = await this.#nextPicture();
    if (firstMs > SLOW_MS) return firstMs;
    let soonestMs = Infinity;
    for (let picture = 0; picture < PICTURES; picture += 1) {
      this.#send({ type: 'Refresh' });
      soonestMs = Math.min(soonestMs, await this.#nextPicture());
    }
    return soonestMs;
  }

  /** @returns {Promise<number>} milliseconds until it is there */
  async #nextPicture() {
    const arrived = deferred();
    this.#trial = { sinceMs: this.#env.now(), took: arrived.resolve };
    const ms = await this.#timers.within(TRIAL_MS_MAX, arrived.promise, Infinity);
    this.#trial = null;
    return ms;
  }
}
