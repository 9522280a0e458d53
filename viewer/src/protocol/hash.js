// The picture hash of docs/protocol.md, over packed pixels. It finds errors, not forgers; core/src/hash.rs is its twin.

const K = 0x9e3779b1;
const LANES = 8;

/**
 * @param {Uint8Array | Uint8ClampedArray} bytes red, green, blue, 255 for each pixel, row by row, at a multiple of four
 *   in its buffer
 * @param {Uint8Array | null} block of a frame in planes, which counts as well
 * @returns {bigint}
 */
export function pictureHash(bytes, block = null) {
  const all = block === null ? bytes : joined(bytes, block);
  const pixels = new Uint32Array(all.buffer, all.byteOffset, all.byteLength >>> 2);
  // Lanes in local variables stay in registers; an array of lanes is several times slower.
  let a = 1;
  let b = 2;
  let c = 3;
  let d = 4;
  let e = 5;
  let f = 6;
  let g = 7;
  let h = 8;
  const whole = pixels.length - (pixels.length % LANES);
  for (let i = 0; i < whole; i += LANES) {
    a = mix(a, /** @type {number} */ (pixels[i]));
    b = mix(b, /** @type {number} */ (pixels[i + 1]));
    c = mix(c, /** @type {number} */ (pixels[i + 2]));
    d = mix(d, /** @type {number} */ (pixels[i + 3]));
    e = mix(e, /** @type {number} */ (pixels[i + 4]));
    f = mix(f, /** @type {number} */ (pixels[i + 5]));
    g = mix(g, /** @type {number} */ (pixels[i + 6]));
    h = mix(h, /** @type {number} */ (pixels[i + 7]));
  }
  const lanes = [a, b, c, d, e, f, g, h];
  for (let i = whole; i < pixels.length; i += 1) {
    const lane = i - whole;
    lanes[lane] = mix(/** @type {number} */ (lanes[lane]), /** @type {number} */ (pixels[i]));
  }
  return finish(lanes, pixels.length % LANES);
}

/** @param {Uint8Array | Uint8ClampedArray} first @param {Uint8Array} second */
function joined(first, second) {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

/** @param {number} lane @param {number} pixel */
function mix(lane, pixel) {
  return rotl(Math.imul(lane ^ pixel, K), 15);
}

/** @param {number[]} lanes @param {number} remainder pixels past the last whole eight */
function finish(lanes, remainder) {
  let low = 0;
  let high = remainder;
  for (const lane of lanes) {
    low = rotl(Math.imul(low ^ lane, K), 13);
    high = rotl(Math.imul((high + low) | 0, K), 17);
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** @param {number} value @param {number} bits */
function rotl(value, bits) {
  return (value << bits) | (value >>> (32 - bits));
}
