// Pixels over HTTP: an endless response, read into one large buffer that is used over and over. With a BYOB reader the
// browser writes straight into it, and the canvas is painted straight from it. Engines without BYOB get the same by a copy.

import { HEADER_BYTES, KIND, ProtocolError, messageBytes } from '../protocol.js';
import { SessionEnd } from '../session-end.js';

/** Room for a 1080p picture twice, so that it is not outgrown at the first; untouched pages of it cost nothing. */
const BUFFER_BYTES_AT_FIRST = 16 << 20;
/** Room for an 8K picture in one update four times over; more is a server that lies. */
const BUFFER_BYTES_MAX = 512 << 20;

/**
 * Takes bands as they arrive. `band` says whether it was the last of its update; then `commit` follows with the buffers
 * that the bands lie in, which are the sink's until it returns.
 * @typedef {{
 *   band(buffer: ArrayBuffer, at: number, bytes: number, chunk: number): boolean,
 *   commit(buffers: readonly ArrayBuffer[]): void,
 * }} BandSink
 */

/** Whether this engine reads response bodies into buffers of ours. A probe, since no version number says it. */
export function hasByob() {
  try {
    new ReadableStream({ type: 'bytes' }).getReader({ mode: 'byob' });
    // A stream of our own may know BYOB where a response's body does not (WebKitGTK), so that one is asked as well.
    new Response('x').body?.getReader({ mode: 'byob' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Asks for the stream of a session.
 * @param {{ origin: string, key: string, fetch: typeof fetch, signal: AbortSignal }} request
 * @returns {Promise<ReadableStream<Uint8Array<ArrayBuffer>>>}
 */
export async function openStream({ origin, key, fetch, signal }) {
  const response = await fetch(`${origin}/stream`, {
    headers: { Authorization: `Session ${key}` }, cache: 'no-store', credentials: 'omit', signal,
  });
  if (response.status === 503) throw new SessionEnd('http-full', 'all HTTP streams of this server are taken');
  if (!response.ok || response.body === null) throw new SessionEnd('lost', `the stream was refused: ${response.status}`);
  return response.body;
}

/** Cuts a stream into messages and hands bands on. */
export class StreamReader {
  #source;
  #sink;
  #buffer = new ArrayBuffer(BUFFER_BYTES_AT_FIRST);
  /** Start of the first message that is not handed on. */
  #start = 0;
  /** End of what has arrived. */
  #filled = 0;
  /** Whether bands before `#start` wait for their commit. */
  #holding = false;

  /**
   * @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream
   * @param {BandSink} sink
   */
  constructor(stream, sink) {
    this.#source = byteSource(stream);
    this.#sink = sink;
  }

  /** Reads until the stream ends. */
  async run() {
    for (;;) {
      const missing = this.#handOn();
      this.#makeRoom(missing);
      const read = await this.#source.read(this.#buffer, this.#filled, missing);
      this.#buffer = read.buffer;
      if (read.bytes === 0) return;
      this.#filled += read.bytes;
    }
  }

  /** Hands on all messages that are whole. Returns how many bytes the next one still needs. */
  #handOn() {
    const view = new DataView(this.#buffer);
    while (this.#filled - this.#start >= HEADER_BYTES) {
      const at = this.#start;
      const bytes = messageBytes(view, at);
      const missing = bytes - (this.#filled - at);
      if (missing > 0) return missing;
      this.#start = at + bytes;
      if (view.getUint8(at + 4) === KIND.BAND) this.#handOnBand(at, bytes);
      if (!this.#holding) this.#recycle();
    }
    return HEADER_BYTES - (this.#filled - this.#start);
  }

  /** @param {number} at @param {number} bytes */
  #handOnBand(at, bytes) {
    this.#holding = !this.#sink.band(this.#buffer, at, bytes, 0);
    if (!this.#holding) this.#sink.commit([this.#buffer]);
  }

  /** Nothing before `#start` is needed any more: begin at the front again, with what is left, which is nearly always nothing. */
  #recycle() {
    if (this.#filled > this.#start) new Uint8Array(this.#buffer).copyWithin(0, this.#start, this.#filled);
    this.#filled -= this.#start;
    this.#start = 0;
  }

  /** @param {number} missing */
  #makeRoom(missing) {
    const needed = this.#filled + missing;
    if (needed <= this.#buffer.byteLength) return;
    if (needed > BUFFER_BYTES_MAX) throw new ProtocolError(`an update of more than ${BUFFER_BYTES_MAX} bytes`);
    const grown = new ArrayBuffer(Math.min(needed * 2, BUFFER_BYTES_MAX));
    new Uint8Array(grown).set(new Uint8Array(this.#buffer, 0, this.#filled));
    this.#buffer = grown;
  }
}

/**
 * Where bytes come from. `read` puts at least `min` bytes at `at` if the engine can wait for so many, else at least one;
 * 0 is the end. The buffer it returns replaces the one it got, which may be gone.
 * @typedef {{ read(buffer: ArrayBuffer, at: number, min: number): Promise<{ buffer: ArrayBuffer, bytes: number }> }} ByteSource
 */

/** @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream @returns {ByteSource} */
export function byteSource(stream) {
  try {
    return new ByobSource(stream.getReader({ mode: 'byob' }));
  } catch {
    return new CopyingSource(stream.getReader());
  }
}

/**
 * The compiler's library does not know `min` yet.
 * @typedef {{ read(view: Uint8Array<ArrayBuffer>, options: { min: number }): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>> }} MinReader
 */

class ByobSource {
  #reader;

  /** @param {ReadableStreamBYOBReader} reader */
  constructor(reader) {
    this.#reader = /** @type {MinReader} */ (reader);
  }

  /** @type {ByteSource['read']} */
  async read(buffer, at, min) {
    // The view takes in all room there is, so that one read gets header and body where both are there; `min` spares the
    // wake-ups in between. Engines that do not know `min` ignore it.
    const { value } = await this.#reader.read(new Uint8Array(buffer, at), { min });
    // No value: the stream was cancelled, and the buffer is lost with it.
    if (value === undefined) return { buffer: new ArrayBuffer(0), bytes: 0 };
    return { buffer: value.buffer, bytes: value.byteLength };
  }
}

class CopyingSource {
  #reader;
  /** @type {Uint8Array<ArrayBuffer>} */
  #left = new Uint8Array(0);

  /** @param {ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>} reader */
  constructor(reader) {
    this.#reader = reader;
  }

  /** @type {ByteSource['read']} */
  async read(buffer, at) {
    while (this.#left.byteLength === 0) {
      const { value, done } = await this.#reader.read();
      if (done) return { buffer, bytes: 0 };
      this.#left = value;
    }
    const bytes = Math.min(this.#left.byteLength, buffer.byteLength - at);
    new Uint8Array(buffer, at, bytes).set(this.#left.subarray(0, bytes));
    this.#left = this.#left.subarray(bytes);
    return { buffer, bytes };
  }
}
