// A band's head and the table of its patches, read and written. Not what they mean for an update (decode/update.js).

import { ProtocolError } from './error.js';
import { Reader, Writer, i64, layoutOf, mapped, nullable, padding, record, u16, u32, u64Number, u8 } from './fields.js';
import { flagsAt } from './header.js';
import { ABORTED, COMMIT, HEADER_BYTES, KIND } from './numbers.js';

/** In place of a timestamp where there is none. */
const NO_PTS = -(2n ** 63n);

/** A field that is 0 and may not be anything else. @type {import('./fields.js').Field<void>} */
const zero = mapped(
  u32,
  (value, from) => {
    if (value !== 0) throw from.error(`is ${value}, which is not known`);
  },
  () => 0,
);

/** `planes`: what its planes mean, as planar.js has it; 0 where it is of pixels. */
const head = record({
  seq: u32,
  base: u32,
  width: u16,
  height: u16,
  patches: u32,
  capturedAtUs: u64Number,
  ptsUs: nullable(i64, NO_PTS),
  planes: u32,
  reserved: zero,
});

/** Bytes of a head. */
export const BAND_BYTES = 40;

const PATCH = { x: u16, y: u16, width: u16, height: u16, encoding: u8, reserved: padding(3), bytes: u32 };
const patch = record(PATCH);
/** Where the fields of a patch's row begin, and how long it is. */
export const { at: PATCH_AT, bytes: PATCH_BYTES } = layoutOf(PATCH);

/**
 * @typedef {import('./fields.js').RecordOf<typeof PATCH>} PatchRow
 * @typedef {ReturnType<typeof head.read>} BandHead
 */

/** @param {DataView} view of the whole message @returns {BandHead} */
export function readBandHead(view) {
  if (view.byteLength < HEADER_BYTES + BAND_BYTES) throw new ProtocolError(`a band of ${view.byteLength} bytes`);
  return head.read(new Reader(KIND.BAND, view, HEADER_BYTES));
}

/**
 * Writes a band.
 * @param {BandHead} fields
 * @param {number} flags
 * @param {readonly PatchRow[]} patches
 * @param {readonly ArrayLike<number>[]} data the patches' bytes
 */
export function writeBand(fields, flags, patches, data) {
  const to = new Writer();
  head.write(to, fields);
  for (const row of patches) patch.write(to, row);
  for (const bytes of data) to.put(bytes);
  return to.finish(KIND.BAND, flags);
}

/**
 * Whether a band aborts its update: the rest will not arrive, and the part that arrived must be dropped.
 * @param {ArrayBuffer} buffer
 */
export function isAborted(buffer) {
  return (flagsAt(buffer) & ABORTED) !== 0;
}

/** Whether nothing of its update comes after a band. @param {ArrayBuffer} buffer */
export function endsUpdate(buffer) {
  return (flagsAt(buffer) & (COMMIT | ABORTED)) !== 0;
}
