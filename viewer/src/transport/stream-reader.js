// Pixels over HTTP: an endless response, cut into messages, each read into a buffer of its own. With a BYOB reader the
// browser writes straight into it, and the canvas is painted straight from it. Engines without BYOB get the same by a
// copy.

import { HEADER_BYTES, KIND, kindAt, messageBytes, readServerMessage } from '../protocol/messages.js';

/** @typedef {import('./carrier.js').BandSink} BandSink */

/**
 * Asked for before the length of a message is known: a small update comes in one read, and little of what follows is
 * moved.
 */
const HEAD_BYTES = 64 << 10;

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

/** Cuts a stream into messages and hands bands on. */
export class StreamReader {
  #source;
  #sink;
  /** Where the present message goes, from the front. */
  #buffer;
  #filled = 0;

  /**
   * @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream
   * @param {BandSink} sink
   */
  constructor(stream, sink) {
    this.#source = byteSource(stream);
    this.#sink = sink;
    this.#buffer = sink.buffer(HEAD_BYTES);
  }

  /** Reads until the stream ends. */
  async run() {
    for (;;) {
      while (this.#filled < HEADER_BYTES) if (!(await this.#read(HEADER_BYTES, HEAD_BYTES))) return;
      const bytes = messageBytes(new DataView(this.#buffer), 0);
      const isBand = kindAt(this.#buffer) === KIND.BAND;
      if (isBand) this.#sink.begin();
      if (bytes > this.#buffer.byteLength) this.#moveTo(new ArrayBuffer(bytes), 0);
      while (this.#filled < bytes) if (!(await this.#read(bytes, bytes))) return;
      const whole = this.#buffer;
      if (!isBand) this.#sink.message(readServerMessage(whole.slice(0, bytes)));
      this.#moveTo(isBand ? this.#sink.buffer(HEAD_BYTES) : whole, bytes);
      if (isBand) this.#sink.band(whole, bytes);
    }
  }

  /**
   * Reads until at least `min` bytes are there if the engine supports it, and at most `max`.
   * @param {number} min
   * @param {number} max
   * @returns {Promise<boolean>} `false`: the stream ended
   */
  async #read(min, max) {
    const read = await this.#source.read(this.#buffer, this.#filled, max - this.#filled, min - this.#filled);
    this.#buffer = read.buffer;
    this.#filled += read.bytes;
    return read.bytes > 0;
  }

  /**
   * Goes on in another buffer, with what was read from `start` on.
   * @param {ArrayBuffer} buffer
   * @param {number} start
   */
  #moveTo(buffer, start) {
    new Uint8Array(buffer).set(new Uint8Array(this.#buffer, start, this.#filled - start));
    this.#buffer = buffer;
    this.#filled -= start;
  }
}

/**
 * Where bytes come from. `read` puts at most `max` bytes at `at`, and at least `min` if the engine can wait for so
 * many, else at least one; 0 is the end. The buffer it returns replaces the one it got, which may be gone.
 * @typedef {{ read(buffer: ArrayBuffer, at: number, max: number, min: number): Promise<{ buffer: ArrayBuffer, bytes:
 *   number }> }} ByteSource
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
 * @typedef {{ read(view: Uint8Array<ArrayBuffer>, options: { min: number }):
 *   Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>> }} MinReader
 */

class ByobSource {
  #reader;

  /** @param {ReadableStreamBYOBReader} reader */
  constructor(reader) {
    this.#reader = /** @type {MinReader} */ (reader);
  }

  /** @type {ByteSource['read']} */
  async read(buffer, at, max, min) {
    // `min` spares the wake-ups in between. Engines that do not know it ignore it.
    const { value } = await this.#reader.read(new Uint8Array(buffer, at, max), { min });
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
  async read(buffer, at, max) {
    while (this.#left.byteLength === 0) {
      const { value, done } = await this.#reader.read();
      if (done) return { buffer, bytes: 0 };
      this.#left = value;
    }
    const bytes = Math.min(this.#left.byteLength, max);
    new Uint8Array(buffer, at, bytes).set(this.#left.subarray(0, bytes));
    this.#left = this.#left.subarray(bytes);
    return { buffer, bytes };
  }
}
