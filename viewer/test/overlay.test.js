import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bannerText, statsRows } from '../src/element/overlay.js';
import { titleText } from '../src/element/title.js';

/** @typedef {import('../src/session/engine.js').State} State */

const LIVE = /** @type {State} */ (
  /** @type {unknown} */ ({
    phase: 'open',
    code: '',
    reason: '',
    isOver: false,
    frames: 1,
    sourceState: 'live',
    sourceText: 'a',
    sourceName: '',
    stalled: '',
    alterations: /** @type {string[]} */ ([]),
    feedback: '',
    exact: null,
    paused: false,
    marker: '[0000002a]',
    transport: '',
    presenter: '2d',
    presenterReason: 'asked for',
    thread: 'page',
    threadReason: 'its canvas is desynchronized',
    verify: false,
    proven: 0,
    refuted: 0,
  })
);
const STATS = {
  fps: 25,
  skipped: 0,
  mbps: 1,
  receiveMs: 0,
  paintMs: 0.26,
  totalMs: null,
  bytes: null,
  saved: null,
  mix: [],
  server: { send_us: 1900 },
};

/** @param {Partial<State>} changes @param {string} name */
function row(changes, name) {
  return statsRows({ ...LIVE, ...changes }, STATS, null).find(row => row[0] === name)?.[1];
}

test('while the picture is live nothing is said over it', () => {
  assert.equal(bannerText(LIVE), '');
  assert.equal(bannerText({ ...LIVE, exact: true }), '');
  assert.match(bannerText({ ...LIVE, exact: false }), /not exact/);
  assert.match(bannerText({ ...LIVE, feedback: 'mirror' }), /mirror/);
  assert.equal(bannerText({ ...LIVE, stalled: 'the window is minimised' }), 'the window is minimised');
});

test('what keeps pictures from coming is said first, and in the title', () => {
  for (const [changes, banner, title] of /** @type {[Partial<State>, string, string][]} */ ([
    [{}, '', 'a · lanstream [0000002a]'],
    [{ sourceName: 'renamed' }, '', 'renamed · lanstream [0000002a]'],
    [
      { code: 'source-lost', reason: 'x' },
      'source lost: x; it is shown again as soon as it is back',
      'source lost: x · lanstream [0000002a]',
    ],
    [
      { code: 'source-ended', reason: 'the film has ended', isOver: true },
      'the film has ended',
      'the film has ended · lanstream',
    ],
    [
      { phase: 'reconnecting', code: 'source-ended', reason: 'the film has ended', isOver: true },
      'the film has ended',
      'the film has ended · lanstream',
    ],
    [
      { phase: 'local-network-prompt', code: 'server-gone', reason: 'lanstream was stopped', isOver: true },
      'lanstream was stopped',
      'lanstream was stopped · lanstream',
    ],
    [
      { phase: 'reconnecting', code: 'server-gone', reason: 'no answer' },
      'reconnecting: no answer',
      'reconnecting · lanstream',
    ],
    [
      { phase: 'local-network-denied', code: 'local-network-denied', reason: 'denied' },
      'denied',
      'not allowed · lanstream',
    ],
    [
      { phase: 'local-network-prompt', code: 'local-network-prompt', reason: 'asked' },
      'asked',
      'waiting to be allowed · lanstream',
    ],
    [{ phase: 'connecting' }, 'connecting', 'connecting · lanstream'],
    [
      { phase: 'ticket-rejected', code: 'ticket-rejected', reason: 'wrong token' },
      'wrong token',
      'not let in · lanstream',
    ],
  ])) {
    const state = { ...LIVE, ...changes };
    assert.deepEqual([bannerText(state), titleText(state)], [banner, title]);
  }
});

test('the numbers say which thread it is and why, and call nothing 0.0 that took time', () => {
  assert.equal(row({}, 'transport'), '–');
  assert.equal(row({}, 'presenter'), '2d (asked for)');
  assert.equal(row({}, 'thread'), 'page (its canvas is desynchronized)');
  assert.match(row({}, 'latency') ?? '', /send 1.9, receive < 0.1, paint 0.3, total –/);
});

test('exact says to what, where the picture is not as the source has it', () => {
  const proven = /** @type {Partial<State>} */ ({ verify: true, exact: true, proven: 14 });
  assert.equal(row(proven, 'exact'), '✓ 14 frames proven');
  assert.equal(row(proven, 'altered'), undefined);
  const altered = { ...proven, alterations: ['10 bit shown as 8 bit', 'alpha ignored'] };
  assert.equal(row(altered, 'altered'), '10 bit shown as 8 bit; alpha ignored');
  assert.equal(row(altered, 'exact'), '✓ 14 frames proven: exact to the picture as altered, not to the source');
  assert.equal(
    row({ sourceName: 'renamed', stalled: 'nothing has come for 5 s' }, 'source'),
    'renamed; nothing has come for 5 s',
  );
});
