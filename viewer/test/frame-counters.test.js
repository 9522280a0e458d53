import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FrameCounters } from '../src/element/frame-counters.js';

/** @param {number} frames @param {number} proven @returns {import('../src/session/engine.js').State} */
const state = (frames, proven) =>
  /** @type {any} */ ({ frames, skipped: 0, proven, refuted: 0, reconnects: 0, seq: 9 });

test('counts go on with each engine that takes over, and its frame is one more', () => {
  const counters = new FrameCounters();
  assert.deepEqual(counters.addTo(state(100, 90)), state(100, 90));
  counters.continueWith(state(100, 90), state(3, 2));
  assert.equal(counters.frames, 98);
  assert.deepEqual(counters.addTo(state(3, 2)), state(101, 90));
  const last = counters.addTo(state(13, 12));
  assert.deepEqual(last, state(111, 100));
  counters.continueWith(last, state(1, 0));
  assert.deepEqual(counters.addTo(state(2, 1)), state(113, 101));
});
