// One update while its bands arrive: what is in them, checked, and where its bytes lie. It holds no bytes itself, since a
// BYOB read moves the buffer they lie in from object to object; whoever paints passes the buffers as they are then.
// Not what is on the canvas (picture.js).

import {
  BAND_BYTES, COMMIT, ENCODING_RAW, ENCODING_SOLID, FIRST, HEADER_BYTES, PATCH_BYTES, ProtocolError, SIDE_PX_MAX,
} from './protocol.js';

/** Numbers kept for each patch: x, y, width, height, encoding, chunk, offset of its bytes. */
const FIELDS = 7;
const PATCHES_AT_FIRST = 512;

/** @typedef {import('./present/choose.js').Presenter} Presenter */

export class Update {
  seq = 0;
  base = 0;
  width = 0;
  height = 0;
  /** On the server's clock. */
  capturedAtUs = 0;
  /** Of all bands so far, headers and tables included. */
  bytes = 0;
  /** Whether a first band has come and its commit has not. */
  open = false;

  #patches = new Float64Array(FIELDS * PATCHES_AT_FIRST);
  #count = 0;
  #areaPx = 0;

  get patches() { return this.#count; }

  /**
   * Takes in one whole band.
   * @param {ArrayBuffer} buffer
   * @param {number} at where its header starts
   * @param {number} bytes of the whole message
   * @param {number} chunk which of the buffers given to `paint` it will lie in
   * @returns {boolean} whether it was the last
   */
  add(buffer, at, bytes, chunk) {
    const view = new DataView(buffer, at, bytes);
    if (bytes < HEADER_BYTES + BAND_BYTES) throw new ProtocolError('band is too short');
    const flags = view.getUint8(5);
    if ((flags & FIRST) !== 0) this.#begin(view);
    else this.#continue(view);
    this.#addPatches(view, at, chunk);
    this.bytes += bytes;
    if ((flags & COMMIT) === 0) return false;
    this.open = false;
    return true;
  }

  /** Forgets an update that will never be whole. */
  clear() {
    this.open = false;
    this.#count = 0;
  }

  /**
   * Paints all patches, in one go: with a pause in between, half an update could be shown. First one kind, then the
   * other: a canvas that is filled and written to by turns finishes the one before each turn.
   * @param {Presenter} presenter
   * @param {readonly ArrayBuffer[]} buffers
   */
  paint(presenter, buffers) {
    this.#paintAll(ENCODING_SOLID, presenter, buffers);
    this.#paintAll(ENCODING_RAW, presenter, buffers);
  }

  /**
   * @param {number} encoding
   * @param {Presenter} presenter
   * @param {readonly ArrayBuffer[]} buffers
   */
  #paintAll(encoding, presenter, buffers) {
    const patches = this.#patches;
    const end = this.#count * FIELDS;
    for (let i = 0; i < end; i += FIELDS) {
      if (patches[i + 4] !== encoding) continue;
      const x = number(patches[i]), y = number(patches[i + 1]), width = number(patches[i + 2]), height = number(patches[i + 3]);
      const buffer = buffers[number(patches[i + 5])];
      if (buffer === undefined) throw new RangeError('a band without its buffer');
      const offset = number(patches[i + 6]);
      if (encoding === ENCODING_RAW) {
        presenter.raw(new Uint8ClampedArray(buffer, offset, width * height * 4), x, y, width, height);
      } else {
        const pixel = new Uint8Array(buffer, offset, 4);
        presenter.solid(number(pixel[0]), number(pixel[1]), number(pixel[2]), x, y, width, height);
      }
    }
  }

  /** @param {DataView} view */
  #begin(view) {
    if (this.open) throw new ProtocolError('an update starts before the one before it ended');
    this.clear();
    this.seq = view.getUint32(8, true);
    this.base = view.getUint32(12, true);
    this.width = view.getUint16(16, true);
    this.height = view.getUint16(18, true);
    this.capturedAtUs = capturedAtUs(view);
    this.bytes = 0;
    this.#areaPx = 0;
    if (this.seq === 0) throw new ProtocolError('an update to picture 0');
    if (!isSide(this.width) || !isSide(this.height)) throw new ProtocolError(`a picture of ${this.width}x${this.height}`);
    this.open = true;
  }

  /** @param {DataView} view */
  #continue(view) {
    if (!this.open) throw new ProtocolError('a band without a first band');
    const same = this.seq === view.getUint32(8, true) && this.base === view.getUint32(12, true)
      && this.width === view.getUint16(16, true) && this.height === view.getUint16(18, true)
      && this.capturedAtUs === capturedAtUs(view);
    if (!same) throw new ProtocolError('a band of another update');
  }

  /**
   * @param {DataView} view
   * @param {number} at
   * @param {number} chunk
   */
  #addPatches(view, at, chunk) {
    const count = view.getUint32(20, true);
    const table = HEADER_BYTES + BAND_BYTES;
    let data = table + count * PATCH_BYTES;
    if (data > view.byteLength) throw new ProtocolError('table of patches is cut off');
    this.#reserve(this.#count + count);
    for (let row = table, end = data; row < end; row += PATCH_BYTES) {
      const bytes = this.#addPatch(view, row, at + data, chunk);
      data += bytes;
      if (data > view.byteLength) throw new ProtocolError('a patch is cut off');
    }
    if (data !== view.byteLength) throw new ProtocolError('bytes after the last patch');
    // The patches of an update do not overlap, so together they are at most the picture; it also bounds what is held.
    if (this.#areaPx > this.width * this.height) throw new ProtocolError('patches overlap');
  }

  /**
   * @param {DataView} view
   * @param {number} row of the table
   * @param {number} offset of its data in the buffer
   * @param {number} chunk
   */
  #addPatch(view, row, offset, chunk) {
    const x = view.getUint16(row, true), y = view.getUint16(row + 2, true);
    const width = view.getUint16(row + 4, true), height = view.getUint16(row + 6, true);
    const encoding = view.getUint8(row + 8);
    const bytes = view.getUint32(row + 12, true);
    if (width === 0 || height === 0) throw new ProtocolError('a patch without pixels');
    if (x + width > this.width || y + height > this.height) throw new ProtocolError('a patch outside the picture');
    if (bytes !== dataBytes(encoding, width * height)) throw new ProtocolError('a patch with the wrong length');
    this.#areaPx += width * height;
    const patches = this.#patches;
    const i = this.#count * FIELDS;
    patches[i] = x;
    patches[i + 1] = y;
    patches[i + 2] = width;
    patches[i + 3] = height;
    patches[i + 4] = encoding;
    patches[i + 5] = chunk;
    patches[i + 6] = offset;
    this.#count += 1;
    return bytes;
  }

  /** @param {number} patches */
  #reserve(patches) {
    if (patches * FIELDS <= this.#patches.length) return;
    const grown = new Float64Array(patches * FIELDS * 2);
    grown.set(this.#patches);
    this.#patches = grown;
  }
}

/** @param {DataView} view */
function capturedAtUs(view) {
  return view.getUint32(24, true) + view.getUint32(28, true) * 2 ** 32;
}

/** @param {number} px */
function isSide(px) {
  return px >= 1 && px <= SIDE_PX_MAX;
}

/** @param {number} encoding @param {number} areaPx */
function dataBytes(encoding, areaPx) {
  if (encoding === ENCODING_RAW) return areaPx * 4;
  if (encoding === ENCODING_SOLID) return 4;
  throw new ProtocolError(`encoding ${encoding} is not known`);
}

/**
 * An element that a bound already covers: the compiler cannot know it.
 * @param {number | undefined} value
 */
function number(value) {
  return /** @type {number} */ (value);
}
