import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probe } from '../src/present/canvas-reads.js';

globalThis.ImageData ??= /** @type {any} */ (
  class {
    /** @param {Uint8ClampedArray} data @param {number} width @param {number} height */
    constructor(data, width, height) {
      Object.assign(this, { data, width, height });
    }
  }
);

/** A canvas whose pixels are read through `alter`. @param {(byte: number, at: number) => number} alter */
function canvas(alter) {
  let painted = new Uint8ClampedArray(0);
  const context = {
    putImageData: (/** @type {ImageData} */ image) => {
      painted = image.data.slice();
    },
    getImageData: () => ({ data: painted.map(alter) }),
  };
  return () => /** @type {any} */ ({ getContext: () => context });
}

test('a canvas is trusted where what is read is what was painted', () => {
  assert.deepEqual(probe(canvas(byte => byte)), { canRead: true, reason: '' });
});

test('a single altered bit is noticed, and so is a browser that lets nothing be read', () => {
  const altered = probe(canvas((byte, at) => (at === 9000 ? byte ^ 1 : byte)));
  assert.deepEqual(altered, { canRead: false, reason: 'this browser alters what is read from a canvas' });
  const none = probe(() => /** @type {any} */ ({ getContext: () => null }));
  assert.equal(none.canRead, false);
  const refusing = probe(() => {
    throw new Error('it is tainted');
  });
  assert.match(refusing.reason, /it is tainted/);
});
