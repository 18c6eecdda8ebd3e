// Numbers, times and colours, against values that are known from elsewhere.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ramp } from "../../pages/_parts/js/live/ramp.js";
import { contrast, hexRgb, mixed } from "../../pages/_parts/js/shared/colours.js";
import { bytes, compact, factor, percent, short, shortCount, signed } from "../../pages/_parts/js/shared/numbers.js";
import { ticks } from "../../pages/_parts/js/shared/ticks.js";
import { about, several, stateWord, took } from "../../pages/_parts/js/shared/words.js";
import { exponent, precise, shareAt, shareColour } from "../../pages/_parts/js/unfolded/sizes.js";

test("ticks are round, inside their range, and equally far apart", () => {
  assert.deepEqual(ticks(0, 10, 5), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(ticks(0, 100, 4), [0, 50, 100]);
  assert.deepEqual(ticks(-1, 1, 4), [-1, -0.5, 0, 0.5, 1]);
  for (const [low, high] of [
    [0.013, 0.987],
    [3, 4000],
    [-7.7, 0.2],
    [1e-5, 3e-5],
  ]) {
    const found = ticks(low, high, 5);
    assert.ok(found.length >= 2 && found.length <= 7);
    assert.ok(found.every((v) => v >= low && v <= high + 1e-9));
    const step = found[1] - found[0];
    const lead = step / 10 ** Math.floor(Math.log10(step) + 1e-9);
    assert.ok(
      [1, 2, 5, 10].some((round) => Math.abs(lead - round) < 1e-6),
      `steps of ${step}`,
    );
  }
});

test("a range of nothing has a tick, and no endless row of them", () => {
  assert.deepEqual(ticks(2, 2, 4), [2]);
});

test("counts and sizes are short", () => {
  assert.deepEqual([0, 999, 25_557, 11_689_512, 138_357_544].map(compact), ["0", "999", "25.6 k", "11.7 M", "138.4 M"]);
  assert.deepEqual([9408, 25_557, 4_089_284_608].map(shortCount), ["9,408", "25.6 k", "4.09 G"]);
  assert.deepEqual([12, 1500, 3_211_264].map(bytes), ["12 B", "1.5 kB", "3.2 MB"]);
  assert.deepEqual([0.12345, 1.005, 123.4, -0.0004].map(short), ["0.123", "1", "123", "0"]);
  assert.equal(percent(0.9567), "95.7 %");
});

test("negative numbers have a true minus, and zero has none", () => {
  assert.deepEqual([signed(-1.5), signed(-0.00001), signed(2.34567, 2)], ["−1.5", "0", "2.35"]);
  assert.deepEqual([factor(-2), factor(2)], ["(−2)", "2"]);
});

test("times are said as people say them", () => {
  assert.deepEqual([0.2, 1, 37, 60, 500, 3600, 5400].map(about), [
    "a moment",
    "about 1 second",
    "about 35 seconds",
    "about a minute",
    "about 8 minutes",
    "about an hour",
    "about 1½ hours",
  ]);
  assert.deepEqual([0.94, 39.4, 252, 7500].map(took), ["0.9 s", "39 s", "4 min 12 s", "2 h 5 min"]);
  assert.deepEqual([several(1, "step"), several(2, "step")], ["1 step", "2 steps"]);
});

test("a run that was stopped is not finished", () => {
  assert.equal(stateWord("done"), "finished");
  assert.equal(stateWord("done", true), "stopped");
  assert.equal(stateWord("failed", true), "failed");
  assert.equal(stateWord("running", false, "learning"), "learning");
});

test("contrast is that of the accessibility guidelines", () => {
  const [black, white, grey] = ["#000000", "#ffffff", "#767676"].map(hexRgb);
  assert.ok(Math.abs(contrast(black, white) - 21) < 1e-9);
  assert.equal(contrast(grey, grey), 1);
  assert.ok(Math.abs(contrast(white, grey) - 4.54) < 0.01); // the lightest grey that passes on white
});

test("colours are mixed from one end to the other", () => {
  assert.deepEqual(mixed([0, 100, 255], [255, 0, 255], 0), [0, 100, 255]);
  assert.deepEqual(mixed([0, 100, 255], [255, 0, 255], 1), [255, 0, 255]);
  assert.deepEqual(mixed([0, 100, 255], [255, 0, 255], 0.5), [128, 50, 255]);
});

test("the ramp is viridis from end to end, and stays inside", () => {
  assert.equal(ramp(0), "rgb(68,1,84)");
  assert.equal(ramp(1), "rgb(253,231,37)");
  assert.equal(ramp(0.5), "rgb(33,145,140)");
  assert.deepEqual([ramp(-1), ramp(2)], [ramp(0), ramp(1)]);
});

test("gradients are told as shares of the last state's", () => {
  assert.deepEqual(
    [0, 1, 2].map((back) => shareAt([4, 2, 0], back)),
    [1, 0.5, 0],
  );
  assert.equal(shareAt([4, null], 1), null);
  assert.equal(shareAt([0, 3], 1), 0);
  assert.deepEqual([0, 0.5, 1e-7, 123456].map(exponent), ["0", "0.5", "1e-7", "1e5"]);
  assert.deepEqual([null, 0, 0.00012345, 1.5e9].map(precise), ["no finite number", "0", "0.000123", "1.50e9"]);
});

test("nothing is transparent, a billionth nearly, and what is no number is red", () => {
  assert.equal(shareColour(0), "transparent");
  assert.match(shareColour(1e-9), /primary-color\) 0\.0%, transparent/);
  assert.match(shareColour(1), /red-color\) 0\.0%, var\(--st-primary-color\)/);
  assert.match(shareColour(1e12), /red-color\) 100\.0%/);
  assert.equal(shareColour(null), "var(--st-red-color)");
});
