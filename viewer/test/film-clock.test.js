// The position of a film, by the server's clock and by the frame that is shown.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FilmClock } from '../src/session/film-clock.js';

const PLAYBACK = {
  type: /** @type {const} */ ('Playback'),
  isPlaying: true,
  canSeek: true,
  beganUs: 0,
  durationUs: 10_000_000,
  positionUs: 2_000_000,
  atUs: 5_000_000,
  usPerS: 2_000_000,
  track: null,
  tracks: [],
};

test('the reported position goes on at its speed, to the end of the film', () => {
  const clock = new FilmClock();
  clock.report(PLAYBACK, 1000);
  assert.equal(clock.isRunning, true);
  assert.equal(clock.seconds(4000), 2);
  assert.equal(clock.seconds(4500), 3);
  assert.equal(clock.frameClockUs(4500), 3_000_000);
  assert.equal(clock.seconds(60_000), 10);
});

test('without a reported position the shown frame tells it', () => {
  const clock = new FilmClock();
  clock.report({ ...PLAYBACK, positionUs: null }, 0);
  assert.equal(clock.isRunning, false);
  assert.equal(clock.seconds(0), null);
  clock.show(1_500_000);
  assert.equal(clock.seconds(0), 1.5);
});

test('the last frames of a turn that is over count from where that one began', () => {
  const clock = new FilmClock();
  clock.report({ ...PLAYBACK, positionUs: null, beganUs: 10_000_000 }, 0);
  clock.show(9_900_000);
  assert.equal(clock.seconds(0), 9.9);
  clock.show(10_100_000);
  assert.equal(clock.seconds(0), 0.1);
});

test('what stands or is forgotten does not run', () => {
  const clock = new FilmClock();
  clock.report({ ...PLAYBACK, usPerS: 0 }, 0);
  assert.equal(clock.isRunning, false);
  assert.equal(clock.seconds(9000), 2);
  clock.report(PLAYBACK, 0);
  clock.forget();
  assert.equal(clock.isRunning, false);
  assert.equal(clock.frameClockUs(0), null);
});
