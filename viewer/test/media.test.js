import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameCallbacks, metadataOf } from '../src/element/frame-callbacks.js';
import { Media } from '../src/element/media.js';
import { pngOf } from '../src/element/png.js';
import { Ranges } from '../src/element/time-ranges.js';
import { inflateSync } from 'node:zlib';

/** @typedef {import('../src/session/engine.js').State} State */

const BEGUN = /** @type {State} */ (
  /** @type {unknown} */ ({
    phase: 'connecting',
    code: '',
    isOver: false,
    connected: false,
    paused: false,
    frames: 0,
    width: 0,
    height: 0,
    sourceState: 'live',
    hasPlayback: false,
    sourcePlaying: true,
    durationS: null,
    timeS: null,
  })
);
const LIVE = /** @type {State} */ ({ ...BEGUN, phase: 'open', connected: true, frames: 1, width: 4, height: 2 });
const FILM = /** @type {State} */ ({ ...LIVE, hasPlayback: true, durationS: 60, timeS: 1 });

/** @param {State[]} states all but the last are taken before */
function after(...states) {
  const media = new Media();
  media.load();
  const events = states.map(state => media.take(state, false)).at(-1);
  return { media, events };
}

test('a source begins with the events of a video, in their order', () => {
  const media = new Media();
  assert.deepEqual(media.load(), ['loadstart']);
  assert.deepEqual(media.take(BEGUN, false), []);
  assert.equal(media.readyState, 0);
  assert.deepEqual(media.take(LIVE, false), [
    'durationchange',
    'resize',
    'loadedmetadata',
    'loadeddata',
    'canplay',
    'canplaythrough',
    'playing',
  ]);
  assert.deepEqual([media.readyState, media.networkState, media.durationS], [4, 2, Infinity]);
  assert.deepEqual(media.unload(), ['emptied', 'durationchange']);
  assert.deepEqual([media.readyState, media.networkState], [0, 0]);
});

test('a lost connection waits, a pause does not', () => {
  const lost = after(LIVE, { ...LIVE, connected: false, phase: 'reconnecting' });
  assert.deepEqual([lost.events, lost.media.readyState], [['waiting'], 2]);
  assert.deepEqual(lost.media.take({ ...LIVE, frames: 2 }, false), ['canplay', 'canplaythrough', 'playing']);
  const paused = after(LIVE, { ...LIVE, paused: true });
  assert.deepEqual([paused.events, paused.media.readyState, paused.media.isPlaying], [[], 4, false]);
});

test('another size is told, and the end once', () => {
  assert.deepEqual(after(LIVE, { ...LIVE, width: 8 }).events, ['resize']);
  const over = /** @type {State} */ ({ ...LIVE, sourceState: 'ended', code: 'source-ended', isOver: true });
  const ended = after(LIVE, over);
  assert.deepEqual([ended.events, ended.media.ended], [['ended'], true]);
  assert.deepEqual(ended.media.take({ ...over, connected: false, phase: 'reconnecting' }, false), []);
});

test('a film is played and paused by anybody, and sought in', () => {
  assert.deepEqual(after(FILM, { ...FILM, sourcePlaying: false }).events, ['pause']);
  assert.deepEqual(after({ ...FILM, sourcePlaying: false }, FILM).events, ['play', 'playing']);
  const { media } = after(FILM);
  assert.deepEqual(media.seek(30), ['seeking']);
  assert.deepEqual([media.take({ ...FILM, frames: 2 }, false), media.seeking], [[], true], 'it was on its way');
  assert.deepEqual(media.take({ ...FILM, frames: 3, timeS: 29.9 }, false), ['timeupdate', 'seeked']);
  assert.equal(media.seeking, false);
});

test('callbacks are called once, with times of the page, and frames are asked for while there are some', async () => {
  const asked = /** @type {boolean[]} */ ([]);
  const callbacks = new FrameCallbacks(wanted => asked.push(wanted));
  const called = /** @type {number[]} */ ([]);
  const frame = {
    seq: 7,
    width: 4,
    height: 2,
    frames: 3,
    mediaS: 1.5,
    capturedAtMs: 1000,
    receivedAtMs: 1004,
    paintedAtMs: 1006,
  };
  callbacks.request((_, { sequenceNumber }) => called.push(sequenceNumber));
  callbacks.cancel(callbacks.request(() => called.push(-1)));
  callbacks.painted(frame);
  callbacks.painted({ ...frame, seq: 8 });
  await null;
  assert.deepEqual([called, asked], [[7], [true, false]]);
  assert.deepEqual(metadataOf(frame, 900), {
    presentationTime: 106,
    expectedDisplayTime: 106,
    width: 4,
    height: 2,
    mediaTime: 1.5,
    presentedFrames: 3,
    processingDuration: 0.002,
    captureTime: 100,
    receiveTime: 104,
    sequenceNumber: 7,
  });
});

test('a PNG file has the pixels, row by row, without alpha', async () => {
  const data = Uint8ClampedArray.of(1, 2, 3, 255, 4, 5, 6, 255);
  const bytes = Buffer.from(await (await pngOf({ width: 1, height: 2, data })).arrayBuffer());
  const at = bytes.indexOf('IDAT');
  const content = bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at - 4));
  assert.deepEqual([...inflateSync(content)], [0, 1, 2, 3, 0, 4, 5, 6]);
  assert.equal(bytes.subarray(-4).readUInt32BE(), 0xae426082, 'the known checksum of an empty IEND');
});

test('ranges refuse a number that there is not', () => {
  const ranges = new Ranges([[0, 2]]);
  assert.deepEqual([ranges.length, ranges.start(0), ranges.end(0)], [1, 0, 2]);
  assert.throws(() => ranges.end(1), { name: 'IndexSizeError' });
});
