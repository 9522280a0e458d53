import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ThreadMonitor } from '../src/session/thread-monitor.js';

/** A monitor whose timers are as late as the test says, and what it advised. @param {'page' | 'worker'} thread */
function monitored(thread) {
  let nowMs = 0;
  let due = /** @type {{ call: () => void, atMs: number } | null} */ (null);
  const monitor = new ThreadMonitor(thread, {
    now: () => nowMs,
    setTimeout: (call, ms) => (due = { call, atMs: nowMs + ms }),
    clearTimeout: () => (due = null),
  });
  const advice = /** @type {string[]} */ ([]);
  const sample = (/** @type {number} */ lateMs) => {
    monitor.sample(thread => advice.push(thread));
    assert.ok(due !== null, 'a timer runs');
    nowMs = due.atMs + lateMs;
    const { call } = due;
    due = null;
    call();
  };
  const samples = (/** @type {number} */ count, /** @type {number} */ lateMs) => {
    for (let at = 0; at < count; at += 1) sample(lateMs);
  };
  return { monitor, advice, samples, isWaiting: () => due !== null };
}

test('a page that is late for a third of its timers is busy', () => {
  const { advice, samples } = monitored('page');
  samples(14, 1);
  samples(5, 40);
  assert.deepEqual(advice, []);
  samples(2, 40);
  assert.deepEqual(advice, ['worker']);
});

test('a page that is late now and then is not, nor one that only paints', () => {
  const { advice, samples } = monitored('page');
  for (let round = 0; round < 50; round += 1) {
    samples(1, 500);
    samples(4, 8);
  }
  assert.deepEqual(advice, []);
});

test('the page has the frames back once it has been at leisure for long', () => {
  const { monitor, advice, samples } = monitored('page');
  samples(20, 40);
  monitor.moved('worker');
  samples(30, 40);
  samples(56, 0);
  assert.deepEqual(advice, ['worker']);
  samples(1, 0);
  assert.deepEqual(advice, ['worker', 'page']);
});

test('each move to the worker makes the next return later', () => {
  const { monitor, advice, samples } = monitored('page');
  for (const wanted of [60, 120, 240]) {
    monitor.moved('worker');
    advice.length = 0;
    samples(wanted - 1, 0);
    assert.deepEqual(advice, []);
    samples(1, 0);
    assert.deepEqual(advice, ['page']);
    monitor.moved('page');
  }
});

test('what was measured before a move, or while nobody saw the page, does not count', () => {
  const { monitor, advice, samples } = monitored('page');
  samples(19, 40);
  monitor.forget();
  samples(19, 40);
  monitor.moved('worker');
  samples(59, 0);
  assert.deepEqual(advice, []);
});

test('one timer runs at a time, and none after the end', () => {
  const { monitor, isWaiting } = monitored('page');
  const advise = () => assert.fail('nothing was measured');
  monitor.sample(advise);
  monitor.sample(advise);
  assert.ok(isWaiting());
  monitor.close();
  assert.ok(!isWaiting());
});
