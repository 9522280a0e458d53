// The engine in a worker of its own: the page's thread may be busy, the session goes on.

import { serve } from './port.js';

/**
 * @typedef {{
 *   postMessage(answer: import('./port.js').Answer, transfer?: Transferable[]): void,
 *   onmessage: ((event: MessageEvent) => void) | null,
 * }} WorkerScope
 */

const scope = /** @type {WorkerScope} */ (/** @type {unknown} */ (self));
const receive = serve((answer, transfer) => scope.postMessage(answer, transfer));
scope.onmessage = (/** @type {MessageEvent} */ event) => receive(event.data);
