import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeText } from '../src/element/film.js';

test('times of a film', () => {
  for (const [time, duration, text] of /** @type {[number | null, number | null, string][]} */ ([
    [null, 90, ''],
    [0, null, '0:00'],
    [61.9, 90, '1:01 / 1:30'],
    [5, 3600, '0:00:05 / 1:00:00'],
    [3725, null, '1:02:05'],
    [-0.04, 10, '0:00 / 0:10'],
  ]))
    assert.equal(timeText(time, duration), text);
});
