import assert from 'node:assert/strict';
import { test } from 'node:test';

import { calibrate, openPresenter } from '../src/present/choose.js';
import { PRESENTER_NAMES } from '../src/present/table.js';

const SHOWN = /** @type {any} */ ({ pixels: () => assert.fail('nothing is shown'), lost: () => {} });

/** Presenter that records its calls. */
function recorder() {
  const calls = /** @type {string[]} */ ([]);
  const names = ['resize', 'paint', 'commit', 'finish', 'close'];
  const entries = names.map(name => /** @type {const} */ ([name, () => calls.push(name)]));
  return { calls, presenter: /** @type {any} */ (Object.fromEntries(entries)) };
}

/** @param {string[]} names @returns {(sidePx: number) => any} a canvas that gives contexts of these kinds alone */
function canvasWith(...names) {
  const context = { getContextAttributes: () => ({}) };
  return () => ({
    addEventListener: () => {},
    getContext: (/** @type {string} */ name) => (names.includes(name) ? context : null),
  });
}

test('the table is walked: what cannot be opened is not selected, and every row is named in the reason', () => {
  const { calls, presenter } = recorder();
  const absent = () => {
    throw new Error('absent');
  };
  const chosen = calibrate(
    [
      { name: 'none', open: absent },
      { name: 'fake', open: () => presenter },
    ],
    canvasWith(),
  );
  assert.equal(chosen.name, 'fake');
  assert.match(chosen.reason, /^for 512x512 pixels none not there, fake (under 0\.1|\d+\.\d) ms$/);
  assert.deepEqual(calls.slice(0, 4), ['resize', 'paint', 'commit', 'finish'], 'the first drawing is finished before');
  assert.equal(calls.at(-1), 'close');
});

test('where nothing can be opened the first row is selected', () => {
  const open = () => {
    throw new Error('absent');
  };
  const chosen = calibrate(
    [
      { name: 'first', open },
      { name: 'second', open },
    ],
    canvasWith(),
  );
  assert.deepEqual(chosen, { name: 'first', reason: 'for 512x512 pixels first not there, second not there' });
});

test('every presenter but the first falls back to it, and says why', () => {
  const [fallback, ...others] = PRESENTER_NAMES;
  assert.ok(others.length > 0);
  for (const name of others) {
    const { choice } = openPresenter({ name, reason: 'asked for' }, canvasWith('2d')(0), SHOWN, null);
    assert.equal(choice.name, fallback);
    assert.match(choice.reason, new RegExp(`^${name} was asked for, but: `));
  }
});

test('where the first cannot be opened either, that is an error', () => {
  const choice = { name: /** @type {const} */ ('2d'), reason: 'asked for' };
  assert.throws(() => openPresenter(choice, canvasWith()(0), SHOWN, null), /no 2D context/);
});
