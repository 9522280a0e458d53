// Bytes for tests: bands as a server writes them, and random numbers that are the same in every run.

import { ENCODING_SOLID, HEADER_BYTES, KIND } from '../src/protocol/messages.js';

/**
 * @typedef {{ x: number, y: number, width: number, height: number, encoding?: number, data: Uint8Array, length?: number
 *   }} TestPatch
 * @param {{ seq: number, base?: number, width?: number, height?: number, flags: number, patches?: TestPatch[], count?:
 *   number, pts?: bigint, planes?: number[], rest?: number }} fields
 */
export function band({
  seq,
  base = 0,
  width = 4,
  height = 4,
  flags,
  patches = [],
  count = patches.length,
  pts = -(2n ** 63n),
  planes = [0, 0, 0, 0],
  rest = 0,
}) {
  const body = [
    u32(seq),
    u32(base),
    u16(width),
    u16(height),
    u32(count),
    u32(1000),
    u32(0),
    u64(BigInt.asUintN(64, pts)),
    planes,
    u32(rest),
  ];
  for (const { x, y, width: w, height: h, encoding = 0, data, length = data.length } of patches) {
    body.push(u16(x), u16(y), u16(w), u16(h), [encoding, 0, 0, 0], u32(length));
  }
  for (const { data } of patches) body.push(Array.from(data));
  return message(KIND.BAND, flags, body.flat());
}

/** @param {number} x @param {number} y @param {number} width @param {number} height @param {number} value */
export function raw(x, y, width, height, value) {
  return { x, y, width, height, data: new Uint8Array(width * height * 4).fill(value) };
}

/** @param {number} x @param {number} y @param {number} width @param {number} height @param {number} value */
export function solid(x, y, width, height, value) {
  return { x, y, width, height, encoding: ENCODING_SOLID, data: Uint8Array.of(value, value, value, 255) };
}

/** @param {number} kind @param {number} flags @param {ArrayLike<number>} body */
export function message(kind, flags, body) {
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  bytes.set([...u32(body.length), kind, flags, 0, 0]);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/** @param {number} value */
export function u16(value) {
  return [value & 255, (value >> 8) & 255];
}
/** @param {number} value */
export function u32(value) {
  return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
}
/** @param {bigint} value */
export function u64(value) {
  return [...u32(Number(value & 0xffffffffn)), ...u32(Number(value >> 32n))];
}

/** @param {string} hex */
export function fromHex(hex) {
  return Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
}

/** @param {ArrayBuffer | Uint8Array} bytes */
export function toHex(bytes) {
  return Buffer.from(/** @type {Uint8Array} */ (bytes)).toString('hex');
}

/** A small generator (mulberry32). @param {number} seed */
export function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @param {Uint8Array[]} parts */
export function join(parts) {
  return Uint8Array.from(Buffer.concat(parts));
}
