// PNG files of pixels in memory. A canvas could make one too, but some browsers alter what is read from a canvas.

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Of the header: bits of a sample, red-green-blue, and the only compression, filters and order without interlacing. */
const FORMAT = [8, 2, 0, 0, 0];
/** Polynomial of the checksum, bits reversed. */
const CRC_POLYNOMIAL = 0xedb88320;

/**
 * Encodes opaque pixels.
 * @param {{ width: number, height: number, data: Uint8ClampedArray }} pixels red, green, blue, 255, row by row
 * @returns {Promise<Blob>}
 */
export async function pngOf({ width, height, data }) {
  const header = new Uint8Array([...bigEndian(width), ...bigEndian(height), ...FORMAT]);
  const body = await deflated(rowsOf(width, height, data));
  const parts = [
    new Uint8Array(SIGNATURE),
    chunk('IHDR', header),
    chunk('IDAT', body),
    chunk('IEND', new Uint8Array()),
  ];
  return new Blob(parts, { type: 'image/png' });
}

/**
 * Rows without alpha, each after the number of its filter: 0, none.
 * @param {number} width
 * @param {number} height
 * @param {Uint8ClampedArray} data
 */
function rowsOf(width, height, data) {
  const rows = new Uint8Array(height * (1 + width * 3));
  let to = 0;
  for (let y = 0, from = 0; y < height; y += 1) {
    to += 1;
    for (let x = 0; x < width; x += 1, from += 4, to += 3) {
      rows[to] = Number(data[from]);
      rows[to + 1] = Number(data[from + 1]);
      rows[to + 2] = Number(data[from + 2]);
    }
  }
  return rows;
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function deflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** @param {string} name @param {Uint8Array} content @returns {Uint8Array<ArrayBuffer>} */
function chunk(name, content) {
  const bytes = new Uint8Array(12 + content.length);
  bytes.set(bigEndian(content.length));
  bytes.set(
    [...name].map(letter => letter.charCodeAt(0)),
    4,
  );
  bytes.set(content, 8);
  bytes.set(bigEndian(crc(bytes.subarray(4, 8 + content.length))), 8 + content.length);
  return bytes;
}

/** @param {Uint8Array} bytes */
function crc(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = Number(CRC_TABLE[(sum ^ byte) & 0xff]) ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

/** Checksum of each byte. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? CRC_POLYNOMIAL ^ (sum >>> 1) : sum >>> 1;
  return sum;
});

/** @param {number} value */
function bigEndian(value) {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
