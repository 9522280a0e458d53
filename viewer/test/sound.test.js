// What the sound card's thread is given: the film's own samples while it is in step, and its way back into step.

import assert from 'node:assert/strict';
import { test } from 'node:test';

/**
 * @typedef {{ port: { onmessage: (event: { data: object }) => void }, process(inputs: never[], outputs:
 *   Float32Array[][]): boolean }} Processor
 */

const BLOCK = 128;
const scope = /** @type {Record<string, any>} */ (globalThis);
scope['AudioWorkletProcessor'] = class {
  port = { onmessage: null };
};
scope['registerProcessor'] = (/** @type {string} */ _name, /** @type {new () => Processor} */ processor) => {
  scope['Film'] = processor;
};
await import('../src/element/sound-worklet.js');

class Card {
  processor = /** @type {Processor} */ (new scope['Film']());
  frame = 0;

  /** @param {object} data */
  send(data) {
    this.processor.port.onmessage({ data });
  }

  /**
   * Frames from `at` on, each as its number on the left and its negative on the right.
   * @param {number} at
   * @param {number} count
   */
  bring(at, count) {
    this.send({
      type: 'sound',
      at,
      samples: Float32Array.from({ length: count * 2 }, (_, i) => (at + (i >> 1)) * (i % 2 === 0 ? 1 : -1)),
    });
  }

  /** What is heard in so many blocks. @param {number} blocks */
  play(blocks) {
    const heard = [];
    for (let block = 0; block < blocks; block += 1) {
      scope['currentFrame'] = this.frame;
      const [left, right] = [new Float32Array(BLOCK), new Float32Array(BLOCK)];
      assert.ok(this.processor.process([], [[left, right]]));
      for (let i = 0; i < BLOCK; i += 1) assert.equal(Number(left[i]) + Number(right[i]), 0);
      heard.push(...left);
      this.frame += BLOCK;
    }
    return heard;
  }
}

test('in step every sample is its own', () => {
  const card = new Card();
  assert.ok(
    card.play(1).every(sample => sample === 0),
    'nothing is heard before a picture is seen',
  );
  card.bring(1000, 960);
  card.bring(1960, 960);
  card.send({ type: 'follow', offset: 1000 - card.frame });
  assert.deepEqual(
    card.play(8),
    Array.from({ length: 1024 }, (_, i) => 1000 + i),
  );
  card.send({ type: 'follow', offset: 1000 - BLOCK + 50 }); // A millisecond is nothing.
  assert.deepEqual(
    card.play(2),
    Array.from({ length: 256 }, (_, i) => 2024 + i),
  );
});

test('a little off it comes back without a jump, far off at once', () => {
  const card = new Card();
  card.bring(0, 100_000);
  card.send({ type: 'follow', offset: 0 });
  card.play(10);
  card.send({ type: 'follow', offset: 400 });
  const heard = card.play(650);
  for (let i = 1; i < heard.length; i += 1) {
    const step = Number(heard[i]) - Number(heard[i - 1]);
    assert.ok(step > 0.9 && step < 1.1, `a step of ${step}`);
  }
  assert.ok(Math.abs(Number(heard.at(-1)) - (card.frame - 1 + 400)) < 100);
  card.send({ type: 'follow', offset: 4000 });
  assert.deepEqual(card.play(1).slice(0, 2), [card.frame - BLOCK + 4000, card.frame - BLOCK + 4001]);
});

test('what is missing is silent, and so is a film that stands still', () => {
  const card = new Card();
  card.bring(100, 100);
  card.send({ type: 'follow', offset: 0 });
  assert.deepEqual(
    card.play(2),
    Array.from({ length: 256 }, (_, i) => (i < 100 || i >= 200 ? 0 : i)),
  );
  card.bring(256, 1000);
  card.send({ type: 'stop' });
  assert.ok(card.play(2).every(sample => sample === 0));
  card.send({ type: 'follow', offset: 256 - card.frame });
  assert.deepEqual(
    card.play(1),
    Array.from({ length: 128 }, (_, i) => 256 + i),
    'what had come is lost',
  );
});

test('another place of the film takes the place of what was there', () => {
  for (const [before, after] of [
    [0, 200_000],
    [200_000, 0],
    [1000, 500],
  ]) {
    const card = new Card();
    card.bring(Number(before), 960);
    card.bring(Number(after), 960);
    card.send({ type: 'follow', offset: Number(before) + 500 });
    assert.ok(
      card.play(1).every((sample, i) => sample === 0 || sample === Number(after) + 500 + i),
      `${before}, then ${after}`,
    );
    card.send({ type: 'follow', offset: Number(after) - card.frame });
    assert.equal(card.play(1)[1], Number(after) + 1);
  }
});
