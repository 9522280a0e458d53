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

// The page's own URL has the token.
const follow = () => {
  element.src = location.href;
};
addEventListener('hashchange', follow);
follow();

// The element fills the page, so its keys work wherever the focus is.
addEventListener('keydown', event => {
  if (!event.composedPath().includes(element)) element.handleKey(event);
});

element.addEventListener('statechange', () => {
  document.title = titleText(element.state);
});

Object.assign(window, { lanstream: element });
