// What is said of a layer, what belongs together in it, and what the link keeps.

import assert from "node:assert/strict";
import { test } from "node:test";
import { largestCells } from "../../pages/_parts/js/convolve/fitting.js";
import { changed, changesText, pinText, readChanges, readPin } from "../../pages/_parts/js/convolve/kept.js";
import { inputSaid, outputSaid, weightSaid } from "../../pages/_parts/js/convolve/said.js";
import { Sums } from "../../pages/_parts/js/convolve/sums.js";
import { exists, filterShown, frameOf, litBy } from "../../pages/_parts/js/convolve/together.js";

const LAYER = { kind: "convolution", side: 3, inputs: 1, outputs: 1, kernel: 2, stride: 1, padding: 0, dilation: 1 };
const IMAGE = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const sums = (change = {}, weights = [1, 0, 0, -1]) => new Sums({ ...LAYER, groups: 1, ...change }, IMAGE, weights);
const text = ({ lines }) => lines.map(({ terms }) => terms.map((term) => term.text));

test("an output is the sum of its products", () => {
  const said = outputSaid(sums(), [0, 1, 1]);
  assert.deepEqual(text(said), [["5·1", "6·0", "8·0", "9·(−1)"]]);
  assert.deepEqual(said.lines[0].total, -4);
  assert.equal(said.result, "−4");
  assert.equal(said.note, "");
});

test("padding is counted", () => {
  assert.equal(outputSaid(sums({ padding: 1 }), [0, 0, 0]).note, "3 of the 4 are padding, which is 0.");
  const pooled = sums({ kind: "max", padding: 1 }, null);
  assert.deepEqual(text(outputSaid(pooled, [0, 0, 0])), [["1"]]);
  assert.equal(outputSaid(pooled, [0, 0, 0]).note, "3 of the 4 are padding, which is never the largest.");
});

test("a pixel says whom it feeds, and how often it is the largest", () => {
  assert.equal(inputSaid(sums(), [0, 1, 1]).note, "It feeds 4 of the 4 outputs.");
  assert.equal(
    inputSaid(sums({ kind: "max" }, null), [0, 2, 2]).note,
    "It feeds 1 of the 4 outputs. It is the largest of 1 window.",
  );
  assert.equal(inputSaid(sums({ kernel: 1, stride: 2 }, [1]), [0, 1, 1]).note, "No window reads it.");
});

test("a weight says how often it is used, and how often on padding", () => {
  const note = "It is used 16 times: once for every output of filter 0, 7 of them on padding.";
  assert.equal(weightSaid(sums({ padding: 1 }), 0, [0, 0, 0]).note, note);
});

test("an output lights its window, and each pixel of it lights that output", () => {
  const layer = sums();
  const lit = litBy(layer, { side: "o", place: [0, 0, 1], filter: 0 });
  assert.deepEqual([...lit.i.keys()], ["0,0,1", "0,0,2", "0,1,1", "0,1,2"]);
  for (const key of lit.i.keys()) {
    const place = key.split(",").map(Number);
    assert.ok(litBy(layer, { side: "i", place, filter: 0 }).o.has("0,0,1"));
  }
});

test("the frame of an output is its window with its padding", () => {
  const at = { side: "o", place: [0, 0, 0], filter: 0 };
  const frame = frameOf(sums({ padding: 1, dilation: 2 }), at);
  assert.deepEqual(frame, { side: "i", maps: [0], row: -1, column: -1, span: 3 });
  assert.equal(frameOf(sums(), { ...at, side: "i" }), null);
});

test("a position exists in its panel only", () => {
  const at = { side: "o", place: [0, 1, 1], filter: 0 };
  assert.ok(exists(sums(), at));
  assert.ok(!exists(sums(), { ...at, place: [0, 2, 0] }));
  assert.ok(!exists(sums({ kind: "sum" }, null), { side: "w", place: [0, 0, 0], filter: 0 }));
});

test("beside a pixel the weights of its own group are shown", () => {
  const grouped = new Sums({ ...LAYER, inputs: 2, outputs: 4, groups: 2 }, [...IMAGE, ...IMAGE], Array(16).fill(1));
  const pixel = (map) => ({ side: "i", place: [map, 0, 0], filter: 0 });
  assert.equal(filterShown(grouped, pixel(1), 1), 2);
  assert.equal(filterShown(grouped, pixel(1), 3), 3);
  assert.equal(filterShown(grouped, pixel(0), 1), 1);
});

test("what the link keeps of a position is that position", () => {
  for (const pin of ["o0.2.3", "i1.0.0", "w0.1.2.7"]) assert.equal(pinText(readPin(pin)), pin);
  for (const none of ["", "o1.2", "x0.0.0", "o0.-1.0", "o0.0.0 "]) assert.equal(readPin(none), null);
});

test("what the link keeps of changed values are those values", () => {
  const changes = new Map([
    [0, -1.5],
    [7, 3],
  ]);
  assert.equal(changesText(changes), "0_-1.5~7_3");
  assert.deepEqual(readChanges(changesText(changes)), changes);
  assert.equal(readChanges("").size, 0);
  assert.deepEqual([...changed([1, 2, 3], new Map([[1, 9]]))], [1, 9, 3]);
});

test("cells are as large as the room allows, in as many rows of maps as that takes", () => {
  const panel = (count, side) => ({
    maps: Array(count).fill(""),
    width: (cell, across) => cell * side * across,
    height: (cell, across) => cell * side * Math.ceil(count / across),
  });
  assert.deepEqual(largestCells([panel(1, 10)], 300, 1000), { cell: 30, across: [1] });
  assert.deepEqual(largestCells([panel(4, 10)], 200, 200), { cell: 10, across: [2] });
  assert.deepEqual(largestCells([panel(4, 10)], 10, 10), { cell: 5, across: [2] });
});
