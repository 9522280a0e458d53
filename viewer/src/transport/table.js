// The table of transports. The selection (choose.js), the routes and the element's `transport` attribute know no
// others.

import { HTTP } from './http.js';
import { WEBTRANSPORT, WEBTRANSPORT_DATAGRAMS } from './webtransport.js';
import { WEBSOCKET } from './websocket.js';

/**
 * The best guess first.
 * @type {readonly import('./carrier.js').TransportRow[]}
 */
export const TRANSPORTS = Object.freeze([HTTP, WEBSOCKET, WEBTRANSPORT, WEBTRANSPORT_DATAGRAMS]);

/** Names of the table, in its order. */
export const TRANSPORT_NAMES = TRANSPORTS.map(({ name }) => name);

/** @typedef {string} Transport name of a row */
