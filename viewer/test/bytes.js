// Bytes for tests: bands as a server writes them, and random numbers that are the same in every run.

import { BAND_BYTES, ENCODING_SOLID, HEADER_BYTES, writeBand } from '../src/protocol/messages.js';

/** In place of a timestamp where there is none. */
const NO_PTS = -(2n ** 63n);
/** Where a band has four bytes that must be 0. */
const RESERVED_AT = HEADER_BYTES + BAND_BYTES - 4;

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
  pts = NO_PTS,
  planes = [0, 0, 0, 0],
  rest = 0,
}) {
  const head = {
    seq,
    base,
    width,
    height,
    patches: count,
    capturedAtUs: 1000,
    ptsUs: pts === NO_PTS ? null : Number(pts),
    planes: new DataView(Uint8Array.from(planes).buffer).getUint32(0, true),
  };
  const rows = patches.map(({ data, length = data.length, encoding = 0, ...rect }) => ({
    ...rect,
    encoding,
    bytes: length,
  }));
  const written = writeBand(
    head,
    flags,
    rows,
    patches.map(({ data }) => data),
  );
  new DataView(written).setUint32(RESERVED_AT, rest, true);
  return new Uint8Array(written);
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
