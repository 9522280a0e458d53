// The codes' decoder: a small WebAssembly module (core/codec/wasm) and its memory, in which decoded pixels lie until they
// are painted, and pictures in planes. Not what the codes are: docs/codec.md.

import { cellsOf } from './planar.js';
import { ProtocolError } from './protocol.js';

/**
 * What the module offers: `room` makes its memory large enough for so many bytes and tells where they start, 0 if it cannot
 * be had; `decode` returns 0, or what is wrong with the code; `convert` returns 0 where the call makes sense. See core/codec/wasm.
 * @typedef {{
 *   memory: WebAssembly.Memory,
 *   room(bytes: number): number,
 *   decode(code: number, at: number, bytes: number, width: number, pixelsAt: number, pixels: number): number,
 *   convert(planar: number, width: number, height: number, at: number, pixelsAt: number, left: number, top: number, columns: number, rows: number): number,
 * }} Exports
 */

/** @typedef {{ codec: Codec | null, reason: string }} CodecChoice `reason`: why there is one or none */

/** The wire's number of the first code; the module counts from 0. */
const ENCODING_FIRST = 3;

export class Codec {
  #exports;
  /** Bytes from the start of the room on: of a picture in planes that is on show, and with decoded pixels after it. */
  #kept = 0;
  #used = 0;

  /** @param {WebAssembly.Instance} instance of the module */
  constructor(instance) {
    this.#exports = /** @type {Exports} */ (/** @type {unknown} */ (instance.exports));
  }

  /** Throws where a page may not run WebAssembly. */
  static async open() {
    const response = fetch(new URL('./codec.wasm', import.meta.url));
    const { instance } = await WebAssembly.instantiateStreaming(response);
    return new Codec(instance);
  }

  /** Forgets what was decoded. */
  reset() {
    this.#used = this.#kept;
  }

  /** The picture in planes is no longer on show. */
  release() {
    this.#kept = 0;
  }

  /**
   * Decodes a patch.
   * @param {number} encoding as on the wire
   * @param {Uint8Array} code
   * @param {number} width
   * @param {number} height
   * @returns {number} which bytes of the decoded pixels are this patch's, from where on
   */
  decode(encoding, code, width, height) {
    const { memory, room, decode } = this.#exports;
    const pixels = width * height;
    const offset = this.#used;
    const base = room(offset + pixels * 4 + code.length);
    if (base === 0) throw new RangeError('no memory to decode a picture');
    const pixelsAt = base + offset;
    const codeAt = pixelsAt + pixels * 4;
    new Uint8Array(memory.buffer, codeAt, code.length).set(code);
    const fault = decode(encoding - ENCODING_FIRST, codeAt, code.length, width, pixelsAt, pixels);
    if (fault !== 0) throw new ProtocolError(`a patch of encoding ${encoding} cannot be decoded (${fault})`);
    this.#used = offset + pixels * 4;
    return offset;
  }

  /**
   * Decoded pixels, until more is decoded.
   * @param {number} offset
   * @param {number} bytes
   * @returns {Uint8ClampedArray<ArrayBuffer>}
   */
  pixels(offset, bytes) {
    const { memory, room } = this.#exports;
    return new Uint8ClampedArray(/** @type {ArrayBuffer} */ (memory.buffer), room(0) + offset, bytes);
  }

  /**
   * For a picture in planes, in the module's memory, until it is released. `null`: there is no room for it.
   * @param {import('./planar.js').Planar} planar
   * @param {import('./planar.js').Size} size
   * @returns {import('./present/planes.js').Converter | null}
   */
  converter(planar, size) {
    const { memory, room, convert } = this.#exports;
    const cells = cellsOf(planar, size);
    const bytes = cells.width * cells.height * 4;
    const base = room(bytes + size.width * size.height * 4);
    if (base === 0) return null;
    this.#kept = bytes + size.width * size.height * 4;
    // With every growth of the memory its views are lost.
    const buffer = () => /** @type {ArrayBuffer} */ (memory.buffer);
    return {
      get block() { return new Uint8Array(buffer(), base, bytes); },
      convert({ x, y, width, height }) {
        const fault = convert(planar.code, size.width, size.height, base, base + bytes, x, y, width, height);
        if (fault !== 0) throw new RangeError(`${width}x${height} at ${x},${y} of ${size.width}x${size.height} cannot be converted`);
        return new Uint8ClampedArray(buffer(), base + bytes, width * height * 4);
      },
    };
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
