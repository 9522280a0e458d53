// Frames in planes, as decoders of video have them: where the samples of a pixel lie in a frame's block, and what
// they show. The formula is docs/protocol.md's; core/codec/src/planar.rs is its twin, and the module's. Not where
// pixels go.

import { ProtocolError, SIDE_PX_MAX } from '../protocol/messages.js';

/**
 * How a frame's planes lie and what they mean, from the four bytes of a band's head.
 * @typedef {{
 *   code: number, name: string, bits: number, sampleBytes: number, across: number, down: number, turns: boolean,
 *     matrix: number, range: number,
 * }} Planar `code`: all four bytes as a number; `across`, `down`: pixels that share a sample of chroma, 0 where there
 *   is none; `turns`: U and V lie by turns in one plane
 * @typedef {{ black: number, neutral: number, luma: number, redV: number, greenU: number, greenV: number, blueU:
 *   number, shift: number }} Numbers
 * @typedef {{ width: number, height: number }} Size
 * @typedef {{ x: number, y: number, width: number, height: number }} Part of a picture; `x` is a multiple of 4
 */

/** Those that there are, each at its number. */
const CHROMA = [
  null,
  ['4:2:0', 2, 2],
  ['4:2:2', 2, 1],
  ['4:4:4', 1, 1],
  ['4:1:1', 4, 1],
  ['4:2:0', 2, 2],
  ['grey', 0, 0],
];
const TURNS = 5;
const BITS = [8, 10, 12];
/**
 * The shares of red and blue in luma, by the matrix's number; without luma there are none.
 * @type {Record<number, readonly [string, number, number]>}
 */
const MATRICES = {
  0: ['RGB', 0.5, 0.5],
  1: ['BT.709', 0.2126, 0.0722],
  6: ['BT.601', 0.299, 0.114],
  9: ['BT.2020', 0.2627, 0.0593],
};
export const IDENTITY = 0;
const RANGES = ['limited', 'full'];
/** A cell of a frame in planes, as of one in pixels. */
export const CELL_BYTES = 4;

/**
 * @param {number} code the four bytes of a band's head as a number
 * @returns {Planar}
 */
export function planarOf(code) {
  const [chroma, bits, matrix, range] = [code & 255, (code >>> 8) & 255, (code >>> 16) & 255, code >>> 24];
  const known = CHROMA[chroma];
  const meant = MATRICES[matrix];
  const from = RANGES[range];
  if (known === undefined || known === null || meant === undefined || from === undefined || !BITS.includes(bits)) {
    throw new ProtocolError(`planes of kind ${code} are not known`);
  }
  const [layout, across, down] = /** @type {[string, number, number]} */ (known);
  const family = matrix === IDENTITY ? 'RGB' : across === 0 ? '' : 'YUV ';
  const colours = matrix === IDENTITY || across === 0 ? '' : `${meant[0]}, `;
  const name = `${family}${layout}, ${bits} bit, ${colours}${from} range`;
  return {
    code,
    name: name.trimStart(),
    bits,
    sampleBytes: bits === 8 ? 1 : 2,
    across,
    down,
    turns: chroma === TURNS,
    matrix,
    range,
  };
}

/** Samples of U or V in a row, and their rows. @param {Planar} planar @param {Size} size @returns {Size} */
export function chromaSize({ across, down }, { width, height }) {
  return across === 0
    ? { width: 0, height: 0 }
    : { width: Math.ceil(width / across), height: Math.ceil(height / down) };
}

/** Bytes of a frame's block. @param {Planar} planar @param {Size} size */
export function blockBytes(planar, size) {
  const chroma = chromaSize(planar, size);
  return (size.width * size.height + 2 * chroma.width * chroma.height) * planar.sampleBytes;
}

/**
 * In what cells a block is sent, as core/src/frame.rs has it.
 * @param {Planar} planar
 * @param {Size} size
 * @returns {Size}
 */
export function cellsOf(planar, size) {
  const row = Math.ceil((size.width * planar.sampleBytes) / CELL_BYTES);
  const cells = Math.ceil(blockBytes(planar, size) / CELL_BYTES);
  const width = row * Math.ceil(cells / (row * SIDE_PX_MAX));
  if (width > SIDE_PX_MAX) throw new ProtocolError(`a picture of ${size.width}x${size.height} in planes`);
  return { width, height: Math.ceil(cells / width) };
}

/** What the formula is calculated with. @param {Planar} planar @returns {Numbers} */
export function numbersOf({ bits, matrix, range }) {
  const [, red, blue] = /** @type {readonly [string, number, number]} */ (MATRICES[matrix]);
  const finer = 2 ** (bits - 8);
  const shift = 8 + bits;
  const [black, lumaSteps, chromaSteps] =
    range === 0 ? [16 * finer, 219 * finer, 224 * finer] : [0, 256 * finer - 1, 256 * finer - 1];
  /** @param {number} real @param {number} steps */
  const number = (real, steps) => Math.floor(((real * 255) / steps) * 2 ** shift + 0.5);
  /** @param {number} real */
  const chroma = real => (matrix === IDENTITY ? 0 : number(real, chromaSteps));
  const green = 1 - red - blue;
  const toRed = 2 * (1 - red);
  const toBlue = 2 * (1 - blue);
  return {
    black,
    neutral: 2 ** (bits - 1),
    luma: number(1, lumaSteps),
    redV: chroma(toRed),
    blueU: chroma(toBlue),
    greenU: chroma((toBlue * blue) / green),
    greenV: chroma((toRed * red) / green),
    shift,
  };
}

/**
 * Which pixels show the bytes from `from` up to `to` of a block: calls `mark` with rectangles that cover them.
 * @param {Planar} planar
 * @param {Size} size
 * @param {number} from
 * @param {number} to
 * @param {(left: number, top: number, right: number, bottom: number) => void} mark
 */
export function markShown(planar, size, from, to, mark) {
  const { sampleBytes, across, down, turns } = planar;
  const luma = size.width * size.height * sampleBytes;
  markPlane(size.width * sampleBytes, sampleBytes, 1, 1, from, Math.min(to, luma), mark);
  const chroma = chromaSize(planar, size);
  const step = sampleBytes * (turns ? 2 : 1);
  const row = chroma.width * step;
  const plane = row * chroma.height;
  const planes = chroma.height === 0 ? 0 : turns ? 1 : 2;
  for (let index = 0; index < planes; index += 1) {
    const start = luma + index * plane;
    markPlane(row, step, across, down, Math.max(from - start, 0), Math.min(to - start, plane), mark);
  }
}

/**
 * @param {number} row bytes of one
 * @param {number} step bytes from one sample to the next
 * @param {number} across @param {number} down pixels that share a sample
 * @param {number} from @param {number} to
 * @param {(left: number, top: number, right: number, bottom: number) => void} mark
 */
function markPlane(row, step, across, down, from, to, mark) {
  while (from < to) {
    const y = Math.floor(from / row);
    const end = Math.min(to, (y + 1) * row);
    mark(
      Math.floor((from - y * row) / step) * across,
      y * down,
      Math.ceil((end - y * row) / step) * across,
      (y + 1) * down,
    );
    from = end;
  }
}

/**
 * Fills `pixels` with what a part of a frame shows, for a page that may not run WebAssembly.
 * @param {Planar} planar
 * @param {Size} size
 * @param {Uint8Array} block
 * @param {Part} part
 * @param {Uint8ClampedArray} pixels red, green, blue, 255, row by row
 */
export function convert(planar, size, block, { x: left, y: top, width, height }, pixels) {
  const { across, down, turns, sampleBytes, bits, matrix } = planar;
  const { black, neutral, luma, redV, greenU, greenV, blueU, shift } = numbersOf(planar);
  const chroma = chromaSize(planar, size);
  const half = 2 ** (shift - 1);
  const mask = 2 ** bits - 1;
  const lumaSamples = size.width * size.height;
  const [vAt, step] = turns ? [lumaSamples + 1, 2] : [lumaSamples + chroma.width * chroma.height, 1];
  /** @type {(index: number) => number} */
  const sample =
    sampleBytes === 1
      ? index => Number(block[index])
      : index => (Number(block[2 * index]) | (Number(block[2 * index + 1]) << 8)) & mask;
  const isColours = matrix === IDENTITY && across === 1 && down === 1;
  for (let y = top, at = 0; y < top + height; y += 1) {
    const chromaRow = down === 0 ? 0 : Math.floor(y / down) * chroma.width;
    for (let x = left; x < left + width; x += 1, at += 4) {
      const grey = (sample(y * size.width + x) - black) * luma + half;
      const index = (chromaRow + Math.floor(x / across)) * step;
      const u = across === 0 ? neutral : sample(lumaSamples + index);
      const v = across === 0 ? neutral : sample(vAt + index);
      if (isColours) {
        pixels[at] = ((v - black) * luma + half) >> shift;
        pixels[at + 1] = grey >> shift;
        pixels[at + 2] = ((u - black) * luma + half) >> shift;
      } else {
        pixels[at] = (grey + redV * (v - neutral)) >> shift;
        pixels[at + 1] = (grey - greenU * (u - neutral) - greenV * (v - neutral)) >> shift;
        pixels[at + 2] = (grey + blueU * (u - neutral)) >> shift;
      }
      pixels[at + 3] = 255;
    }
  }
}
