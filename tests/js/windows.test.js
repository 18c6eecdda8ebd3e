// Which pixels the outputs of a sliding window read.

import assert from "node:assert/strict";
import { test } from "node:test";
import { saidOf, tapsOf } from "../../pages/_parts/js/windows/taps.js";

const USUAL = { side: 7, kernel: 3, stride: 1, padding: 0, dilation: 1, output: 5, dropped: 0, transposed: false };

test("a window reads its neighbours, further apart when it is dilated", () => {
  assert.deepEqual(tapsOf(USUAL, 0), [0, 1, 2]);
  assert.deepEqual(tapsOf({ ...USUAL, stride: 2, padding: 1 }, 0), [-1, 0, 1]);
  assert.deepEqual(tapsOf({ ...USUAL, stride: 2, padding: 1 }, 3), [5, 6, 7]);
  assert.deepEqual(tapsOf({ ...USUAL, dilation: 3 }, 0), [0, 3, 6]);
});

test("a transposed window reaches an output exactly where the window itself would read it", () => {
  for (const shape of [
    { kernel: 4, stride: 2, padding: 1 },
    { kernel: 3, stride: 1, padding: 1, dilation: 2 },
  ]) {
    const small = { ...USUAL, ...shape, side: 5, transposed: true };
    const large = { ...USUAL, ...shape, side: 100 };
    for (let output = 0; output < 9; output++)
      for (let input = 0; input < 5; input++)
        assert.equal(tapsOf(small, output).includes(input), tapsOf(large, input).includes(output));
  }
});

test("it is said what is read, and how much of it is padding", () => {
  assert.equal(saidOf(USUAL, 1), "Output 1 reads input 1, 2, 3.");
  assert.equal(saidOf({ ...USUAL, padding: 1 }, 0), "Output 0 reads input 0, 1 and 1 of padding.");
  assert.equal(saidOf({ ...USUAL, side: 20, kernel: 11 }, 2), "Output 2 reads input 2 to 12.");
  assert.equal(saidOf({ ...USUAL, kernel: 1, padding: 2 }, 0), "Output 0 sees only padding.");
  const apart = { ...USUAL, kernel: 1, stride: 2, transposed: true };
  assert.equal(saidOf(apart, 0), "Output 0 gets from input 0.");
  assert.equal(saidOf(apart, 1), "No input reaches output 1.");
});
