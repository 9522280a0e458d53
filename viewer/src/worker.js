// The engine in a worker of its own.

import { serve } from './session/port.js';

/**
 * @typedef {{
 *   postMessage(answer: import('./session/port.js').Answer, transfer?: Transferable[]): void,
 *   onmessage: ((event: MessageEvent) => void) | null,
 * }} WorkerScope
 */

const scope = /** @type {WorkerScope} */ (/** @type {unknown} */ (self));
const receive = serve((answer, transfer) => scope.postMessage(answer, transfer));
scope.onmessage = (/** @type {MessageEvent} */ event) => receive(event.data);
scope.postMessage({ type: 'loaded' });
