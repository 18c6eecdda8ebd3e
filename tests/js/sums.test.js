// What a layer gives, against the same layers of PyTorch, whose numbers stand here.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Sums } from "../../pages/_parts/js/convolve/sums.js";

const USUAL = { kind: "convolution", inputs: 1, outputs: 1, kernel: 3, stride: 1, padding: 0, dilation: 1, groups: 1 };
const POOLED = [2, 3, 3, -2, -2, 1, 3, -2, 0, 0, 0, 3, -1, -2, -1, -2];

const near = (found, wanted) => {
  assert.equal(found.length, wanted.length);
  wanted.forEach((value, i) => {
    assert.ok(Math.abs(found[i] - value) < 1e-3, `${found[i]} at ${i} is not ${value}`);
  });
};

test("a convolution in two groups, with a stride and padding", () => {
  const layer = { ...USUAL, side: 4, inputs: 2, outputs: 4, stride: 2, padding: 1, groups: 2 };
  const image = [
    -3, 0, 1, 0, 0, 3, -3, 2, -3, 0, 1, 3, 2, 2, -1, 2, 3, 0, 1, -2, 0, -1, 1, 3, -1, 2, 2, -1, 0, 2, -3, 2,
  ];
  const weights = [
    [-1, 0, 1, -1, 1, -3, 3, 2, 1],
    [1, -1, 0, 3, 1, 2, -2, 0, 0],
    [1, -2, 0, -3, -2, 0, 2, 1, -3],
    [-2, 0, -3, -1, 0, 0, 1, -2, 2],
  ].flat();
  near(new Sums(layer, image, weights).values, [0, 6, 6, -3, -3, -5, -3, 9, -3, -12, -4, -18, -2, 3, 7, 3]);
});

test("a dilated convolution", () => {
  const image = [2, 0, 0, 1, -3, 3, -1, 1, 2, -3, 3, 3, -3, 3, 3, -1, 3, 2, 3, 2, 3, 3, 2, -3, -1];
  const layer = { ...USUAL, side: 5, outputs: 2, kernel: 2, dilation: 3 };
  near(new Sums(layer, image, [0, 3, 2, 0, -2, -3, -1, 1]).values, [1, -3, 12, -3, -3, 8, -18, 7]);
});

test("a transposed convolution, which is larger than its image", () => {
  const layer = { ...USUAL, kind: "transposed", side: 2, inputs: 2, stride: 2, padding: 1 };
  const weights = [-1, -3, 3, 1, 1, -3, 3, 1, 2, 3, -2, -1, -1, 1, 2, -1, -2, 0];
  const sums = new Sums(layer, [-2, 2, -1, 0, 3, -2, -2, 0], weights);
  assert.equal(sums.out, 3);
  near(sums.values, [1, 16, 0, -1, 3, 6, -3, -1, 0]);
});

test("pooling: the padding is never the largest, and counts in a mean", () => {
  const layer = { ...USUAL, side: 4, stride: 2, padding: 1 };
  near(new Sums({ ...layer, kind: "max" }, POOLED, null).values, [3, 3, 1, 3]);
  near(new Sums({ ...layer, kind: "average" }, POOLED, null).values, [0.4444, 0.6667, -0.4444, 0]);
});

test("a pixel feeds an output exactly where the output reads it", () => {
  for (const kind of ["convolution", "transposed"]) {
    const layer = { ...USUAL, kind, side: 4, inputs: 2, outputs: 2, stride: 2, padding: 1 };
    const sums = new Sums(layer, Array(32).fill(1), Array(36).fill(1));
    const read = new Set();
    for (let output = 0; output < sums.values.length; output++)
      for (const { pixel, weight } of sums.taps(...sums.place(output, sums.out)))
        if (pixel >= 0) read.add(`${pixel} ${output} ${weight}`);
    const fed = sums.feeds.flatMap((uses, pixel) => uses.map(([output, weight]) => `${pixel} ${output} ${weight}`));
    assert.deepEqual(new Set(fed), read);
    assert.equal(fed.length, read.size);
  }
});

test("a weight is used once for every output of its filter", () => {
  const sums = new Sums({ ...USUAL, side: 6, outputs: 3 }, Array(36).fill(1), Array(27).fill(1));
  assert.ok(sums.uses.every((uses) => uses.length === 16));
});

test("a stride that is wider than the kernel leaves pixels unread", () => {
  const sums = new Sums({ ...USUAL, side: 5, kernel: 1, stride: 2 }, Array(25).fill(1), [1]);
  assert.equal(sums.unread, 25 - 9);
});

test("it begins in the middle, but not where all terms are zero", () => {
  const one = Array.from({ length: 49 }, (_, i) => (i === 0 ? 1 : 0));
  const layer = { ...USUAL, side: 7 };
  assert.deepEqual(new Sums(layer, Array(49).fill(1), Array(9).fill(1)).telling(), [0, 2, 2]);
  assert.deepEqual(new Sums(layer, one, Array(9).fill(1)).telling(), [0, 0, 0]);
});
