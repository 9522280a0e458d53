import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';

const SCRIPT = readFileSync(new URL('../api-iife.js', import.meta.url), 'utf8');

/** A window in which Tauri has run the script. @param {boolean} hasGlobal `withGlobalTauri` */
function windowOf(hasGlobal) {
  const calls = /** @type {unknown[][]} */ ([]);
  const invoke = (/** @type {unknown[]} */ ...call) => calls.push(call);
  const core = { invoke };
  const window = /** @type {Record<string, any>} */ (hasGlobal ? { __TAURI__: { core } } : {});
  runInNewContext(SCRIPT, Object.assign(window, { window }));
  return { window, calls };
}

test('pages without a bundler have the calls where Tauri has its own', () => {
  const { window, calls } = windowOf(true);
  const { open, start, stop, isStreamError } = window.__TAURI__.lanstream;
  open('a');
  start('b', 'capture', { display: 1 });
  stop('b');
  assert.deepEqual(JSON.parse(JSON.stringify(calls)), [
    ['plugin:lanstream|open', { name: 'a' }],
    ['plugin:lanstream|start', { name: 'b', source: 'capture', options: { display: 1 } }],
    ['plugin:lanstream|stop', { name: 'b' }],
  ]);
  assert.deepEqual([{ code: 'a', message: 'b' }, new Error('c')].map(isStreamError), [true, false]);
});

test('an application without global interfaces gets none', () => {
  assert.equal('__TAURI__' in windowOf(false).window, false);
});
