// Shows the stream whose URL the preload script hands over, and says what is wrong.

import '/viewer/src/lan-stream.js';

/** @typedef {{ url(): Promise<string> }} Bridge */

const element = /** @type {import('lanstream-viewer').LanStream} */ (document.querySelector('lan-stream'));
const status = /** @type {HTMLElement} */ (document.querySelector('[role=status]'));
element.addEventListener('error', event => {
  status.textContent = event.message;
});
element.addEventListener('playing', () => {
  status.textContent = '';
});
const { lanstream } = /** @type {Window & { lanstream: Bridge }} */ (/** @type {unknown} */ (window));
element.src = await lanstream.url();
