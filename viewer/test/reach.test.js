import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localNetworkPermission, whyUnreachable } from '../src/session/reach.js';
import { FakeBrowser } from './fakes.js';

/** @param {Partial<FakeBrowser['page']>} page @param {boolean} [answers] whether something is at the server's port */
function browser(page, answers = false) {
  const fake = new FakeBrowser(url => {
    if (!answers || !url.endsWith('/reach')) throw new TypeError('Failed to fetch');
    return new Response();
  });
  Object.assign(fake.page, { origin: 'https://site.test' }, page);
  return fake.env;
}

test('the permission is asked for by the name that the browser knows, for where the server is', async () => {
  const all = /** @type {const} */ ({ 'loopback-network': 'granted', 'local-network': 'denied' });
  for (const [
    origin,
    permissions,
    state,
  ] of /** @type {[string, Record<string, PermissionState>, PermissionState | null][]} */ ([
    ['http://127.0.0.1:1', all, 'granted'],
    ['http://localhost:1', all, 'granted'],
    ['http://app.localhost:1', all, 'granted'],
    ['http://[::1]:1', all, 'granted'],
    ['http://192.168.0.7:1', all, 'denied'],
    ['http://127.example:1', all, 'denied'],
    ['http://127.0.0.1:1', { 'local-network-access': 'prompt' }, 'prompt'],
    ['http://127.0.0.1:1', {}, null],
    ['https://site.test', all, null],
  ]))
    assert.equal(await localNetworkPermission(origin, browser({ permissions })), state, origin);
});

test('a failed request is called by what the browser knows of it', async () => {
  const cause = new TypeError('Failed to fetch');
  for (const [page, code, text, answers] of /** @type {[Partial<FakeBrowser['page']>, string, RegExp, boolean?][]} */ ([
    [{}, 'origin-not-allowed', /--allow-origin https:\/\/site.test$/, true],
    [{}, 'server-gone', /^lanstream does not answer$/],
    [{ origin: 'http://127.0.0.1:1' }, 'server-gone', /^lanstream does not answer$/, true],
    [{ permissions: { 'loopback-network': 'prompt' } }, 'server-gone', /does not answer/],
    [{ permissions: { 'loopback-network': 'denied' } }, 'local-network-denied', /does not let this page/],
    [
      { permissions: { 'loopback-network': 'prompt' }, origin: 'http://site.test', isSecure: false },
      'local-network-denied',
      /https/,
    ],
    [
      { permissions: { 'loopback-network': 'prompt' }, origin: 'http://localhost:3', isSecure: false },
      'origin-not-allowed',
      /--allow-origin/,
      true,
    ],
    [{ blocked: ['http://127.0.0.1:1'] }, 'csp-blocked', /add http:\/\/127.0.0.1:1 and ws:.* to connect-src/],
    [{ blocked: ['ws://127.0.0.1:1'] }, 'csp-blocked', /connect-src/],
  ])) {
    const end = await whyUnreachable('http://127.0.0.1:1', browser(page, answers), cause);
    assert.deepEqual([end.code, end.cause], [code, cause], JSON.stringify(page));
    assert.match(end.message, text);
  }
});
