// A network as a tree, as papers draw it, and as boxes in layers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { foldSteps, paperTitle } from "../../pages/_parts/js/network/fold.js";
import { arranged, wideOf } from "../../pages/_parts/js/network/layout.js";
import { buildTree, family, groupsIn, openable } from "../../pages/_parts/js/network/tree.js";

const step = (index, name, type, inputs, more = {}) => ({
  ...{ index, name, type, inputs, stage: name.split(".")[0], params: 1, macs: 10, activation_bytes: 100 },
  ...more,
});

// A stem, a residual block of two convolutions whose shortcut passes five steps, and a head.
const RESIDUAL = [
  step(0, "stem.conv", "Conv2d", [-1], {
    kernel: "7",
    stride: "2",
    output_shape: "64×56×56",
    input_shape: "3×112×112",
  }),
  step(1, "stem.bn", "BatchNorm2d", [0]),
  step(2, "stem.relu", "ReLU", [1]),
  step(3, "stage.block.conv1", "Conv2d", [2], { kernel: "3", output_shape: "64×56×56" }),
  step(4, "stage.block.bn1", "BatchNorm2d", [3]),
  step(5, "stage.block.relu", "ReLU", [4]),
  step(6, "stage.block.conv2", "Conv2d", [5], { kernel: "3", output_shape: "64×56×56" }),
  step(7, "stage.block.bn2", "BatchNorm2d", [6]),
  step(8, "stage.block.add", "add", [7, 2]),
  step(9, "stage.block.relu2", "ReLU", [8]),
  step(10, "fc", "Linear", [9], { output_shape: "10", stage: "fc" }),
];

const shown = (open, folded = false, steps = RESIDUAL) => ({
  ...{ steps, tree: buildTree(steps), open: new Set(open), folded, fold: foldSteps(steps) },
});

test("a tree loses no step and no parameter", () => {
  const tree = buildTree(RESIDUAL);
  assert.deepEqual([tree.count, tree.params, tree.macs, tree.activation_bytes], [11, 11, 110, 1100]);
  assert.deepEqual([tree.first, tree.last], [0, 10]);
  assert.equal(tree.items.length, 3); // the stem, the stage, and the head, a single step
});

test("a stage with nothing but one block is one level, under the stage's name", () => {
  const [stem, stage] = [...buildTree(RESIDUAL).children.values()];
  assert.deepEqual([stem.title, stage.title], ["stem", "stage"]);
  assert.equal(stage.children.size, 0);
  assert.equal(stage.steps.length, 7);
});

test("items stand in the order in which they run", () => {
  for (const group of groupsIn(buildTree(RESIDUAL))) {
    const at = group.items.map((item) => item.at);
    assert.deepEqual(
      at,
      [...at].sort((a, b) => a - b),
    );
  }
});

test("a group in which too many lines meet does not open with all the others", () => {
  const dense = Array.from({ length: 20 }, (_, i) =>
    step(
      i,
      `dense.l${i}`,
      "cat",
      Array.from({ length: i }, (_, n) => n),
    ),
  );
  assert.deepEqual(openable(buildTree(dense)), []);
  assert.deepEqual(openable(buildTree(RESIDUAL)), ["stem", "stage"]);
});

test("types of layers have families", () => {
  const types = ["Conv2d", "Linear", "MaxPool2d", "BatchNorm2d", "ReLU6", "add", "flatten"];
  assert.deepEqual(types.map(family), ["conv", "dense", "pool", "norm", "bend", "merge", "other"]);
});

test("normalisation and activation go into the convolution before them, and the last activation into the sum", () => {
  const { into, around } = foldSteps(RESIDUAL);
  assert.deepEqual(Object.fromEntries(into), { 1: 0, 2: 0, 4: 3, 5: 3, 7: 6, 9: 8 });
  assert.deepEqual(around.get(3), { before: [], after: ["BatchNorm2d", "ReLU"] });
  assert.deepEqual(around.get(8).after, ["ReLU"]);
});

test("what stands before a convolution goes into it from above", () => {
  const steps = [
    step(0, "a.bn", "BatchNorm2d", [-1]),
    step(1, "a.relu", "ReLU", [0]),
    step(2, "a.conv", "Conv2d", [1]),
  ];
  assert.deepEqual(foldSteps(steps).around.get(2), { before: ["BatchNorm2d", "ReLU"], after: [] });
});

test("what two layers read is no part of the one before it", () => {
  const steps = [
    step(0, "a.conv", "Conv2d", [-1]),
    step(1, "a.relu", "ReLU", [0]),
    step(2, "a.pool", "MaxPool2d", [0]),
    step(3, "a.cat", "cat", [1, 2]),
  ];
  assert.equal(foldSteps(steps).into.size, 0);
});

test("layers are written as in papers", () => {
  const conv = (more) => paperTitle(step(0, "x", "Conv2d", [-1], { kernel: "3", output_shape: "64×8×8", ...more }));
  assert.equal(paperTitle(RESIDUAL[0]), "7×7 conv, 64, /2");
  assert.equal(conv({ stride: "1" }), "3×3 conv, 64");
  assert.equal(conv({ kernel: "1×7" }), "1×7 conv, 64");
  assert.equal(conv({ groups: 64 }), "3×3 depthwise, 64");
  assert.equal(conv({ groups: 32 }), "3×3 conv in 32, 64");
  assert.equal(conv({ type: "ConvTranspose2d" }), "3×3 up-conv, 64");
  assert.equal(paperTitle(RESIDUAL[10]), "fc, 10");
});

test("each box stands below all that it reads, and beside no other", () => {
  for (const open of [[], ["stem", "stage"]]) {
    const { nodes, edges, width, height } = arranged(shown(open));
    for (const { from, to } of edges) assert.ok(from.y < to.y);
    for (const one of nodes) {
      assert.ok(one.x >= wideOf(one) / 2 && one.x <= width && one.y <= height);
      for (const other of nodes)
        if (one !== other && one.y === other.y)
          assert.ok(Math.abs(one.x - other.x) >= (wideOf(one) + wideOf(other)) / 2);
    }
  }
});

test("the shortcut is the only skip, drawn or folded", () => {
  for (const folded of [false, true]) {
    const { edges } = arranged(shown(["stem", "stage"], folded));
    const skips = edges.filter((edge) => edge.skips);
    assert.deepEqual(
      skips.map(({ to }) => to.step.type),
      ["add"],
    );
    assert.equal(skips[0].from.step.index, folded ? 0 : 2);
  }
});

test("folded, the block is as papers draw it: two convolutions and a sum", () => {
  const { nodes } = arranged(shown(["stem", "stage"], true));
  assert.deepEqual(
    nodes.filter((node) => node.step).map((node) => node.step.index),
    [0, 3, 6, 8, 10],
  );
});

test("a closed group is one box, however much it holds", () => {
  const { nodes, edges } = arranged(shown([]));
  assert.deepEqual(
    nodes.map((node) => node.id),
    ["input", "g:stem", "g:stage", "s:10"],
  );
  assert.equal(edges.length, 3);
});
