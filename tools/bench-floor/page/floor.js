// Paints numbered pictures on an opaque 2D canvas as the bench orders, and reports when it began to paint each: what an engine
// takes to show pictures that it has, without any transport.

export {}; // Makes it a module also for those who check it.

/**
 * @typedef {{ codes: number[], dueMs: number[], width: number, height: number, pictures: number }} Order
 *   `codes`: what each picture's barcode shows; `dueMs`: when each is due, from the beginning on
 * @typedef {{ beganMs: number, paintedMs: number[] }} Report milliseconds since 1970
 */

/** Side of a barcode's cell in pixels, and the cells in a row, as the bench reads them. */
const CELL = 12;
const CELLS = 32;
/** Time for which the two clocks are compared: some ticks of the coarser one, in browsers that make it coarser than it says. */
const EPOCH_MEASURED_FOR_MS = 20;
/** Requests that ask for nothing, so that the quickest says how far the clocks are apart. */
const CLOCK_REQUESTS = 8;

let epochMs = 0;
const canvas = document.body.appendChild(document.createElement('canvas'));

for (;;) {
  epochMs = measureEpochMs();
  for (let asked = 0; asked < CLOCK_REQUESTS; asked += 1) await ask('clock');
  const order = /** @type {Order} */ (await (await ask('order')).json());
  await ask('report', JSON.stringify(await paintAll(order)));
}

/** @param {Order} order @returns {Promise<Report>} */
async function paintAll({ codes, dueMs, width, height, pictures }) {
  const context = sized(width, height);
  const images = [];
  for (let number = 0; number < pictures; number += 1) images.push(await picture(number, width, height));
  const report = { beganMs: nowMs(), paintedMs: /** @type {number[]} */ ([]) };
  for (const [frame, code] of codes.entries()) {
    const image = /** @type {ImageData} */ (images[frame % pictures]);
    drawCode(image, code, 0, 0);
    drawCode(image, code, width - CELLS * CELL, height - CELL);
    await until(report.beganMs + (dueMs[frame] ?? 0));
    report.paintedMs.push(nowMs());
    context.putImageData(image, 0, 0);
  }
  return report;
}

/** The canvas at a size; what it showed is gone only where the size is another. @param {number} width @param {number} height */
function sized(width, height) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d', { alpha: false, desynchronized: true });
  if (context === null) throw new Error('this browser has no 2D canvas');
  return context;
}

/** @param {number} number @param {number} width @param {number} height */
async function picture(number, width, height) {
  const bytes = await (await ask(`picture/${number}`)).arrayBuffer();
  return new ImageData(new Uint8ClampedArray(bytes), width, height);
}

/** Draws a barcode, the highest bit first. @param {ImageData} image @param {number} code @param {number} left @param {number} top */
function drawCode(image, code, left, top) {
  const pixels = new Uint32Array(image.data.buffer);
  for (let y = top; y < top + CELL; y += 1) {
    for (let cell = 0; cell < CELLS; cell += 1) {
      const start = y * image.width + left + cell * CELL;
      pixels.fill((code >>> (CELLS - 1 - cell)) & 1 ? 0xffff_ffff : 0xff00_0000, start, start + CELL);
    }
  }
}

/** Waits for an instant, at least for a task of its own: what was painted before is to be shown. @param {number} instantMs */
function until(instantMs) {
  return new Promise(resolve => { setTimeout(resolve, instantMs - nowMs()); });
}

/** Says what time it is here along with every request, by which the bench sees whether the clocks agree. @param {string} path @param {string} [body] */
function ask(path, body) {
  const request = body === undefined ? {} : { method: 'POST', body };
  return fetch(`${path}?now=${nowMs()}`, { ...request, cache: 'no-store' });
}

/** Milliseconds since 1970 by the clock that does not jump. */
function nowMs() {
  return epochMs + performance.now();
}

/**
 * Returns when the clock that does not jump began, in milliseconds since 1970. Not `performance.timeOrigin`: browsers take that
 * from their process's start, and it differs from the system's time by tens of milliseconds on a machine whose time was slewed.
 */
function measureEpochMs() {
  let epochMs = -Infinity;
  // `Date.now` is cut off to whole milliseconds, so that the greatest difference is the true one.
  for (const endMs = performance.now() + EPOCH_MEASURED_FOR_MS; performance.now() < endMs;) {
    epochMs = Math.max(epochMs, Date.now() - performance.now());
  }
  return epochMs;
}
