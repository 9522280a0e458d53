// The page that the binary serves: one element that fills the window, set up from the address.

import './src/lan-stream.js';
import { titleText } from './src/element/title.js';

/** Options of the address that are attributes of the element. */
const OPTIONS = ['transport', 'codes', 'fit', 'present', 'thread'];
const SWITCHES = ['stats', 'verify', 'muted'];

const element = /** @type {import('./src/lan-stream.js').LanStream} */ (document.querySelector('lan-stream'));
const query = new URLSearchParams(location.search);
for (const name of OPTIONS) {
  const value = query.get(name);
  if (value !== null) element.setAttribute(name, value);
}
for (const name of SWITCHES) {
  if (query.has(name) && query.get(name) !== '0') element.toggleAttribute(name, true);
}

/** Name under which this tab keeps the secret of its URL, so that the page can be reloaded. */
const STORED = 'lanstream-secret';

/** Keeps the secret for this tab. @param {string} secret @returns {boolean} whether there is a place for it */
function keep(secret) {
  try {
    sessionStorage.setItem(STORED, secret);
    return true;
  } catch {
    return false;
  }
}

function kept() {
  try {
    return sessionStorage.getItem(STORED) ?? '';
  } catch {
    return '';
  }
}

// The page's own URL has the secret, and only until it is read: neither the address bar nor the history keeps it.
const follow = () => {
  const secret = location.hash.slice(1);
  const address = location.pathname + location.search;
  element.src = `${location.origin}${address}#${secret === '' ? kept() : secret}`;
  if (secret !== '' && keep(secret)) history.replaceState(history.state, '', address);
};
addEventListener('hashchange', () => {
  if (location.hash !== '') follow();
});
follow();

// A ticket is good once. This one is for the next time.
element.addEventListener('renewed', event => {
  const { url } = /** @type {CustomEvent<{ url: string }>} */ (event).detail;
  keep(new URL(url).hash.slice(1));
});

// The element fills the page, so its keys work wherever the focus is.
addEventListener('keydown', event => {
  if (!event.composedPath().includes(element)) element.handleKey(event);
});

element.addEventListener('statechange', () => {
  document.title = titleText(element.state);
});

Object.assign(window, { lanstream: element });
