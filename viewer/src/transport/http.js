// Pixels over HTTP: one response without end for each route.

import { StreamReader, hasByob } from './stream-reader.js';

/** @type {import('./carrier.js').TransportRow} */
export const HTTP = {
  name: 'http',
  number: 1,
  listedAs: 'http',
  isAutomatic: true,
  // It costs less processor time at the same speed, so it wins what is nearly a tie.
  tie: 1.25,
  canStall: false,
  unreachable: '',
  // Where the engine does not read a response into memory of ours, HTTP is slow and queues.
  inEngine: () => ({ isSwift: hasByob(), isLasting: true }),
  carrier: ({ server, key, env, newSink }) => ({
    async receive(number, signal) {
      const stream = await openStream({ server, key, number, fetch: env.fetch, signal });
      await new StreamReader(stream, newSink()).run();
    },
  }),
};

/**
 * Asks for the stream of a route.
 * @param {{ server: string, key: string, number: number, fetch: typeof fetch, signal: AbortSignal }} request
 * @returns {Promise<ReadableStream<Uint8Array<ArrayBuffer>>>}
 */
async function openStream({ server, key, number, fetch, signal }) {
  const response = await fetch(`${server}/stream?route=${number}`, {
    headers: { Authorization: `Session ${key}` },
    cache: 'no-store',
    credentials: 'omit',
    signal,
  });
  if (response.status === 503) throw new Error('all HTTP streams of this server are taken');
  if (!response.ok || response.body === null) throw new Error(`the stream was refused: ${response.status}`);
  return response.body;
}
