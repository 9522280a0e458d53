// The engine in a worker of its own: the page's thread may be busy, the picture goes on.

import { serve } from './port.js';

/** @typedef {{ postMessage(answer: import('./port.js').Answer): void, onmessage: ((event: MessageEvent) => void) | null }} WorkerScope */

const scope = /** @type {WorkerScope} */ (/** @type {unknown} */ (self));
const receive = serve(answer => scope.postMessage(answer));
scope.onmessage = (/** @type {MessageEvent} */ event) => receive(event.data);
scope.postMessage({ type: 'ready' });
