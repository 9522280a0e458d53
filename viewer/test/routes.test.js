import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KIND, TRANSPORTS } from '../src/protocol.js';
import { Routes } from '../src/transport/routes.js';
import { FakeBrowser, settle } from './fakes.js';

/** A session that opens, or does not, when the test says so. */
class FakeWebTransport {
  static made = /** @type {FakeWebTransport[]} */ ([]);
  datagrams = { readable: new ReadableStream(), writable: new WritableStream(), incomingHighWaterMark: 1 };
  incomingUnidirectionalStreams = new ReadableStream();
  isClosed = false;
  open = () => {};
  fail = (/** @type {Error} */ _error) => {};
  ready = new Promise((resolve, reject) => { this.open = () => resolve(undefined); this.refuse = reject; });
  closed = new Promise((_, reject) => { this.fail = reject; });
  /** @param {string} url @param {{ serverCertificateHashes?: unknown[] }} options */
  constructor(url, options) { Object.assign(this, { url, options }); FakeWebTransport.made.push(this); }
  close() { this.isClosed = true; }
}

/**
 * Routes whose pictures take as long as `tookMs` says; infinite: they never come.
 * @param {Partial<import('../src/transport/routes.js').RouteOptions>} options
 * @param {Record<string, number>} tookMs
 */
function start(options, tookMs = {}) {
  FakeWebTransport.made = [];
  const browser = new FakeBrowser(() => new Response(new ReadableStream()));
  const chosen = /** @type {import('../src/transport/choose.js').Choice[]} */ ([]);
  const asked = /** @type {string[]} */ ([]);
  let present = '';
  const events = {
    send(/** @type {ArrayBuffer} */ bytes) {
      const view = new DataView(bytes);
      if (view.getUint8(4) === KIND.ROUTE) {
        present = TRANSPORTS[view.getUint8(12) - 1] ?? '';
        asked.push(view.getUint8(13) === 1 ? `try ${present}` : present);
      }
      const ms = tookMs[present] ?? Infinity;
      if (ms < Infinity) setImmediate(() => { browser.clockMs += ms; routes.arrived(true); });
    },
    held: () => ({ epoch: 1n, heldSeq: 1 }), buffer: (/** @type {number} */ bytes) => new ArrayBuffer(bytes),
    moved() {}, begin() {}, band() {}, message() {},
    chosen: (/** @type {import('../src/transport/choose.js').Choice} */ choice) => { chosen.push(choice); },
    ended: (/** @type {Error} */ error) => { asked.push(`ended: ${error.message}`); },
  };
  const around = { ...browser.around, WebTransport: /** @type {any} */ (FakeWebTransport) };
  const routes = new Routes({
    origin: 'http://127.0.0.1:8000', key: 'k', offered: ['http', 'websocket', 'webtransport'], wanted: 'auto', known: null, ...options,
  }, events, around);
  return { browser, routes, chosen, asked };
}

const CERTIFICATES = { port: 0, hashes: [new Uint8Array(32)] };
const session = () => /** @type {FakeWebTransport & { url: string }} */ (FakeWebTransport.made.at(-1));

async function measured(/** @type {Record<string, number>} */ tookMs) {
  const parts = start({}, tookMs);
  const running = parts.routes.run();
  parts.routes.certified(CERTIFICATES);
  await settle();
  session().open();
  await running;
  return parts;
}

test('each transport is tried by turns, unless it was far behind, and the soonest is taken', async () => {
  const { asked, chosen, routes } = await measured({ http: 5, websocket: 9, webtransport: 30 });
  assert.deepEqual(asked, ['http', 'try http', 'try websocket', 'try webtransport', 'try http', 'try websocket', 'http']);
  assert.equal(chosen.at(-1)?.reason, 'a whole picture: http 5.0 ms, websocket 9.0 ms, webtransport 30.0 ms');
  assert.ok(session().isClosed, 'the third is not kept');
  routes.close();
});

test('on a slow pipe one picture by each is enough', async () => {
  const { asked, chosen, routes } = await measured({ http: 660, websocket: 700, webtransport: 690 });
  assert.deepEqual(asked, ['http', 'try http', 'try websocket', 'try webtransport', 'http']);
  assert.equal(chosen.at(-1)?.reason, 'a whole picture: http 660.0 ms, websocket 700.0 ms, webtransport 690.0 ms');
  routes.close();
});

test('the second best is kept at hand, and taken when the best ends', async () => {
  const { asked, chosen, routes } = await measured({ http: 20, websocket: 9, webtransport: 12 });
  assert.equal(asked.at(-1), 'websocket');
  assert.ok(!session().isClosed);
  const number = asked.length;
  routes.unrouted(number);
  await settle();
  assert.equal(asked.at(-1), 'webtransport');
  assert.match(chosen.at(-1)?.reason ?? '', /^websocket: /);
  routes.unrouted(number); // What ended before is nothing new.
  await settle();
  assert.equal(asked.length, number + 1);
  routes.close();
});

test('WebTransport that is asked for comes first, and comes back when it was lost', async () => {
  const { asked, browser, chosen, routes } = start({ wanted: 'webtransport' });
  const running = routes.run();
  routes.certified({ port: 4433, hashes: [] });
  await settle();
  assert.equal(session().url, 'https://127.0.0.1:4433/pixels?session=k');
  session().open();
  await running;
  assert.deepEqual(asked, ['webtransport']);
  session().fail(new Error('gone'));
  await settle();
  assert.deepEqual([asked.at(-1), chosen.at(-1)?.reason], ['http', 'webtransport: gone']);
  browser.ring(2000);
  await settle();
  session().open();
  await settle();
  assert.deepEqual([asked.at(-1), chosen.at(-1)?.reason], ['webtransport', 'asked for']);
  routes.close();
});

test('where UDP is blocked it is waited for no longer than it takes', async () => {
  const { asked, browser, chosen, routes } = start({ wanted: 'webtransport' });
  const running = routes.run();
  routes.certified(CERTIFICATES);
  await settle();
  assert.deepEqual(asked, []);
  browser.ring(400);
  await running;
  assert.deepEqual([asked, chosen.at(-1)?.reason], [['http'], 'webtransport: no connection over UDP']);
  routes.close();
  assert.deepEqual(browser.timers, []);
});
