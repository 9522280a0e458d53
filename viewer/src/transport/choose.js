// Which transport carries the pixels: by measuring both, since none is best in every engine. Not by the engine's name.

import { SessionEnd } from '../session-end.js';
import { byteSource } from './http.js';

/**
 * @typedef {'http' | 'websocket'} Transport
 * @typedef {{ transport: Transport, reason: string }} Choice
 * @typedef {{ http(bytes: number): Promise<number>, websocket(bytes: number): Promise<number> }} Probes resolve to milliseconds
 */

/** As much as a large update: less fits into buffers on the way, and tells nothing of the path. */
export const PROBE_BYTES = 4 << 20;
/** The first round pays for connections and compilation, and any other may meet a busy moment; the fastest counts. */
const ROUNDS = 4;
/** HTTP costs less CPU at the same speed, so it wins what is nearly a tie. */
const TIE = 1.25;
const PATHS = /** @type {const} */ (['http', 'websocket']);
const MEASURE_MS_MAX = 3000;

/**
 * What can be said without measuring; `null` where both are possible.
 * @param {{ wanted: Transport | 'auto', offered: readonly string[], byob: boolean }} facts
 * @returns {Choice | null}
 */
export function chooseByFacts({ wanted, offered, byob }) {
  const [http, websocket] = [offered.includes('http'), offered.includes('websocket')];
  if (!http && !websocket) throw new SessionEnd('malformed', 'the server offers no transport that this page knows');
  if (wanted === 'http' && http) return { transport: 'http', reason: 'asked for' };
  if (wanted === 'websocket' && websocket) return { transport: 'websocket', reason: 'asked for' };
  if (!websocket) return { transport: 'http', reason: 'the only one offered' };
  if (!http) return { transport: 'websocket', reason: 'the only one offered' };
  if (!byob) return { transport: 'websocket', reason: 'this browser cannot read HTTP into a buffer' };
  return null;
}

/**
 * Measures both by turns, so that a busy moment slows neither alone. A path that fails its probe loses.
 * @param {Probes} probes
 * @returns {Promise<Choice>}
 */
export async function chooseByMeasuring(probes) {
  const fastestMs = { http: Infinity, websocket: Infinity };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const path of PATHS) {
      if (round > 0 && fastestMs[path] === Infinity) continue;
      fastestMs[path] = Math.min(fastestMs[path], await probeMs(() => probes[path](PROBE_BYTES)));
    }
  }
  const { http, websocket } = fastestMs;
  const transport = http <= websocket * TIE ? 'http' : 'websocket';
  return { transport, reason: `http ${rate(http)}, websocket ${rate(websocket)}` };
}

/** @param {() => Promise<number>} probe */
async function probeMs(probe) {
  try {
    return await probe();
  } catch (error) {
    if (error instanceof SessionEnd) throw error;
    return Infinity;
  }
}

/** @param {number} ms */
function rate(ms) {
  return Number.isFinite(ms) ? `${Math.round(PROBE_BYTES * 8 / 1000 / Math.max(ms, 0.1))} Mbit/s` : 'failed';
}

/**
 * Reads a probe over HTTP in the way that the stream is read.
 * @param {{ origin: string, key: string, fetch: typeof fetch, now: () => number }} server
 * @param {number} bytes
 * @returns {Promise<number>} milliseconds
 */
export async function probeHttp({ origin, key, fetch, now }, bytes) {
  const response = await fetch(`${origin}/probe?bytes=${bytes}`, {
    headers: { Authorization: `Session ${key}` }, cache: 'no-store', credentials: 'omit',
    signal: AbortSignal.timeout(MEASURE_MS_MAX),
  });
  if (!response.ok || response.body === null) throw new Error(`probe refused: ${response.status}`);
  // Asking takes as long as a frame does, and the stream asks only once: the clock starts when the body may be read.
  const startedMs = now();
  const source = byteSource(response.body);
  let buffer = new ArrayBuffer(bytes);
  for (let filled = 0; filled < bytes;) {
    const read = await source.read(buffer, filled, bytes - filled, bytes - filled);
    if (read.bytes === 0) throw new Error('probe was cut off');
    buffer = read.buffer;
    filled += read.bytes;
  }
  return now() - startedMs;
}
