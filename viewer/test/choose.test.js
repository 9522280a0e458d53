import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Clock } from '../src/session/clock.js';
import { candidates, rank, reasonByFacts, reasonByMeasuring } from '../src/transport/choose.js';
import { refillsCredit } from '../src/transport/credit.js';

const ALL = ['http', 'websocket', 'webtransport'];

/**
 * @param {{ wanted?: string, offered?: string[], byob?: boolean, hasWebTransport?: boolean, refillsCredit?: boolean
 *   }} facts
 */
function order({ wanted = 'auto', offered = ALL, byob = true, hasWebTransport = true, refillsCredit = true }) {
  const row = (/** @type {string} */ name) => ({
    name,
    listedAs: name,
    isAutomatic: true,
    isSwift: true,
    isLasting: true,
  });
  const webtransport = { ...row('webtransport'), isLasting: refillsCredit };
  const datagrams = { ...webtransport, name: 'webtransport-datagrams', isAutomatic: false };
  const sessions = hasWebTransport ? [webtransport, datagrams] : [];
  return candidates({ wanted, offered, known: [{ ...row('http'), isSwift: byob }, row('websocket'), ...sessions] });
}

test('what is asked for comes first where it can be had, and the others stay to fall back to', () => {
  assert.deepEqual(order({}), ['http', 'websocket', 'webtransport']);
  assert.deepEqual(order({ wanted: 'webtransport' }), ['webtransport', 'http', 'websocket']);
  assert.deepEqual(order({ wanted: 'webtransport-datagrams' }), [
    'webtransport-datagrams',
    'http',
    'websocket',
    'webtransport',
  ]);
  assert.deepEqual(order({ wanted: 'webtransport', hasWebTransport: false }), ['http', 'websocket']);
  assert.deepEqual(order({ wanted: 'http', offered: ['websocket'] }), ['websocket']);
  assert.deepEqual(order({ byob: false, hasWebTransport: false }), ['websocket', 'http']);
  assert.throws(() => order({ offered: ['pigeon'] }), /no transport/);
});

test('WebTransport that would stop is only taken where it is asked for, or where there is nothing else', () => {
  assert.deepEqual(order({ refillsCredit: false }), ['http', 'websocket']);
  assert.deepEqual(order({ refillsCredit: false, wanted: 'webtransport' }), ['webtransport', 'http', 'websocket']);
  assert.deepEqual(order({ refillsCredit: false, offered: ['webtransport'] }), ['webtransport']);
});

test('WebTransport goes on in Chromium and in Firefox from 153 on', () => {
  const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)';
  const phone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 26_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
  const firefox = (/** @type {number} */ version) =>
    `Mozilla/5.0 (X11; Linux x86_64; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`;
  const chrome =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
  for (const good of [
    chrome,
    `${chrome} Edg/156.0.0.0`,
    chrome.replace('Chrome', 'HeadlessChrome/1 Chrome'),
    firefox(153),
    firefox(160),
  ])
    assert.ok(refillsCredit(good), good);
  const bad = [
    firefox(152),
    firefox(98),
    `${mac} Version/26.4 Safari/605.1.15`,
    `${mac}`,
    `${phone} CriOS/156.0 Mobile/15E148 Safari/604.1`,
    `${phone} FxiOS/160.0 Mobile Safari/604.1`,
    '',
  ];
  for (const each of bad) assert.ok(!refillsCredit(each), each);
});

test('what is asked for or alone is not measured', () => {
  assert.equal(reasonByFacts('webtransport', ['webtransport', 'http']), 'asked for');
  assert.equal(reasonByFacts('auto', ['http']), 'the only one there is');
  assert.match(reasonByFacts('webtransport', ['http', 'websocket']) ?? '', /has no webtransport/);
  assert.equal(reasonByFacts('auto', ['http', 'websocket']), null);
});

test('the soonest wins, HTTP wins what is nearly a tie, and what failed is left out', () => {
  const ranked = (/** @type {Record<string, number>} */ ms) => rank(new Map(Object.entries(ms)));
  assert.deepEqual(ranked({ http: 2, websocket: 5, webtransport: 9 }), ['http', 'websocket', 'webtransport']);
  assert.deepEqual(ranked({ http: 12.4, websocket: 10, webtransport: 9 }), ['webtransport', 'http', 'websocket']);
  assert.deepEqual(ranked({ http: Infinity, websocket: 10 }), ['websocket']);
  assert.equal(
    reasonByMeasuring(
      new Map([
        ['http', 2.04],
        ['websocket', Infinity],
      ]),
    ),
    'a whole picture: http 2.0 ms, websocket failed',
  );
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
