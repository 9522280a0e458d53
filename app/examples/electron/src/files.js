// The page's origin, its policy and its files: those of the folder `page`, and the viewer's package below `viewer/`.

import { fileURLToPath } from 'node:url';

export const SCHEME = 'app';
export const ORIGIN = `${SCHEME}://localhost`;

/** Without 'wasm-unsafe-eval' pixels come raw; lanstream's port is only known once it runs. */
export const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; " +
  "connect-src 'self' http://127.0.0.1:* ws://127.0.0.1:* https://127.0.0.1:*";

const PAGE = new URL('../page/', import.meta.url);
const VIEWER = new URL('../node_modules/lanstream-viewer/', import.meta.url);
const VIEWER_PREFIX = '/viewer/';

/**
 * Returns the file of a path of the page's origin; `null` for what is outside of the two folders.
 * @param {string} path
 */
export function fileOf(path) {
  const [folder, name] = path.startsWith(VIEWER_PREFIX)
    ? [VIEWER, path.slice(VIEWER_PREFIX.length)]
    : [PAGE, path === '/' ? 'index.html' : path.slice(1)];
  // An encoded separator is none to a URL, but one to the file system.
  if (/%2f|%5c|\\/i.test(name)) return null;
  const url = new URL(`./${name}`, folder);
  return url.href.startsWith(folder.href) ? fileURLToPath(url) : null;
}
