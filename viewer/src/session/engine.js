// The viewer without a user interface: keeps a session with the server, reconnects when it ends, and reports events. It
// runs in a worker or in the page, and paints on the surface that it is given. No DOM, no overlay.

import { BACKOFF_MS_MAX, Backoff } from './backoff.js';
import { canvasReads } from '../present/canvas-reads.js';
import { FilmClock } from './film-clock.js';
import { Meter } from './meter.js';
import { NO_HISTORY } from '../transport/choose.js';
import { Picture } from '../present/picture.js';
import { ProtocolError } from '../protocol/messages.js';
import { initialState } from './engine-state.js';
import { localNetworkPermission } from './reach.js';
import { SessionEnd, codeOf } from './session-end.js';
import { Session } from './session.js';

/** Frames are reported at most this often: a message for each would cost more than it is worth. */
const REPORT_MS = 100;
const STATS_MS = 500;
/** Interval of reports of a film's time while no frame arrives. */
const FILM_MS = 250;

/**
 * @typedef {import('../protocol/messages.js').CursorShape} CursorShape
 * @typedef {import('./session.js').Env} Env
 * @typedef {import('../transport/choose.js').TransportHistory} TransportHistory
 *
 * @typedef {import('./engine-state.js').State} State
 * @typedef {import('./engine-state.js').Code} Code
 * @typedef {import('./engine-state.js').ErrorCode} ErrorCode
 * @typedef {import('./session-end.js').ErrorDetail} ErrorDetail
 *
 * A frame that was painted: times in milliseconds since the epoch, by the clock that all threads of a page share;
 * `capturedAtMs`: null before the server's clock is known; `mediaS`: null where the source has no timestamps.
 * @typedef {{ seq: number, width: number, height: number, frames: number, mediaS: number | null, capturedAtMs:
 *   number | null, receivedAtMs: number, paintedAtMs: number }} PaintedFrame
 * @typedef {import('./meter.js').Measured & { server: Record<string, unknown> }} Stats
 * @typedef {{ type: 'state' | 'stopped', state: State } | { type: 'stats', stats: Stats } | { type: 'error', code:
 *   ErrorCode, message: string, detail: ErrorDetail }
 *   | { type: 'sound', atUs: number, samples: Float32Array<ArrayBuffer> } | { type: 'painted', filmS: number, atMs:
 *     number }
 *   | { type: 'renewed', token: string } | { type: 'learned', history: TransportHistory }
 *   | { type: 'refuted', seq: number } | { type: 'frame', frame: PaintedFrame }
 *   | { type: 'cursor-shape', shape: CursorShape } | { type: 'cursor-at', x: number, y: number, serial: number
 *   }} EngineEvent
 * @typedef {{
 *   server: string, token: string, transport: import('../transport/table.js').Transport | 'auto', codes: boolean,
 *   verify: boolean, paused: boolean, history?: TransportHistory,
 * }} EngineOptions `server`: its URL, without a slash at the end; `codes`: whether pixels may come in fewer bytes,
 *   where this page can decode them; `history`: of an engine before this one
 * @typedef {{
 *   surface: import('../present/surface.js').Surface,
 *   presenter: import('../present/choose.js').PresenterChoice,
 *   thread: import('./thread-choice.js').ThreadChoice,
 *   codec: Promise<import('../decode/codec.js').CodecChoice>,
 *   post: (event: EngineEvent) => void,
 * }} EngineParts
 */

export class Engine {
  #options;
  #post;
  #env;
  #surface;
  #codec;
  #picture;
  #meter = new Meter();
  #session = /** @type {Session | null} */ (null);
  #history;
  #backoff;
  /** Of the pointer, so far. */
  #moves = 0;
  #closed = false;
  #hasSound = false;
  /** Whether each frame is to be reported by itself. */
  #wantsFrames = false;
  #film = new FilmClock();
  #filmTimer = /** @type {unknown} */ (null);
  /** When the frame that is shown was painted. */
  #paintedMs = 0;
  /** The server's clock, less this page's. */
  #serverAheadMs = 0;
  #reportTimer = /** @type {unknown} */ (null);
  #statsTimer = /** @type {unknown} */ (null);
  #serverStats = /** @type {Record<string, unknown>} */ ({});
  /** Code of the last error that was posted since all was well. */
  #complaint = /** @type {ErrorCode} */ ('');
  /** @type {State} */
  #state;

  /**
   * @param {EngineOptions} options
   * @param {EngineParts} parts
   * @param {Env} env
   */
  constructor(options, { surface, presenter, thread, codec, post }, env) {
    this.#options = { ...options };
    this.#history = options.history ?? NO_HISTORY;
    this.#post = post;
    this.#env = env;
    this.#backoff = new Backoff(env);
    this.#surface = surface;
    this.#codec = codec;
    this.#picture = new Picture(surface);
    this.#state = initialState(options, presenter, thread);
  }

  get state() {
    return { ...this.#state };
  }

  /** Runs until it is closed, or the token turns out to be wrong. */
  async run() {
    const { codec, reason } = await this.#codec;
    if (codec !== null) this.#surface.useCodec(codec);
    Object.assign(this.#state, { codes: codec !== null, codesReason: reason });
    if (this.#options.verify) this.#noteProofs();
    this.#change({});
    while (!this.#closed && this.#state.phase !== 'ticket-rejected') {
      const startedMs = this.#env.now();
      const framesBefore = this.#meter.frames;
      this.#session = this.#newSession();
      const reason = await this.#session.run();
      this.#session = null;
      this.#film.forget();
      const held = this.#meter.frames > framesBefore || this.#env.now() - startedMs > BACKOFF_MS_MAX;
      if (held) this.#backoff.reset();
      await this.#afterwards(reason);
    }
  }

  close() {
    this.#closed = true;
    this.#restart('closed');
    this.#env.clearTimeout(this.#reportTimer);
    this.#env.clearTimeout(this.#filmTimer);
    this.setStats(false);
    this.#change({ phase: 'closed', connected: false });
    this.#picture.close();
  }

  /** Ends it, and tells its last state. The canvas keeps its frame. */
  stop() {
    this.#post({ type: 'stopped', state: this.state });
    this.close();
  }

  /** @param {boolean} paused */
  setPaused(paused) {
    if (this.#options.paused === paused) return;
    this.#options.paused = paused;
    this.#session?.setPaused(paused);
    this.#backoff.wake(); // A page that becomes visible should not wait for the backoff's end.
    this.#change({ paused });
  }

  /**
   * Asks something of the source.
   * @param {import('../protocol/messages.js').PlaybackCommandName} command
   * @param {number} value the second to seek, or which track
   */
  controlPlayback(command, value) {
    const scale = command === 'seek' ? 1e6 : command === 'track' ? 1 : 0;
    this.#session?.sendPlaybackCommand({
      command,
      toUs: Math.min(Math.max(0, Math.round(value * scale)), Number.MAX_SAFE_INTEGER),
    });
  }

  /** @param {boolean} verify */
  setVerify(verify) {
    if (this.#options.verify === verify) return;
    this.#options.verify = verify;
    if (verify) this.#noteProofs();
    this.#change({ verify, exact: null });
    this.#restart('switch'); // Only a hello can say so.
  }

  /** @param {string} token for the next session */
  setToken(token) {
    this.#options.token = token;
  }

  /** @param {boolean} wanted whether each painted frame is to be posted */
  setFrames(wanted) {
    this.#wantsFrames = wanted;
  }

  /** @param {boolean} wanted whether `stats` are to be posted */
  setStats(wanted) {
    this.#env.clearTimeout(this.#statsTimer);
    this.#statsTimer = null;
    if (!wanted || this.#closed) return;
    this.#meter.take(this.#env.now());
    const tick = () => {
      this.#post({ type: 'stats', stats: { ...this.#meter.take(this.#env.now()), server: this.#serverStats } });
      this.#statsTimer = this.#env.setTimeout(tick, STATS_MS);
    };
    this.#statsTimer = this.#env.setTimeout(tick, STATS_MS);
  }

  /** The frame, or what the canvas shows of it, and what planes it is made of. @param {'picture' | 'canvas'} of */
  readPixels(of) {
    return this.#picture.read(of);
  }

  #noteProofs() {
    const { canRead, reason } = canvasReads();
    const isKnown = this.#state.provenOf === 'memory';
    Object.assign(this.#state, { provenOf: canRead ? 'canvas' : 'memory', provenReason: reason });
    if (!canRead && !isKnown) this.#postError('readback-altered', `proofs are of the picture in memory: ${reason}`);
  }

  #newSession() {
    const { server, token, transport, verify, paused } = this.#options;
    return new Session(
      {
        server,
        token,
        wanted: transport,
        history: this.#history,
        verify,
        paused,
        picture: this.#picture,
      },
      {
        chosen: ({ transport, reason }) => this.#change({ transport, transportReason: reason }),
        learned: history => {
          this.#history = history;
          this.#post({ type: 'learned', history });
        },
        asking: text => this.#wonder(text),
        renewed: token => {
          this.#options.token = token;
          this.#post({ type: 'renewed', token });
        },
        welcome: () => this.#change({ phase: 'open', connected: true, feedback: '' }),
        message: message => this.#receive(message),
        shown: (update, took) => this.#shown(update, took),
      },
      this.#env,
    );
  }

  /** @param {import('../protocol/messages.js').ServerMessage} message */
  #receive(message) {
    switch (message.type) {
      case 'Welcome':
        return this.#welcomed(message.epoch, message.clockUs);
      case 'Source':
        return this.#turned(message.state, message.text);
      case 'Description':
        return this.#change({ sourceName: message.name, stalled: message.stalled, alterations: message.alterations });
      case 'Notice':
        return this.#noticed(message.code, message.text);
      case 'Stats':
        this.#serverStats = message.stats;
        return undefined;
      case 'Playback':
        return this.#played(message);
      case 'Sound':
        return this.#heard(message.atUs, message.samples);
      case 'Proven':
        return this.#proven(message.seq, message.exact);
      case 'CursorShape':
        return this.#post({ type: 'cursor-shape', shape: message.shape });
      case 'CursorAt':
        return this.#pointed(message);
      default:
        return undefined;
    }
  }

  /** @param {bigint} epoch @param {number} clockUs */
  #welcomed(epoch, clockUs) {
    this.#serverAheadMs = clockUs / 1000 - this.#env.now();
    if (markerOf(epoch) !== this.#state.marker) this.#moves = 0; // Another run counts from its own beginning.
    this.#complaint = '';
    this.#change({ marker: markerOf(epoch), code: '', reason: '', isOver: false });
  }

  /** The source did. @param {import('../protocol/messages.js').SourceState} sourceState @param {string} sourceText */
  #turned(sourceState, sourceText) {
    const code = sourceState === 'live' ? '' : sourceState === 'lost' ? 'source-lost' : 'source-ended';
    this.#change({
      sourceState,
      sourceText,
      code,
      reason: code === '' ? '' : sourceText,
      isOver: code === 'source-ended',
    });
    if (code === '') this.#complaint = '';
    else this.#complain(code, sourceText);
  }

  /** No answer yet: the browser may be asking the user. @param {string} text */
  #wonder(text) {
    if (this.#state.isOver) return;
    this.#change({ phase: 'local-network-prompt', code: 'local-network-prompt', reason: text });
    this.#complain('local-network-prompt', text);
  }

  /**
   * By datagram an older place may come after a newer.
   * @param {{ x: number, y: number, serial: number, moves: number }} pointer
   */
  #pointed({ x, y, serial, moves }) {
    const isOlder = ((moves - this.#moves) | 0) < 0;
    if (isOlder) return;
    this.#moves = moves;
    this.#post({ type: 'cursor-at', x, y, serial });
  }

  /** @param {import('../protocol/messages.js').Playback} playback */
  #played(playback) {
    this.#film.report(playback, this.#serverAheadMs);
    const { isPlaying, canSeek, track, tracks } = playback;
    const { durationS } = this.#film;
    Object.assign(this.#state, { hasPlayback: true, sourcePlaying: isPlaying, canSeek, durationS, track, tracks });
    this.#change({ timeS: this.#film.seconds(this.#env.now()) });
    this.#follow();
  }

  /** Reports the time of a film that continues without a new frame; its audio follows it as well. */
  #follow() {
    this.#env.clearTimeout(this.#filmTimer);
    if (this.#closed || !this.#film.isRunning || this.#session === null) return;
    this.#filmTimer = this.#env.setTimeout(() => {
      const nowMs = this.#env.now();
      const positionUs = this.#film.frameClockUs(nowMs);
      if (positionUs !== null && nowMs - this.#paintedMs >= FILM_MS) {
        const atMs = performance.timeOrigin + nowMs;
        if (this.#hasSound) this.#post({ type: 'painted', filmS: positionUs / 1e6, atMs });
        this.#change({ timeS: this.#film.seconds(nowMs) });
      }
      this.#follow();
    }, FILM_MS);
  }

  /**
   * From then on it matters when frames are painted.
   * @param {number} atUs
   * @param {Float32Array<ArrayBuffer>} samples
   */
  #heard(atUs, samples) {
    this.#hasSound = true;
    this.#post({ type: 'sound', atUs, samples });
  }

  /** @param {number} code @param {string} text */
  #noticed(code, text) {
    if (code === 1) this.#change({ feedback: text || 'this page shows the display it mirrors' });
    else if (code === 2) this.#change({ feedback: '' });
  }

  /** @param {number} seq @param {boolean} exact */
  #proven(seq, exact) {
    const wasExact = this.#state.exact;
    this.#state.proven += exact ? 1 : 0;
    this.#state.refuted += exact ? 0 : 1;
    this.#state.exact = exact;
    if (!exact) this.#post({ type: 'refuted', seq });
    if (!exact && wasExact !== false)
      this.#postError('not-exact', 'not exact: what is shown differs from the source', { seq });
    if (exact === wasExact) this.#report();
    else this.#change({});
  }

  /**
   * @param {import('../decode/update.js').Update} update
   * @param {import('./session.js').Took} took
   */
  #shown(update, took) {
    this.#meter.shown(update, took);
    this.#film.show(update.ptsUs);
    this.#paintedMs = this.#env.now();
    if (this.#hasSound && update.ptsUs !== null)
      this.#post({ type: 'painted', filmS: update.ptsUs / 1e6, atMs: performance.timeOrigin + this.#env.now() });
    const { width, height, frames } = this.#state;
    const prompt = frames === 0 || width !== update.width || height !== update.height;
    Object.assign(this.#state, {
      seq: update.seq,
      frames: this.#meter.frames,
      skipped: this.#meter.skipped,
      width: update.width,
      height: update.height,
      timeS: this.#film.seconds(this.#paintedMs),
      planes: update.planar?.name ?? '',
    });
    if (prompt) this.#change({});
    else this.#report();
    if (this.#wantsFrames) this.#postFrame(update.seq, took);
  }

  /** @param {number} seq @param {import('./session.js').Took} took */
  #postFrame(seq, { arrivedMs, paintMs, totalMs }) {
    const { width, height, frames, timeS } = this.#state;
    const receivedAtMs = performance.timeOrigin + arrivedMs;
    const paintedAtMs = receivedAtMs + paintMs;
    // The server's clock is known to half a round trip: a capture cannot seem later than the arrival of its frame.
    const capturedAtMs = totalMs === null ? null : Math.min(paintedAtMs - totalMs, receivedAtMs);
    const frame = { seq, width, height, frames, mediaS: timeS, capturedAtMs, receivedAtMs, paintedAtMs };
    this.#post({ type: 'frame', frame });
  }

  /** Decides what follows a session's end. @param {Error} error */
  async #afterwards(error) {
    if (this.#closed) return;
    const code = codeOf(error);
    // After an error of this page or the server the canvas is in an unknown state: begin again. A lost connection
    // leaves it intact.
    if (code === 'failed' || error instanceof ProtocolError) this.#picture.forget();
    if (code === 'switch') return;
    const { isFarewell, detail } = error instanceof SessionEnd ? error : { isFarewell: false, detail: {} };
    const isFinal = code === 'ticket-rejected';
    const reason = isFinal ? rejectedText(this.#state.marker) : error.message;
    const phase = isFinal || code === 'local-network-denied' ? code : 'reconnecting';
    if (!isFinal) this.#state.reconnects += 1;
    // Nor is the same cause news in other words, nor the silence of a server that said why it ends.
    const isNews = isFarewell || !(code === this.#complaint || (code === 'server-gone' && this.#state.isOver));
    this.#change({ phase, connected: false, ...(isNews ? { code, reason, isOver: isFarewell } : {}) });
    if (isNews) this.#complain(code, reason, detail);
    if (!isFinal) await this.#backoff.pause();
    if (code === 'local-network-denied') await this.#untilAllowed();
  }

  /** Until then each request would fail, and the browser say so in its console. */
  async #untilAllowed() {
    while (
      !this.#closed &&
      (await localNetworkPermission(new URL(this.#options.server).origin, this.#env)) === 'denied'
    )
      await this.#backoff.pause();
  }

  /**
   * Posts an error, once for as long as the cause is the same.
   * @param {Code} code
   * @param {string} message
   * @param {ErrorDetail} [detail]
   */
  #complain(code, message, detail) {
    if (code === this.#complaint) return;
    this.#complaint = code;
    this.#postError(code, message, detail);
  }

  /** @param {ErrorCode} code @param {string} message @param {ErrorDetail} [detail] */
  #postError(code, message, detail = {}) {
    this.#post({ type: 'error', code, message, detail });
  }

  /** @param {'switch' | 'closed'} code */
  #restart(code) {
    this.#session?.end(new SessionEnd(code, ''));
    this.#backoff.wake();
  }

  /** Applies changes and posts the state at once. @param {Partial<State>} changes */
  #change(changes) {
    Object.assign(this.#state, changes);
    this.#env.clearTimeout(this.#reportTimer);
    this.#reportTimer = null;
    this.#post({ type: 'state', state: this.state });
  }

  /** Posts the state soon, for counters. */
  #report() {
    if (this.#closed) return;
    this.#reportTimer ??= this.#env.setTimeout(() => this.#change({}), REPORT_MS);
  }
}

/** A token that was accepted before belongs to a previous run. @param {string} marker of the run that accepted it */
function rejectedText(marker) {
  return marker === ''
    ? 'wrong token, or a used ticket: open the whole URL that lanstream printed, up to its last character'
    : 'lanstream was started again: open the URL that it printed this time';
}

/**
 * What a page that shows this run has in its title, so that the server can find it on the display that it mirrors.
 * @param {bigint} epoch
 */
function markerOf(epoch) {
  return `[${(epoch & 0xffffffffn).toString(16).padStart(8, '0')}]`;
}
