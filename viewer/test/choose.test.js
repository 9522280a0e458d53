import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Clock } from '../src/clock.js';
import { bannerText, statsText } from '../src/overlay.js';
import { chooseByFacts, chooseByMeasuring } from '../src/transport/choose.js';

const BOTH = ['http', 'websocket'];

test('what is asked for or alone is not measured', () => {
  assert.equal(chooseByFacts({ wanted: 'http', offered: BOTH, byob: false })?.transport, 'http');
  assert.equal(chooseByFacts({ wanted: 'websocket', offered: BOTH, byob: true })?.transport, 'websocket');
  assert.equal(chooseByFacts({ wanted: 'auto', offered: ['http'], byob: false })?.transport, 'http');
  assert.equal(chooseByFacts({ wanted: 'http', offered: ['websocket'], byob: true })?.transport, 'websocket');
  assert.equal(chooseByFacts({ wanted: 'auto', offered: BOTH, byob: false })?.transport, 'websocket');
  assert.equal(chooseByFacts({ wanted: 'auto', offered: BOTH, byob: true }), null);
  assert.throws(() => chooseByFacts({ wanted: 'auto', offered: ['pigeon'], byob: true }), /no transport/);
});

test('the faster wins, and HTTP wins what is nearly a tie', async () => {
  const measure = (/** @type {number} */ http, /** @type {number} */ websocket) => chooseByMeasuring({ http: async () => http, websocket: async () => websocket });
  assert.deepEqual(await measure(2, 5), { transport: 'http', reason: 'http 16777 Mbit/s, websocket 6711 Mbit/s' });
  assert.equal((await measure(12.4, 10)).transport, 'http');
  assert.equal((await measure(12.6, 10)).transport, 'websocket');
});

test('a path whose probe fails loses', async () => {
  const choice = await chooseByMeasuring({ http: () => Promise.reject(new Error('no')), websocket: async () => 5 });
  assert.deepEqual(choice, { transport: 'websocket', reason: 'http failed, websocket 6711 Mbit/s' });
});

test('the clock believes the ping that came back soonest', () => {
  const clock = new Clock();
  assert.equal(clock.sinceMs(0, 0), null);
  clock.pong(clock.ping(0), 1_000_000 + 9000, 10); // Nine milliseconds there, one back.
  clock.pong(clock.ping(20), 1_000_000 + 21_000, 22);
  assert.equal(clock.pong(77, 5, 23), false); // Nobody asked.
  assert.equal(clock.sinceMs(1_000_000 + 30_000, 35), 5);
  assert.equal(clock.unanswered, 0);
});

test('while the picture is live nothing is said over it', () => {
  const live = /** @type {import('../src/engine.js').State} */ ({
    phase: 'open', frames: 1, sourceState: 'live', feedback: '', exact: null, paused: false, reason: '', sourceText: 'a',
  });
  assert.equal(bannerText(live), '');
  assert.equal(bannerText({ ...live, exact: true }), '');
  assert.match(bannerText({ ...live, exact: false }), /not exact/);
  assert.match(bannerText({ ...live, sourceState: 'lost' }), /source lost: a/);
  assert.match(bannerText({ ...live, phase: 'unauthorized' }), /open the URL/);
  assert.match(bannerText({ ...live, feedback: 'mirror' }), /mirror/);
});

test('the numbers say which thread it is and why, and call nothing 0.0 that took time', () => {
  const state = /** @type {import('../src/engine.js').State} */ ({
    transport: '', presenter: '2d', presenterReason: 'asked for', thread: 'page', threadReason: 'its canvas is desynchronized',
  });
  const stats = { fps: 25, skipped: 0, mbps: 1, receiveMs: 0, paintMs: 0.26, totalMs: null, bytes: null, saved: null, mix: [], server: { send_us: 1900 } };
  const text = statsText(state, stats, null);
  assert.match(text, /transport +–\n/);
  assert.match(text, /2d \(asked for\)/);
  assert.match(text, /thread +page \(its canvas is desynchronized\)/);
  assert.match(text, /send 1.9, receive < 0.1, paint 0.3, total –/);
});
