// Decodes the pictures that the server gives, with the viewer's own decoder, and tells what each took.

import { Codec } from './src/decode/codec.js';

/** @typedef {{ encoding: number, width: number, height: number, code: Uint8Array }} Patch */

/** A new picture is decoded for so long before it counts, until the engine has compiled all that it takes as well as it can. */
const WARM_UP_MS = 500;
/** Before a code: encoding, width, height, and the code's length. */
const HEAD_BYTES = 16;

void run();

async function run() {
  try {
    const codec = await Codec.open();
    /** At first nothing: so the server learns that the page is there. @type {Patch[]} */
    let patches = [];
    for (;;) {
      const tookMs = decode(codec, patches);
      const next = await exchange(tookMs, codec.reserve(0).slice(0, bytes(patches)));
      if (next.length > 0) {
        patches = next;
        warmUp(codec, patches);
      }
    }
  } catch (error) {
    await fetch('/fault', { method: 'POST', body: String(error) });
  }
}

/**
 * Tells what was decoded and takes what is next; nothing: the same again.
 * @param {number} tookMs
 * @param {Uint8Array<ArrayBuffer>} pixels
 */
async function exchange(tookMs, pixels) {
  const response = await fetch(`/turn/${tookMs}`, { method: 'POST', body: pixels });
  return parse(await response.arrayBuffer());
}

/**
 * @param {ArrayBuffer} message
 * @returns {Patch[]}
 */
function parse(message) {
  const view = new DataView(message);
  /** @type {Patch[]} */
  const patches = [];
  for (let at = 0; at < message.byteLength;) {
    /** @param {number} offset */
    const word = (offset) => view.getUint32(at + offset, true);
    const code = new Uint8Array(message, at + HEAD_BYTES, word(12));
    patches.push({ encoding: word(0), width: word(4), height: word(8), code });
    at += HEAD_BYTES + code.length;
  }
  return patches;
}

/**
 * Decodes all patches of an update, one behind the other. Returns how long that took.
 * @param {Codec} codec
 * @param {Patch[]} patches
 */
function decode(codec, patches) {
  const began = performance.now();
  let at = 0;
  for (const { encoding, code, width, height } of patches) {
    codec.decode(encoding, code, width, height, at);
    at += width * height * 4;
  }
  return performance.now() - began;
}

/**
 * @param {Codec} codec
 * @param {Patch[]} patches
 */
function warmUp(codec, patches) {
  for (const end = performance.now() + WARM_UP_MS; performance.now() < end;) decode(codec, patches);
}

/** @param {Patch[]} patches */
function bytes(patches) {
  return patches.reduce((sum, { width, height }) => sum + width * height * 4, 0);
}
