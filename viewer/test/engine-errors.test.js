// Why a session ends, and what an engine reports of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KIND } from '../src/protocol/messages.js';
import { deferred } from '../src/transport/timers.js';
import { message } from './bytes.js';
import { settle } from './fakes.js';
import { errorsOf, FULL, greet, session, start } from './engine-start.js';

/** @param {import('./fakes.js').FakeSocket} socket @param {number} code @param {string} reason */
async function sayGoodbye(socket, code, reason) {
  await socket.receive(message(KIND.GOODBYE, 0, [code, ...new TextEncoder().encode(reason)]));
}

/** A server that is gone after its first session. */
function once() {
  let left = 1;
  return () => {
    if (left === 0) throw new TypeError('Failed to fetch');
    left -= 1;
    return session();
  };
}

test('why a run ended stays said, while the page tries on silently', async () => {
  for (const [code, name, reason] of /** @type {[number, string, string][]} */ ([
    [0, 'server-gone', 'lanstream was stopped'],
    [1, 'source-ended', 'base.mp4 has ended'],
  ])) {
    const { browser, engine, events } = start({}, once());
    const socket = await greet(browser);
    await socket.receive(...FULL);
    if (code === 1) await socket.receive(message(KIND.SOURCE, 0, [2, ...new TextEncoder().encode(reason)]));
    if (code === 1)
      assert.deepEqual([engine.state.phase, engine.state.code, engine.state.reason], ['open', name, reason]);
    await sayGoodbye(socket, code, reason);
    for (const ms of [100, 200, 400]) {
      await settle();
      const { phase, connected } = engine.state;
      assert.deepEqual(
        [phase, connected, engine.state.code, engine.state.reason],
        ['reconnecting', false, name, reason],
      );
      browser.ring(ms);
    }
    assert.deepEqual(errorsOf(events), [`${name}: ${reason}`], 'said once');
    engine.close();
  }
});

test('a source that is known to have ended is the reason, also where the goodbye was lost', async () => {
  const { browser, engine } = start({}, once());
  const socket = await greet(browser);
  await socket.receive(message(KIND.SOURCE, 0, [2, ...new TextEncoder().encode('the window closed')]));
  socket.drop();
  await settle();
  assert.deepEqual([engine.state.code, engine.state.reason], ['source-ended', 'the window closed']);
  engine.close();
});

test('who is sent away or meets a server again is told something newer', async () => {
  const { browser, engine } = start();
  const first = await greet(browser);
  await sayGoodbye(first, 0, 'lanstream was stopped');
  await settle();
  browser.ring(100);
  const second = await greet(browser);
  assert.deepEqual([engine.state.phase, engine.state.code, engine.state.reason], ['open', '', '']);
  await sayGoodbye(second, 2, 'no answer for 120 seconds');
  await settle();
  assert.deepEqual([engine.state.code, engine.state.reason], ['expelled', 'no answer for 120 seconds']);
  engine.close();
});

test('a control channel that the policy of the page blocks is told, also where only an error comes', async () => {
  const { browser, engine, events } = start();
  browser.page.blocked.push('ws://127.0.0.1:1');
  await settle();
  browser.sockets[0]?.onerror?.();
  await settle();
  assert.match(errorsOf(events).join(), /^csp-blocked: .* add http:.* and ws:.* to connect-src$/);
  engine.close();
});

test('a server that answers otherwise is quoted', async () => {
  const { events, engine } = start({}, () => new Response('host "x" is not allowed\n', { status: 403 }));
  await settle();
  assert.deepEqual([engine.state.code, engine.state.reason], ['refused', 'host "x" is not allowed']);
  assert.deepEqual(errorsOf(events), ['refused: host "x" is not allowed']);
  engine.close();
});

test('the first state is told before anything is asked', async () => {
  const { events, engine } = start({}, () => /** @type {any} */ (new Promise(() => {})));
  await settle();
  const first = events[0];
  assert.ok(first?.type === 'state' && first.state.phase === 'connecting');
  engine.close();
});

test('a page that the browser keeps from this machine says so, and asks the browser alone until it may', async () => {
  const { browser, engine, events } = start({ server: 'http://127.0.0.1:2' }, () => {
    throw new TypeError('Failed to fetch');
  });
  browser.page.permissions = { 'loopback-network': 'denied' };
  await settle();
  const { phase, code, reason } = engine.state;
  assert.deepEqual([phase, code], ['local-network-denied', 'local-network-denied']);
  assert.match(reason, /allow “local network”/);
  assert.deepEqual(errorsOf(events), [`local-network-denied: ${reason}`]);
  for (const ms of [100, 200]) {
    browser.ring(ms);
    await settle();
  }
  const asked = () => browser.requests.filter(({ url }) => url.endsWith('/session')).length;
  assert.equal(browser.requests.length, 1);
  browser.page.permissions = { 'loopback-network': 'granted' };
  browser.ring(400);
  await settle();
  assert.equal(asked(), 2);
  engine.close();
});

test('a page that the browser asks about says so after a second, and goes on when it is allowed', async () => {
  const answer = deferred();
  const { browser, engine, events } = start({ server: 'http://127.0.0.1:2' }, () => answer.promise);
  browser.page.permissions = { 'local-network-access': 'prompt' };
  await settle();
  assert.equal(engine.state.phase, 'connecting');
  browser.ring(1000);
  await settle();
  const { phase, code, reason } = engine.state;
  assert.deepEqual([phase, code], ['local-network-prompt', 'local-network-prompt']);
  assert.deepEqual(errorsOf(events), [`local-network-prompt: ${reason}`]);
  answer.resolve(session());
  await greet(browser);
  assert.deepEqual([engine.state.phase, engine.state.code, engine.state.reason], ['open', '', '']);
  engine.close();
});

test('a slow server of the page itself is no question of permission', async () => {
  const { browser, engine } = start({}, () => /** @type {any} */ (new Promise(() => {})));
  browser.page.permissions = { 'loopback-network': 'prompt' };
  await settle();
  browser.ring(1000);
  await settle();
  assert.equal(engine.state.phase, 'connecting');
  engine.close();
  await settle();
  assert.deepEqual(browser.timers, []);
});
