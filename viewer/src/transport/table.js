// The table of transports: names for people and attributes, numbers for the wire.

/** @typedef {'http' | 'websocket' | 'webtransport' | 'webtransport-datagrams'} Transport */

/** @type {readonly { name: Transport, number: number }[]} */
export const TRANSPORTS = Object.freeze([
  { name: 'http', number: 1 },
  { name: 'websocket', number: 2 },
  { name: 'webtransport', number: 3 },
  { name: 'webtransport-datagrams', number: 4 },
]);

/** Names of the table, in its order. */
export const TRANSPORT_NAMES = TRANSPORTS.map(({ name }) => name);
