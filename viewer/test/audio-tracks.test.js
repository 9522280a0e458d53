import assert from 'node:assert/strict';
import { test } from 'node:test';

import { AudioTracks } from '../src/element/audio-tracks.js';

/** A list, what it asked for, and the events that it sent. */
function listed() {
  const asked = /** @type {number[]} */ ([]);
  const events = /** @type {string[]} */ ([]);
  const tracks = new AudioTracks(index => asked.push(index));
  for (const name of ['addtrack', 'removetrack', 'change'])
    tracks.addEventListener(name, event => events.push(event.type));
  return { tracks, asked, events };
}

test('tracks are listed as in an AudioTrackList', () => {
  const { tracks, events } = listed();
  tracks.update(['eng', 'deu'], 1);
  assert.deepEqual(
    [...tracks].map(({ id, label, enabled }) => [id, label, enabled]),
    [
      ['0', 'eng', false],
      ['1', 'deu', true],
    ],
  );
  assert.deepEqual([tracks.length, tracks.getTrackById('1')?.label, tracks.getTrackById('2')], [2, 'deu', null]);
  assert.equal(Reflect.get(tracks, '0'), [...tracks][0]);
  assert.deepEqual(events, ['addtrack', 'change']);
});

test('a track that is enabled is asked for, and heard once the server says so', () => {
  const { tracks, asked, events } = listed();
  tracks.update(['eng', 'deu'], 1);
  const [first, second] = tracks;
  Object.assign(/** @type {object} */ (first), { enabled: true });
  Object.assign(/** @type {object} */ (second), { enabled: true }); // It is heard already.
  assert.deepEqual([asked, first?.enabled], [[0], false]);
  events.length = 0;
  tracks.update(['eng', 'deu'], 0);
  assert.deepEqual([first?.enabled, second?.enabled, events], [true, false, ['change']]);
  tracks.update(['eng', 'deu'], 0);
  assert.deepEqual(events, ['change']);
});

test('the next of them comes after the last', () => {
  const { tracks, asked } = listed();
  tracks.next();
  tracks.update(['eng', 'deu'], 1);
  tracks.next();
  assert.deepEqual(asked, [0]);
});

test('no track of a film stays when it is left', () => {
  const { tracks, events } = listed();
  tracks.update(['eng'], 0);
  events.length = 0;
  tracks.update([], null);
  assert.deepEqual([tracks.length, Reflect.get(tracks, '0'), events], [0, undefined, ['removetrack', 'change']]);
});
