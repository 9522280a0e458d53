// Defines the custom element <lan-stream>. The class alone, without the definition, is in element/lan-stream.js.

import { LanStream } from './element/lan-stream.js';

export { LanStream } from './element/lan-stream.js';
export { StreamError, StreamErrorEvent } from './element/errors.js';

// Neither on a server, where there are no custom elements, nor twice in a page.
if (globalThis.customElements?.get('lan-stream') === undefined)
  globalThis.customElements?.define('lan-stream', LanStream);
