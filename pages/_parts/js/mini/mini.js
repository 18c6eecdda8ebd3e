// Data, training and trying in small: real scans of digits, a classifier that learns them in this browser, and a pad.
// No convolution and nothing transferred: softmax regression on 64 ink values; every number shown is computed here.

import { LineChart } from "../shared/chart.js";
import { mixed, property, rgbOf } from "../shared/colours.js";
import { button, html, penOf } from "../shared/dom.js";
import { forget, rootOf, viewIn } from "../shared/mount.js";
import { short, whole } from "../shared/numbers.js";
import { Pad } from "./pad.js";
import { CLASSES, PIXELS, Softmax } from "./softmax.js";

/** @import { MiniData } from "../types.js" */
/** @import { Point } from "../shared/chart.js" */
/** @import { Mount } from "../shared/mount.js" */

const SIDE = 8; // of a scan
const CELL = SIDE + 1;
const SHOWN = 50;
const EPOCHS = 12;
const STEPS_A_FRAME = 3;
const GREY = [245, 245, 245];

/**
 * A canvas on which small pictures stand in rows.
 * @param {number} columns
 * @param {number} rows
 * @param {string} name
 */
const sheet = (columns, rows, name) =>
  html("canvas", { class: "pixels", width: columns * CELL, height: rows * CELL, role: "img", "aria-label": name });

/**
 * Put a picture of a scan's size on a sheet.
 * @param {CanvasRenderingContext2D} pen
 * @param {ArrayLike<number>} values
 * @param {(value: number) => readonly number[]} colour
 * @param {[number, number]} place column and row
 */
const put = (pen, values, colour, [column, row]) => {
  const picture = pen.createImageData(SIDE, SIDE);
  for (let k = 0; k < PIXELS; k++) picture.data.set([...colour(values[k]), 255], k * 4);
  pen.putImageData(picture, column * CELL, row * CELL);
};

/**
 * @param {string} title
 * @param {string} note
 * @param {HTMLElement} body
 */
const panel = (title, note, body) =>
  html("section", { class: "panel" }, html("h4", { text: title }), html("p", { class: "note", text: note }), body);

class Mini {
  /**
   * @param {HTMLElement} root
   * @param {MiniData} data
   */
  constructor(root, { ink, labels }) {
    const bytes = Uint8Array.from(atob(ink), (c) => c.charCodeAt(0));
    this.labels = labels;
    this.inputs = labels.map((_, i) =>
      Float32Array.from(bytes.subarray(i * PIXELS, (i + 1) * PIXELS), (value) => value / 16),
    );
    this.model = new Softmax(this.inputs, labels);
    /** @type {{ train: Point[], test: Point[] }} */
    this.history = { train: [], test: [] };
    this.right = 0;
    this.isRunning = false;
    this.templates = sheet(5, 2, "What the classifier looks for, one picture a digit");
    this.chart = new LineChart({ title: "Loss", format: short, low: 0, xHigh: () => EPOCHS });
    this.chart.height = 190; // the three panels together are to stand in the first screen
    this.says = html("p", { class: "says" });
    this.answer = html("div", { class: "answer" });
    this.pad = new Pad(() => this.predict());
    root.replaceChildren(
      panel("1 · Data", `${labels.length} scans of digits, written by many hands`, this.scans()),
      panel("2 · Train", "a classifier learns them now, in your browser", this.training()),
      panel("3 · Try", "draw a digit with the mouse or a finger", this.trying()),
    );
    this.reset();
  }

  scans() {
    const grid = sheet(10, 5, "Scans of handwritten digits");
    const pen = penOf(grid);
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, grid.width, grid.height);
    for (let n = 0; n < SHOWN; n++) {
      const values = this.inputs[(n * 37) % this.inputs.length];
      put(pen, values, (value) => Array(3).fill(255 - value * 235), [n % 10, Math.floor(n / 10)]);
    }
    return grid;
  }

  training() {
    const again = button("Forget and learn again", { class: "small" }, () => this.reset());
    const note = html("p", { class: "note", text: "What speaks for a digit, in blue, and against it" });
    const learned = html("div", { class: "learned" }, this.says, this.templates, note, again);
    return html("div", { class: "training" }, this.chart.root, learned);
  }

  trying() {
    const clear = button("Clear", { class: "small" }, () => {
      this.pad.clear();
      this.answer.replaceChildren();
    });
    return html("div", { class: "try" }, this.pad.root, html("div", { class: "beside" }, this.answer, clear));
  }

  reset() {
    this.model = new Softmax(this.inputs, this.labels);
    this.history = { train: [], test: [] };
    this.note();
    if (!this.isRunning) this.loop();
  }

  loop() {
    this.isRunning = true;
    const tick = () => {
      if (this.pad.root.isConnected) {
        for (let i = 0; i < STEPS_A_FRAME && this.model.epoch < EPOCHS; i++) this.learn();
        this.show();
      }
      this.isRunning = this.pad.root.isConnected && this.model.epoch < EPOCHS;
      if (this.isRunning) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  learn() {
    this.model.learn();
    if (this.model.step % Math.ceil(this.model.steps / 3) === 0) this.note();
  }

  /** Note how good it is. */
  note() {
    const { epoch, train, test } = this.model;
    const held = this.model.measure(test);
    this.history.train.push([epoch, this.model.measure(train).loss]);
    this.history.test.push([epoch, held.loss]);
    this.right = held.right;
  }

  show() {
    this.chart.update([
      { name: "training", className: "train", points: this.history.train },
      { name: "held out", className: "val", points: this.history.test },
    ]);
    const right = html("b", { text: `${this.right} of ${this.model.test.length}` });
    this.says.replaceChildren(right, " held-out scans are read correctly now");
    this.drawTemplates();
    if (this.pad.isDrawn) this.predict();
  }

  drawTemplates() {
    const pen = penOf(this.templates);
    const [blue, orange] = ["--blue", "--orange"].map((name) => rgbOf(property(this.templates, name)));
    const templates = Array.from({ length: CLASSES }, (_, c) => this.model.template(c));
    const high = Math.max(1e-6, ...templates.flatMap((values) => [...values].map(Math.abs)));
    const colour = (/** @type {number} */ value) =>
      mixed(GREY, value > 0 ? blue : orange, Math.abs(value / high) ** 0.8);
    templates.forEach((values, c) => put(pen, values, colour, [c % 5, Math.floor(c / 5)]));
  }

  predict() {
    const p = this.model.forward(this.pad.ink);
    const best = [...p.keys()].sort((a, b) => p[b] - p[a]).slice(0, 3);
    const digit = html("strong", { class: "digit", text: best[0] });
    this.answer.replaceChildren(digit, ...best.map((c) => guess(c, p[c])));
  }
}

/**
 * @param {number} digit
 * @param {number} p how likely it is
 */
const guess = (digit, p) => {
  const track = html("span", { class: "track" }, html("i", { style: `width: ${100 * p}%` }));
  return html("div", { class: "guess" }, html("span", { text: digit }), track, html("span", { text: whole(p) }));
};

/** @param {Mount<MiniData>} mount */
export default function ({ data, parentElement }) {
  viewIn(parentElement, () => new Mini(rootOf(parentElement, "mini"), data));
  return () => forget(parentElement);
}
