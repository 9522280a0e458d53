import assert from 'node:assert/strict';
import { test } from 'node:test';
import { place } from '../src/element/layout.js';

const PICTURE = { width: 1920, height: 1080 };

test('exact is one device pixel for one pixel, at any ratio', () => {
  for (const ratio of [1, 1.25, 1.5, 2, 3]) {
    const placed = place('exact', PICTURE, { left: 0, top: 0, width: 1921, height: 1081 }, ratio);
    assert.equal(placed.scale, 1);
    assert.equal(placed.widthCssPx * ratio, 1920);
    assert.ok(Number.isInteger(Math.round(placed.leftCssPx * ratio * 1e6) / 1e6));
  }
});

test('exact starts on a device pixel in a box that does not', () => {
  const placed = place('exact', PICTURE, { left: 10.3, top: 0.2, width: 1000, height: 500 }, 1.5);
  assert.ok(Math.abs((10.3 + placed.leftCssPx) * 1.5 - Math.round((10.3 + placed.leftCssPx) * 1.5)) < 1e-9);
  assert.ok(placed.cropped);
});

test('a picture that fills its box is at its corner and not cropped', () => {
  const placed = place('exact', PICTURE, { left: 0, top: 0, width: 1920, height: 1080 }, 1);
  assert.deepEqual(placed, {
    leftCssPx: 0,
    topCssPx: 0,
    widthCssPx: 1920,
    heightCssPx: 1080,
    scale: 1,
    cropped: false,
  });
});

test('integer takes the largest whole multiple, contain fills', () => {
  const box = { left: 0, top: 0, width: 5000, height: 2500 };
  assert.equal(place('integer', PICTURE, box, 1).scale, 2);
  assert.equal(place('integer', PICTURE, { ...box, width: 100 }, 1).scale, 1);
  assert.equal(place('contain', PICTURE, box, 1).heightCssPx, 2500);
});
