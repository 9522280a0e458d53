import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Meter } from '../src/session/meter.js';

const TOOK = { receiveMs: 1, paintMs: 2, totalMs: null };

test('the mix is of pixels, and what was saved of their bytes', () => {
  const meter = new Meter();
  meter.take(0);
  meter.shown({ seq: 1, base: 0, bytes: 500, pixelsBy: Float64Array.of(100, 100, 0, 0, 600, 150, 50) }, TOOK);
  meter.shown({ seq: 2, base: 1, bytes: 300, pixelsBy: Float64Array.of(0, 0, 1000, 0, 0, 0, 0) }, TOOK);
  const { fps, bytes, saved, mix } = meter.take(2000);
  assert.deepEqual({ fps, bytes, saved }, { fps: 1, bytes: 400, saved: 0.9 });
  assert.deepEqual(mix, [0.05, 0.05, 0.5, 0, 0.3, 0.075, 0.025]);
});

test('where nothing was shown there is nothing to tell', () => {
  const meter = new Meter();
  const { bytes, saved, mix } = meter.take(1000);
  assert.deepEqual(
    { bytes, saved, sum: mix.reduce((sum, share) => sum + share, 0) },
    { bytes: null, saved: null, sum: 0 },
  );
});

test('frames between two updates were skipped', () => {
  const meter = new Meter();
  meter.shown({ seq: 5, base: 0, bytes: 1, pixelsBy: new Float64Array(6) }, TOOK);
  meter.shown({ seq: 9, base: 5, bytes: 1, pixelsBy: new Float64Array(6) }, TOOK);
  assert.equal(meter.skipped, 3);
});
