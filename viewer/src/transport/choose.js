// Selection of the transport for pixels: the one that delivers whole frames soonest, since none is best in every
// engine. It goes by the engine's name in one case only (credit.js).

import { SessionEnd } from '../session/session-end.js';

/**
 * @typedef {import('./table.js').Transport} Transport
 * @typedef {{ transport: Transport, reason: string }} Selection
 */

/** HTTP costs less processor time at the same speed, so it wins what is nearly a tie. */
const TIE = 1.25;

/**
 * What pixels can come by, the best guess first, and what is only taken where all else fails last.
 * @param {{ wanted: Transport | 'auto', offered: readonly string[], byob: boolean, hasWebTransport: boolean,
 *   refillsCredit: boolean }} facts `byob`: whether this engine reads a response into memory of ours; where it does
 *   not, HTTP is slow and queues; `refillsCredit`: whether its WebTransport goes on; where it does not, it is only
 *   taken where it is asked for, or the only one there is
 * @returns {Transport[]}
 */
export function candidates({ wanted, offered, byob, hasWebTransport, refillsCredit }) {
  const guess = /** @type {Transport[]} */ (
    byob ? ['http', 'websocket', 'webtransport'] : ['websocket', 'webtransport', 'http']
  );
  const canDo = (/** @type {Transport} */ transport) =>
    transport.startsWith('webtransport')
      ? hasWebTransport && offered.includes('webtransport')
      : offered.includes(transport);
  const all = guess.filter(canDo);
  const lasting = all.filter(transport => transport !== 'webtransport' || refillsCredit);
  const order = lasting.length > 0 ? lasting : all;
  if (order.length === 0) throw new SessionEnd('malformed', 'the server offers no transport that this page knows');
  return wanted !== 'auto' && canDo(wanted) ? [wanted, ...order.filter(each => each !== wanted)] : order;
}

/**
 * Reason to take the first without measuring; null if it must be measured.
 * @param {Transport | 'auto'} wanted
 * @param {readonly Transport[]} order
 */
export function reasonByFacts(wanted, order) {
  const [first, ...others] = order;
  if (wanted === first) return 'asked for';
  if (wanted !== 'auto') return `this server or browser has no ${wanted}`;
  return others.length === 0 ? 'the only one there is' : null;
}

/**
 * The soonest first.
 * @param {ReadonlyMap<Transport, number>} tookMs what a whole frame took on each; infinite: it did not arrive
 * @returns {Transport[]}
 */
export function rank(tookMs) {
  const handicapped = ([transport, ms] = /** @type {[Transport, number]} */ (['http', 0])) =>
    transport === 'http' ? ms / TIE : ms;
  const arrived = [...tookMs].filter(([, ms]) => Number.isFinite(ms));
  return arrived.sort((a, b) => handicapped(a) - handicapped(b)).map(([transport]) => transport);
}

/** @param {ReadonlyMap<Transport, number>} tookMs */
export function reasonByMeasuring(tookMs) {
  const each = [...tookMs].map(
    ([transport, ms]) => `${transport} ${Number.isFinite(ms) ? `${ms.toFixed(1)} ms` : 'failed'}`,
  );
  return `a whole picture: ${each.join(', ')}`;
}
