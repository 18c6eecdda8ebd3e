// What the events of a run come to, and how it is said; a recorded training that is played.

import assert from "node:assert/strict";
import { test } from "node:test";
import { curveFrame, errorRange, isBack, lastFrame, reached, saidAt } from "../../pages/_parts/js/fit/recorded.js";
import { TrainingModel } from "../../pages/_parts/js/live/model.js";
import { deviceName, figuresOf, progressOf } from "../../pages/_parts/js/live/said.js";

const STARTED = { event: "started", epochs: 4, resumed_from_epoch: 0, device: "cpu", precision: "float32" };
const epoch = (number, more = {}) => ({
  ...{ event: "epoch", epoch: number, epochs: 4, phase: "head", seconds: 2, images_per_second: 50, memory_bytes: 1e9 },
  ...{ val_accuracy: 0.5, val_correct: 5, val_seen: 10, best: false, wrong: [], val_balanced: null },
  ...more,
});
const step = (at, of) => ({ event: "step", epoch: at, step: of, steps: 10, loss: 1, images_per_second: 50 });
const after = (...events) => {
  const model = new TrainingModel();
  for (const event of [{ event: "state", state: "running" }, STARTED, ...events]) model.take(event);
  return model;
};

test("a run that goes on forgets what came after the epoch from which it does", () => {
  const model = after(epoch(1), step(2, 5), epoch(2), step(3, 1), { ...STARTED, resumed_from_epoch: 1 });
  assert.deepEqual(
    model.epochs.map((one) => one.epoch),
    [1],
  );
  assert.deepEqual(model.steps, []);
});

test("the best epoch is the last that was called so", () => {
  const model = after(epoch(1, { best: true }), epoch(2, { best: true }), epoch(3));
  assert.equal(model.best.epoch, 2);
  assert.equal(model.last.epoch, 3);
});

test("a notice that is told again is one notice", () => {
  const notice = { event: "notice", message: "The rate was lowered." };
  assert.deepEqual(after(notice, notice).notices, [notice.message]);
});

test("a change of phase is marked where the one before it ended", () => {
  const model = after(epoch(1), epoch(2), epoch(3, { phase: "all" }), epoch(4, { phase: "all" }));
  assert.deepEqual(model.marks, [{ at: 2, name: "all" }]);
});

test("progress counts the part of the epoch that is done, and the time that is left", () => {
  const { share, text, seconds } = progressOf(after(epoch(1), step(2, 5)));
  assert.equal(share, 1.5 / 4);
  assert.equal(text, "epoch 2 of 4");
  assert.equal(seconds, (4 - 1.5) * 2);
});

test("other work is told by its own count", () => {
  const work = { event: "progress", phase: "decode", done: 30, total: 120, images_per_second: 45 };
  const said = { share: 0.25, text: "reading images 30 of 120", seconds: 2 };
  assert.deepEqual(progressOf(after(work)), said);
  assert.equal(progressOf(after({ ...work, images_per_second: 0 })).seconds, null);
});

test("a run that is done is whole, unless it was stopped", () => {
  const done = { event: "state", state: "done" };
  const finished = { event: "finished", stopped: false };
  assert.equal(progressOf(after(epoch(1), finished, done)).share, 1);
  assert.equal(progressOf(after(epoch(1), { ...finished, stopped: true }, done)).share, 0.25);
  assert.equal(progressOf(new TrainingModel()).text, "waiting for its turn");
});

test("figures say counts beside shares", () => {
  const best = epoch(2, { best: true, val_accuracy: 0.9, val_correct: 9, val_balanced: 0.85 });
  const [accuracy, speed] = figuresOf(after(best));
  assert.deepEqual(accuracy, ["Best validation accuracy", "90.0 %", "9 of 10 images, epoch 2; balanced 85.0 %"]);
  assert.deepEqual(speed, ["Speed", "50 images/s", ""]);
});

test("while frozen stages look, the newest answer says after how many images, and how sure it is", () => {
  const answer = (looked) => ({ event: "answer", looked, images: 600, accuracy: 0.75, interval: [0.51, 0.9] });
  const first = ["Validation accuracy", "75.0 %", "after 120 of 600 images, between 51 % and 90 %"];
  assert.deepEqual(figuresOf(after(answer(60), answer(120)))[0], first);
  assert.equal(figuresOf(after(answer(600)))[0][2], "after all 600 images, between 51 % and 90 %");
  assert.equal(figuresOf(after())[0][2], "none yet");
  const again = after(answer(60), answer(120), answer(60)); // a later attempt tells anew
  assert.deepEqual(
    again.answers.map(({ looked }) => looked),
    [60],
  );
});

test("a classifier that is solved for has no epochs to speak of", () => {
  const solved = epoch(1, { best: true, val_accuracy: 0.9, val_correct: 9, val_balanced: null, lr: 0 });
  assert.equal(progressOf(after(solved)).text, "the classifier is solved for");
  assert.deepEqual(figuresOf(after(solved))[0], ["Validation accuracy", "90.0 %", "9 of 10 images"]);
  assert.equal(after(epoch(1)).solved, false);
});

test("a processor is named without its maker's ornaments", () => {
  assert.equal(deviceName("Intel(R) Xeon(R) Processor @ 2.10GHz"), "Intel Xeon");
  assert.equal(deviceName("NVIDIA H200"), "NVIDIA H200");
});

const plain = {
  title: "Plain",
  steps: [0, 10, 20],
  train: [1, 0.1, 0.01],
  val: [1, 0.5, 0.7],
  stopped: false,
  kept: 1,
};
const held = { ...plain, title: "Held", steps: [0, 10], train: [1, 0.2], val: [1, 0.4], stopped: true };

test("a training that has ended waits for the longer one, and goes back to its best frame if it stopped early", () => {
  const data = { runs: [plain, held] };
  assert.equal(lastFrame(data), 2);
  assert.deepEqual([reached(plain, 2), reached(held, 2)], [2, 1]);
  assert.deepEqual([isBack(plain, 2), isBack(held, 2), isBack(held, 0)], [false, true, false]);
  assert.deepEqual([curveFrame(plain, 2), curveFrame({ ...held, kept: 0 }, 2)], [2, 0]);
  assert.deepEqual(errorRange(data), [-2, 0]);
  assert.equal(
    saidAt(held, 2),
    "Held: step 10, training error 0.200, validation error 0.400; stopped, back to step 10.",
  );
});
