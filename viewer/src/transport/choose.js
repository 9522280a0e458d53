// Selection of the transport for pixels: the one that delivers whole frames soonest, since none is best in every
// engine. It goes by the engine's name in one case only (credit.js).

import { SessionEnd } from '../session/session-end.js';
import { TRANSPORTS } from './table.js';

/**
 * @typedef {import('./table.js').Transport} Transport
 * @typedef {{ transport: Transport, reason: string }} Selection
 * @typedef {{ measured: Selection | null, barred: string }} TransportHistory what earlier sessions in this page found
 *   out. `measured`: the fastest transport, which need not be measured again; `barred`: why what can stall is not to be
 *   used any more, or nothing
 * @typedef {Pick<import('./carrier.js').TransportRow, 'name' | 'listedAs' | 'isAutomatic'> &
 *   import('./carrier.js').EngineFacts} Candidate
 */

/** @type {TransportHistory} */
export const NO_HISTORY = { measured: null, barred: '' };

/**
 * What pixels can come by, the best guess first, and what is only taken where all else fails last.
 * @param {{ wanted: Transport | 'auto', offered: readonly string[], known: readonly Candidate[] }} facts `known`: what
 *   this engine has, the best guess first
 * @returns {Transport[]}
 */
export function candidates({ wanted, offered, known }) {
  const usable = known.filter(({ listedAs }) => offered.includes(listedAs));
  const automatic = usable.filter(({ isAutomatic }) => isAutomatic);
  const guess = [...automatic.filter(({ isSwift }) => isSwift), ...automatic.filter(({ isSwift }) => !isSwift)];
  // What would stop is only taken where it is asked for, or the only one there is.
  const lasting = guess.filter(({ isLasting }) => isLasting);
  const order = (lasting.length > 0 ? lasting : guess).map(({ name }) => name);
  if (order.length === 0) throw new SessionEnd('malformed', 'the server offers no transport that this page knows');
  const isUsable = usable.some(({ name }) => name === wanted);
  return isUsable ? [wanted, ...order.filter(each => each !== wanted)] : order;
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
  const handicapped = (/** @type {[Transport, number]} */ [transport, ms]) => ms / tieOf(transport);
  const arrived = [...tookMs].filter(([, ms]) => Number.isFinite(ms));
  return arrived.sort((a, b) => handicapped(a) - handicapped(b)).map(([transport]) => transport);
}

/** @param {Transport} transport */
function tieOf(transport) {
  return TRANSPORTS.find(({ name }) => name === transport)?.tie ?? 1;
}

/** @param {ReadonlyMap<Transport, number>} tookMs */
export function reasonByMeasuring(tookMs) {
  const each = [...tookMs].map(
    ([transport, ms]) => `${transport} ${Number.isFinite(ms) ? `${ms.toFixed(1)} ms` : 'failed'}`,
  );
  return `a whole picture: ${each.join(', ')}`;
}
