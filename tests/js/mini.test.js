// The classifier that learns in the browser, and how a drawing is read.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inkOf } from "../../pages/_parts/js/mini/ink.js";
import { CLASSES, PIXELS, Softmax, shuffled } from "../../pages/_parts/js/mini/softmax.js";

// A generator of Park and Miller, so that every run is the same.
const seeded = (seed) => {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
};

/** Ten classes of scans, each dark in a place of its own, with noise. */
const scans = (count, random = seeded(7)) => {
  const labels = Array.from({ length: count }, (_, i) => Math.floor(i / 5) % CLASSES); // each is held out too
  const ink = (label) =>
    Float32Array.from({ length: PIXELS }, (_, p) => (p % CLASSES === label ? 0.8 : 0) + 0.2 * random());
  return { labels, inputs: labels.map(ink) };
};

test("a shuffle keeps all things, and draws every order equally often", () => {
  const random = seeded(1);
  const counts = new Map();
  for (let n = 0; n < 6000; n++) {
    const order = shuffled(["a", "b", "c"], random).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 6);
  for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < 150, `${count} of 6000`);
});

test("it knows nothing at first: every class is equally likely", () => {
  const { inputs, labels } = scans(50);
  const model = new Softmax(inputs, labels);
  for (const p of model.forward(inputs[0])) assert.ok(Math.abs(p - 0.1) < 1e-6);
  assert.ok(Math.abs(model.measure(model.test).loss - Math.log(10)) < 1e-6);
});

test("probabilities add up to one, however large the numbers are", () => {
  const { inputs, labels } = scans(50);
  const model = new Softmax(inputs, labels);
  model.weights.fill(300);
  model.weights[3] = 900;
  assert.ok(Math.abs(model.forward(inputs[0]).reduce((a, b) => a + b, 0) - 1) < 1e-5);
});

test("its gradient is that of the loss, by finite differences", () => {
  const { inputs, labels } = scans(20);
  const model = new Softmax(inputs, labels, seeded(3));
  for (let n = 0; n < 3; n++) model.learn();
  const batch = [0, 3, 7, 11];
  const gradient = model.gradient(batch);
  for (const k of [0, 17, 64, 129, 400, 649]) {
    const kept = model.weights[k];
    const loss = (by) => {
      model.weights[k] = kept + by;
      return model.measure(batch).loss;
    };
    const slope = (loss(1e-2) - loss(-1e-2)) / 2e-2;
    model.weights[k] = kept;
    assert.ok(Math.abs(slope - gradient[k]) < 1e-3, `${slope} against ${gradient[k]}`);
  }
});

test("every fifth scan is held out, and never learned", () => {
  const { inputs, labels } = scans(50);
  const model = new Softmax(inputs, labels, seeded(5));
  assert.deepEqual(model.test, [0, 5, 10, 15, 20, 25, 30, 35, 40, 45]);
  model.learn();
  assert.ok(model.order.every((i) => i % 5));
  assert.deepEqual(
    [...model.order].sort((a, b) => a - b),
    model.train,
  );
});

test("it learns what can be told apart", () => {
  const { inputs, labels } = scans(200);
  const model = new Softmax(inputs, labels, seeded(11));
  const before = model.measure(model.train).loss;
  while (model.epoch < 12) model.learn();
  assert.ok(model.measure(model.train).loss < before / 4);
  assert.equal(model.measure(model.test).right, model.test.length);
});

test("a drawing is read alike wherever it stands and however large it is", () => {
  const square = (left, top, side) => inkOf((x, y) => x >= left && x < left + side && y >= top && y < top + side, 160);
  assert.ok(square(0, 0, 160).every((value) => value === 1));
  assert.deepEqual(square(20, 30, 80), square(70, 60, 80));
  const total = (ink) => ink.reduce((a, b) => a + b, 0);
  assert.ok(Math.abs(total(square(20, 30, 80)) - total(square(50, 50, 40))) < 3);
});

test("an upright stroke is dark in its middle columns only", () => {
  const ink = inkOf((x, y) => x >= 70 && x < 90 && y >= 10 && y < 150, 160);
  for (let row = 0; row < 8; row++) {
    assert.equal(ink[row * 8], 0);
    assert.equal(ink[row * 8 + 7], 0);
    assert.ok(ink[row * 8 + 3] + ink[row * 8 + 4] > 1);
  }
});
