// One update while its bands arrive: their headers and patch tables, validated. It holds no pixels: each band's buffer
// goes to the surface as soon as it is parsed. Not what is on the canvas (present/picture.js).

import { Patches } from './patches.js';
import { cellsOf, planarOf } from './planar.js';
import {
  BAND_BYTES,
  COMMIT,
  ENCODING_LAST,
  ENCODING_MOVE,
  ENCODING_RAW,
  ENCODING_SOLID,
  FIRST,
  HEADER_BYTES,
  PATCH_AT,
  PATCH_BYTES,
  ProtocolError,
  SIDE_PX_MAX,
  flagsAt,
  readBandHead,
} from '../protocol/messages.js';

/** @typedef {import('../protocol/band.js').BandHead} BandHead */

export class Update {
  seq = 0;
  base = 0;
  width = 0;
  height = 0;
  /** What its planes mean, where it lies in planes. */
  planar = /** @type {import('./planar.js').Planar | null} */ (null);
  /** What patches are counted in: pixels, or cells of four bytes of the planes. */
  cells = { width: 0, height: 0 };
  /** On the server's clock. */
  capturedAtUs = 0;
  /** Presentation time on its stream's clock; null if it has none. */
  ptsUs = /** @type {number | null} */ (null);
  /** Of all bands so far, headers and tables included. */
  bytes = 0;

  /** Pixels that came in each encoding. */
  pixelsBy = new Float64Array(ENCODING_LAST + 1);

  #patches = new Patches();
  #areaPx = 0;
  #bands = 0;

  /** The table of the newest band's patches, which point into its buffer. */
  get patches() {
    return this.#patches.table;
  }

  /** Whether the newest band is the first. */
  get isOpening() {
    return this.#bands === 1;
  }

  /**
   * Takes in one whole band.
   * @param {ArrayBuffer} buffer
   * @param {number} bytes of the whole message, at the buffer's front
   * @returns {boolean} whether it was the last
   */
  add(buffer, bytes) {
    const view = new DataView(buffer, 0, bytes);
    const head = readBandHead(view);
    const flags = flagsAt(buffer);
    if ((flags & FIRST) !== 0) this.#begin(head);
    else this.#continue(head);
    this.#addPatches(view, head.patches);
    this.#bands += 1;
    this.bytes += bytes;
    return (flags & COMMIT) !== 0;
  }

  /** @param {BandHead} head */
  #begin({ seq, base, width, height, capturedAtUs, ptsUs, planes }) {
    if (this.seq !== 0) throw new ProtocolError('an update starts before the one before it ended');
    if (seq === 0) throw new ProtocolError('an update to picture 0');
    if (!isSide(width) || !isSide(height)) throw new ProtocolError(`a picture of ${width}x${height}`);
    Object.assign(this, { seq, base, width, height, capturedAtUs, ptsUs });
    this.planar = planes === 0 ? null : planarOf(planes);
    this.cells = this.planar === null ? { width, height } : cellsOf(this.planar, this);
  }

  /** @param {BandHead} head */
  #continue(head) {
    if (this.seq === 0) throw new ProtocolError('a band without a first band');
    const same =
      this.seq === head.seq &&
      this.base === head.base &&
      this.width === head.width &&
      this.height === head.height &&
      this.capturedAtUs === head.capturedAtUs &&
      this.ptsUs === head.ptsUs &&
      (this.planar?.code ?? 0) === head.planes;
    if (!same) throw new ProtocolError('a band of another update');
  }

  /** @param {DataView} view @param {number} count */
  #addPatches(view, count) {
    const table = HEADER_BYTES + BAND_BYTES;
    let data = table + count * PATCH_BYTES;
    if (data > view.byteLength) throw new ProtocolError('table of patches is cut off');
    this.#patches.clear();
    this.#patches.reserve(count);
    for (let row = table, end = data; row < end; row += PATCH_BYTES) {
      const bytes = this.#addPatch(view, row, data);
      data += bytes;
      if (data > view.byteLength) throw new ProtocolError('a patch is cut off');
    }
    if (data !== view.byteLength) throw new ProtocolError('bytes after the last patch');
    // The patches of an update do not overlap, so together they are at most the frame; it also bounds what is held.
    if (this.#areaPx > this.cells.width * this.cells.height) throw new ProtocolError('patches overlap');
  }

  /**
   * @param {DataView} view
   * @param {number} row of the table
   * @param {number} offset of its data in the buffer
   */
  #addPatch(view, row, offset) {
    const x = view.getUint16(row + PATCH_AT.x, true);
    const y = view.getUint16(row + PATCH_AT.y, true);
    const width = view.getUint16(row + PATCH_AT.width, true);
    const height = view.getUint16(row + PATCH_AT.height, true);
    const encoding = view.getUint8(row + PATCH_AT.encoding);
    const bytes = view.getUint32(row + PATCH_AT.bytes, true);
    if (width === 0 || height === 0) throw new ProtocolError('a patch without pixels');
    if (x + width > this.cells.width || y + height > this.cells.height)
      throw new ProtocolError('a patch outside the picture');
    if (this.planar !== null && encoding > ENCODING_SOLID) throw new ProtocolError(`planes in encoding ${encoding}`);
    if (!isLength(bytes, encoding, width * height)) throw new ProtocolError('a patch with the wrong length');
    if (encoding === ENCODING_MOVE && offset + bytes <= view.byteLength) this.#checkSource(view, offset, width, height);
    this.#areaPx += width * height;
    this.pixelsBy[encoding] = Number(this.pixelsBy[encoding]) + width * height;
    this.#patches.add({ x, y, width, height, encoding, offset, bytes });
    return bytes;
  }

  /**
   * @param {DataView} view
   * @param {number} offset of the source's place
   * @param {number} width
   * @param {number} height
   */
  #checkSource(view, offset, width, height) {
    const x = view.getUint16(offset, true);
    const y = view.getUint16(offset + 2, true);
    if (this.base === 0) throw new ProtocolError('a patch that moves, and no picture before');
    if (x + width > this.width || y + height > this.height) throw new ProtocolError('a patch from outside the picture');
  }
}

/** @param {number} px */
function isSide(px) {
  return px >= 1 && px <= SIDE_PX_MAX;
}

/**
 * A code's length says nothing, but one that is longer than raw is not sent.
 * @param {number} bytes
 * @param {number} encoding
 * @param {number} areaPx
 */
function isLength(bytes, encoding, areaPx) {
  if (encoding > ENCODING_LAST) throw new ProtocolError(`encoding ${encoding} is not known`);
  if (encoding === ENCODING_RAW) return bytes === areaPx * 4;
  if (encoding === ENCODING_SOLID || encoding === ENCODING_MOVE) return bytes === 4;
  return bytes <= areaPx * 4;
}
