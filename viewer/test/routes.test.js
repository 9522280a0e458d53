import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMIT, FIRST, KIND } from '../src/protocol/messages.js';
import { NO_HISTORY } from '../src/transport/choose.js';
import { TRANSPORTS } from '../src/transport/table.js';
import { Routes } from '../src/transport/routes.js';
import { band, join, message, raw, u32 } from './bytes.js';
import { FakeBrowser, settle } from './fakes.js';

/** A session that opens, or does not, when the test says so, and brings what the test gives it. */
class FakeWebTransport {
  static made = /** @type {FakeWebTransport[]} */ ([]);
  datagrams = { readable: new ReadableStream(), writable: new WritableStream(), incomingHighWaterMark: 1 };
  #newStream = (/** @type {ReadableStream} */ _stream) => {};
  incomingUnidirectionalStreams = new ReadableStream({
    start: streams => {
      this.#newStream = stream => streams.enqueue(stream);
    },
  });
  isClosed = false;
  open = () => {};
  fail = (/** @type {Error} */ _error) => {};
  ready = new Promise((resolve, reject) => {
    this.open = () => resolve(undefined);
    this.refuse = reject;
  });
  closed = new Promise((_, reject) => {
    this.fail = reject;
  });
  /** @param {string} url @param {{ serverCertificateHashes?: unknown[] }} options */
  constructor(url, options) {
    Object.assign(this, { url, options });
    FakeWebTransport.made.push(this);
  }
  close() {
    this.isClosed = true;
  }
  /**
   * On a stream of its own, which then neither goes on nor ends.
   * @param {Uint8Array[]} parts
   * @param {number} [bytesMax]
   */
  async bring(parts, bytesMax = Infinity) {
    const bytes = join(parts).subarray(0, bytesMax);
    this.stream(
      new ReadableStream({
        type: 'bytes',
        start: stream => {
          if (bytes.length > 0) stream.enqueue(bytes);
        },
      }),
    );
    await settle();
  }
  /** @param {ReadableStream} stream */
  stream(stream) {
    this.#newStream(stream);
  }
}

/** What comes first on a route. @param {number} number */
const routed = number => message(KIND.ROUTED, 0, u32(number));
const UPDATE = [
  band({ seq: 1, flags: FIRST, patches: [raw(0, 0, 4, 2, 7)] }),
  band({ seq: 1, flags: COMMIT, patches: [raw(0, 2, 4, 2, 9)] }),
];

/** A transport that only these tests know: a carrier that brings what they give it. */
class OwnCarrier {
  static routes = /** @type {{ number: number, signal: AbortSignal, end: (reason: Error) => void }[]} */ ([]);
  /** @param {number} number @param {AbortSignal} signal */
  receive(number, signal) {
    return /** @type {Promise<void>} */ (
      new Promise((_, end) => {
        OwnCarrier.routes.push({ number, signal, end });
      })
    );
  }
}

/** @type {import('../src/transport/carrier.js').TransportRow} */
const OWN = {
  name: 'own',
  number: 16,
  listedAs: 'own',
  isAutomatic: true,
  tie: 1,
  canStall: false,
  unreachable: '',
  inEngine: () => ({ isSwift: true, isLasting: true }),
  carrier: () => new OwnCarrier(),
};

/**
 * Routes whose pictures take as long as `tookMs` says; infinite: they never come.
 * @param {Partial<import('../src/transport/routes.js').RouteOptions>} options
 * @param {Record<string, number>} tookMs
 * @param {string} userAgent
 */
function start(options, tookMs = {}, userAgent = CHROMIUM) {
  FakeWebTransport.made = [];
  const browser = new FakeBrowser(() => new Response(new ReadableStream()));
  const chosen = /** @type {import('../src/transport/choose.js').Selection[]} */ ([]);
  const asked = /** @type {string[]} */ ([]);
  const learned = /** @type {import('../src/transport/choose.js').TransportHistory[]} */ ([]);
  let present = '';
  let tickets = 0;
  const events = {
    send(/** @type {ArrayBuffer} */ bytes) {
      const view = new DataView(bytes);
      if (view.getUint8(4) === KIND.ASK_TICKET) {
        tickets += 1;
        routes.take({ type: 'Ticket', ticket: `t${tickets}` });
        return;
      }
      if (view.getUint8(4) === KIND.ROUTE) {
        present = [...TRANSPORTS, OWN].find(({ number }) => number === view.getUint8(12))?.name ?? '';
        asked.push(view.getUint8(13) === 1 ? `try ${present}` : present);
      }
      const ms = tookMs[present] ?? Infinity;
      if (ms < Infinity)
        setImmediate(() => {
          browser.clockMs += ms;
          routes.arrived(true);
        });
    },
    held: () => ({ epoch: 1n, heldSeq: 1 }),
    buffer: (/** @type {number} */ bytes) => new ArrayBuffer(bytes),
    moved() {},
    begin() {},
    band() {},
    message() {},
    learned: (/** @type {import('../src/transport/choose.js').TransportHistory} */ history) => {
      learned.push(history);
    },
    chosen: (/** @type {import('../src/transport/choose.js').Selection} */ selection) => {
      chosen.push(selection);
    },
    ended: (/** @type {Error} */ error) => {
      asked.push(`ended: ${error.message}`);
    },
  };
  const env = { ...browser.env, WebTransport: /** @type {any} */ (FakeWebTransport), userAgent };
  const routes = new Routes(
    {
      server: 'http://127.0.0.1:8000',
      key: 'k',
      offered: ['http', 'websocket', 'webtransport'],
      wanted: 'auto',
      history: NO_HISTORY,
      ...options,
    },
    events,
    env,
    [...TRANSPORTS, OWN],
  );
  return { browser, routes, chosen, asked, learned };
}

const CHROMIUM =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
const SAFARI =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
  'Version/26.4 Safari/605.1.15';
/** @type {import('../src/protocol/messages.js').ServerMessage} */
const CERTIFICATES = { type: 'Certificates', port: 0, hashes: [new Uint8Array(32)] };
const session = () => /** @type {FakeWebTransport & { url: string }} */ (FakeWebTransport.made.at(-1));

async function measured(/** @type {Record<string, number>} */ tookMs) {
  const parts = start({}, tookMs);
  const running = parts.routes.run();
  parts.routes.take(CERTIFICATES);
  await settle();
  session().open();
  await running;
  return parts;
}

test('each transport is tried by turns, unless it was far behind, and the soonest is taken', async () => {
  const { asked, chosen, routes } = await measured({ http: 5, websocket: 9, webtransport: 30 });
  assert.deepEqual(asked, [
    'http',
    'try http',
    'try websocket',
    'try webtransport',
    'try http',
    'try websocket',
    'http',
  ]);
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

test('a later session takes what was measured, not what an earlier one fell back to', async () => {
  const earlier = await measured({ http: 20, websocket: 9, webtransport: 12 });
  earlier.routes.unrouted(earlier.asked.length);
  await settle();
  assert.equal(earlier.asked.at(-1), 'webtransport');
  earlier.routes.close();
  const reason = 'a whole picture: http 20.0 ms, websocket 9.0 ms, webtransport 12.0 ms';
  const [history = NO_HISTORY] = earlier.learned;
  assert.deepEqual(earlier.learned, [{ measured: { transport: 'websocket', reason }, barred: '' }]);
  const { asked, chosen, routes } = start({ history });
  await routes.run();
  assert.deepEqual([asked, chosen], [['websocket'], [history.measured]]);
  routes.close();
  const other = start({ wanted: 'http', history });
  await other.routes.run();
  assert.deepEqual([other.asked, other.chosen], [['http'], [{ transport: 'http', reason: 'asked for' }]]);
  other.routes.close();
});

test('WebTransport that is asked for comes first, and comes back when it was lost', async () => {
  const { asked, browser, chosen, routes } = start({ wanted: 'webtransport' });
  const running = routes.run();
  routes.take({ type: 'Certificates', port: 4433, hashes: [] });
  await settle();
  assert.equal(session().url, 'https://127.0.0.1:4433/pixels?ticket=t1');
  session().open();
  await running;
  assert.deepEqual(asked, ['webtransport']);
  await session().bring([routed(1), ...UPDATE]);
  session().fail(new Error('gone'));
  await settle();
  assert.deepEqual([asked.at(-1), chosen.at(-1)?.reason], ['http', 'webtransport: gone']);
  browser.ring(2000);
  await settle();
  assert.equal(session().url, 'https://127.0.0.1:4433/pixels?ticket=t2', 'none serves twice');
  session().open();
  await settle();
  assert.deepEqual([asked.at(-1), chosen.at(-1)?.reason], ['webtransport', 'asked for']);
  routes.close();
});

test('where UDP is blocked it is waited for no longer than it takes', async () => {
  const { asked, browser, chosen, routes } = start({ wanted: 'webtransport' });
  const running = routes.run();
  routes.take(CERTIFICATES);
  await settle();
  assert.deepEqual(asked, []);
  browser.ring(400);
  await running;
  assert.deepEqual([asked, chosen.at(-1)?.reason], [['http'], 'webtransport: no connection over UDP']);
  routes.close();
  assert.deepEqual(browser.timers, []);
});

/** Pixels come by WebTransport. @param {Partial<import('../src/transport/routes.js').RouteOptions>} [options] */
async function asked(options) {
  const parts = start({ wanted: 'webtransport', ...options });
  const running = parts.routes.run();
  parts.routes.take(CERTIFICATES);
  await settle();
  session().open();
  await running;
  return parts;
}

/** So many timers of the watch ring, one after the other. @param {FakeBrowser} browser @param {number} ticks */
async function wait(browser, ticks) {
  for (let tick = 0; tick < ticks; tick += 1) {
    browser.ring(500);
    await settle();
  }
}

const STREAM = [routed(1), ...UPDATE];
/** Where a session may stop: before it says a word, in its first message, between two bands, in the middle of one. */
const STOPS = [0, 3, 12 + (UPDATE[0]?.length ?? 0), 12 + 20, join(STREAM).length - 1];

for (const bytes of STOPS) {
  test(`a session that stops after ${bytes} bytes is left for good`, async () => {
    const { asked: routes, browser, chosen, learned, routes: running } = await asked();
    await session().bring(STREAM, bytes);
    await wait(browser, 4);
    assert.deepEqual(routes, ['webtransport'], 'it may only be slow');
    await wait(browser, 1);
    assert.deepEqual([routes, chosen.at(-1)?.reason], [['webtransport', 'http'], 'webtransport: it stood still']);
    assert.deepEqual([learned, session().isClosed], [[{ measured: null, barred: 'it stood still' }], true]);
    assert.deepEqual(browser.timers, [], 'nothing waits to come back to it');
    running.close();
  });
}

test('a session that dies in the middle of an update is left for good', async () => {
  const { asked: routes, browser, chosen, learned } = await asked();
  await session().bring(STREAM, join(STREAM).length - 1);
  session().fail(new Error('gone'));
  await settle();
  assert.deepEqual([routes, chosen.at(-1)?.reason], [['webtransport', 'http'], 'webtransport: gone']);
  assert.deepEqual(learned, [{ measured: null, barred: 'gone' }]);
  assert.deepEqual(
    browser.timers.filter(timer => timer.ms !== 500),
    [],
  );
});

test('a session that stops between two updates is left for good', async () => {
  const { asked: routes, browser, chosen, routes: running } = await asked();
  await session().bring(STREAM);
  await wait(browser, 1);
  browser.clockMs += 900;
  running.unanswered(1200); // Said before the update was there.
  assert.deepEqual(browser.timers, []);
  browser.clockMs += 1000;
  running.unanswered(20);
  assert.deepEqual(browser.timers, []);
  running.unanswered(1100);
  await wait(browser, 5);
  assert.deepEqual([routes, chosen.at(-1)?.reason], [['webtransport', 'http'], 'webtransport: it stood still']);
  running.close();
});

test('where nothing is to come, nothing is waited for', async () => {
  const { asked: routes, browser } = await asked();
  await session().bring(STREAM);
  await wait(browser, 1);
  assert.deepEqual([routes, browser.timers], [['webtransport'], []]);
});

test('what is slow and goes on is no standstill', async () => {
  const { asked: routes, browser, routes: running } = await asked();
  let push = (/** @type {Uint8Array[]} */ _parts) => {};
  session().stream(
    new ReadableStream({
      type: 'bytes',
      start: stream => {
        push = parts => stream.enqueue(join(parts));
      },
    }),
  );
  push([routed(1)]);
  for (const flags of [FIRST, 0, 0]) {
    push([band({ seq: 1, flags })]);
    await settle();
    await wait(browser, 3);
  }
  assert.deepEqual(routes, ['webtransport']);
  running.close();
});

test('a page in which WebTransport stopped does not take it again, and says why', async () => {
  const {
    asked: routes,
    chosen,
    routes: running,
  } = start({
    wanted: 'webtransport',
    history: { measured: null, barred: 'it stood still' },
  });
  await running.run();
  running.take(CERTIFICATES);
  await settle();
  assert.equal(FakeWebTransport.made.length, 0);
  assert.deepEqual([routes, chosen.at(-1)?.reason], [['http'], 'webtransport: it stood still']);
  running.close();
});

test('a session kept at hand that ends is opened anew when it is needed', async () => {
  const { asked: routes, routes: running } = await measured({ http: 20, websocket: 9, webtransport: 12 });
  session().fail(new Error('idle for too long'));
  await settle();
  running.unrouted(routes.length);
  await settle();
  assert.equal(FakeWebTransport.made.length, 2);
  session().open();
  await settle();
  assert.equal(routes.at(-1), 'webtransport');
  running.close();
});

test('an engine whose WebTransport stops is not offered it by choice', async () => {
  const { asked: routes, routes: running } = start({}, { http: 20, websocket: 9, webtransport: 1 }, SAFARI);
  await running.run();
  running.take(CERTIFICATES);
  await settle();
  assert.deepEqual([FakeWebTransport.made.length, routes.at(-1)], [0, 'websocket']);
  assert.ok(!routes.some(each => each.includes('webtransport')), String(routes));
  running.close();
});

test('a transport is a row: it is measured like any other, and another takes over when its stream ends', async () => {
  OwnCarrier.routes = [];
  const { routes, chosen, asked } = start({ offered: ['websocket', 'own'] }, { websocket: 9, own: 3 });
  const running = routes.run();
  await settle();
  routes.arrived(true);
  await running;
  assert.deepEqual(chosen.at(-1), { transport: 'own', reason: 'a whole picture: websocket 9.0 ms, own 3.0 ms' });
  const [route] = OwnCarrier.routes.slice(-1);
  assert.equal(asked.at(-1), 'own');
  route?.end(new Error('the wire is cut'));
  await settle();
  assert.deepEqual(chosen.at(-1), { transport: 'websocket', reason: 'own: the wire is cut' });
  assert.equal(route?.signal.aborted, true);
});
