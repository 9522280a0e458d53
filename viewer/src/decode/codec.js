// Decoder: a small WebAssembly module (core/codec/wasm) and its memory, which also holds the frames
// (picture-memory.js). The encodings are defined in docs/codec.md.

import { ProtocolError } from '../protocol/messages.js';

/**
 * Exports of the module: `room` grows its memory to hold `bytes` bytes and returns their offset, or 0 if memory is
 * exhausted; `decode` returns 0, or what is wrong with the code; `convert` returns 0 where the call makes sense. See
 * core/codec/wasm.
 * @typedef {{
 *   memory: WebAssembly.Memory,
 *   room(bytes: number): number,
 *   decode(code: number, at: number, bytes: number, width: number, pixelsAt: number, pixels: number): number,
 *   convert(planar: number, width: number, height: number, at: number, pixelsAt: number, left: number, top: number,
 *     columns: number, rows: number): number,
 * }} Exports
 */

/** @typedef {import('./arena.js').Arena} Arena */

/** @typedef {{ codec: Codec | null, reason: string }} CodecChoice `reason`: why there is one or none */

/** The wire's number of the first code; the module counts from 0. */
const ENCODING_FIRST = 3;

/** @implements {Arena} */
export class Codec {
  #exports;
  #bytes = new Uint8Array(0);

  /** @param {WebAssembly.Instance} instance of the module */
  constructor(instance) {
    this.#exports = /** @type {Exports} */ (/** @type {unknown} */ (instance.exports));
  }

  /** Throws where a page may not run WebAssembly. */
  static async open() {
    const response = fetch(new URL('../codec.wasm', import.meta.url));
    const { instance } = await WebAssembly.instantiateStreaming(response);
    return new Codec(instance);
  }

  /** Memory of the module's that pages may use. @param {number} bytes */
  reserve(bytes) {
    if (bytes > this.#bytes.length || this.#bytes.length === 0) {
      const { memory, room } = this.#exports;
      const base = room(bytes);
      if (base === 0) throw new RangeError(`no memory for a picture: ${bytes} bytes`);
      this.#bytes = new Uint8Array(/** @type {ArrayBuffer} */ (memory.buffer), base);
    }
    return this.#bytes;
  }

  /**
   * Decodes a patch into reserved memory.
   * @param {number} encoding as on the wire
   * @param {Uint8Array} code
   * @param {number} width
   * @param {number} height
   * @param {number} at where its pixels are to lie, row by row; what is behind them is overwritten
   */
  decode(encoding, code, width, height, at) {
    const pixels = width * height;
    const codeAt = at + pixels * 4;
    const bytes = this.reserve(codeAt + code.length);
    bytes.set(code, codeAt);
    const base = bytes.byteOffset;
    const fault = this.#exports.decode(encoding - ENCODING_FIRST, base + codeAt, code.length, width, base + at, pixels);
    if (fault !== 0) throw new ProtocolError(`a patch of encoding ${encoding} cannot be decoded (${fault})`);
  }

  /**
   * Makes pixels of a part of a frame in planes.
   * @param {import('./planar.js').Planar} planar
   * @param {import('./planar.js').Size} size
   * @param {number} blockAt where the frame lies in reserved memory
   * @param {import('./planar.js').Part} part
   * @param {number} at where the pixels are to lie
   * @returns {Uint8ClampedArray<ArrayBuffer>} red, green, blue, 255, row by row, until more is reserved or decoded
   */
  convert(planar, size, blockAt, { x, y, width, height }, at) {
    const length = width * height * 4;
    const { buffer, byteOffset: base } = this.reserve(at + length);
    const fault = this.#exports.convert(
      planar.code,
      size.width,
      size.height,
      base + blockAt,
      base + at,
      x,
      y,
      width,
      height,
    );
    if (fault !== 0)
      throw new RangeError(`${width}x${height} at ${x},${y} of ${size.width}x${size.height} cannot be converted`);
    return new Uint8ClampedArray(buffer, base + at, length);
  }
}

/**
 * A decoder, where one is wanted and the page may run it. Without one the server sends no codes.
 * @param {boolean} wanted
 * @returns {Promise<CodecChoice>}
 */
export async function openCodec(wanted) {
  if (!wanted) return { codec: null, reason: 'not wanted' };
  try {
    return { codec: await Codec.open(), reason: 'WebAssembly' };
  } catch (error) {
    return { codec: null, reason: /** @type {Error} */ (error).message };
  }
}
