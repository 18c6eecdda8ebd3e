// What the two drawings consist of: axes, curves and dots.

import { el, label } from "../shared/dom.js";
import { short } from "../shared/numbers.js";
import { ticks } from "../shared/ticks.js";
import { curveFrame, isBack, LEAST_ERROR, reached } from "./recorded.js";

/** @import { FitData } from "../types.js" */
/** @typedef {{ width: number, height: number }} Size */
/** @typedef {[number, number]} Pair */
/** @typedef {{ left: number, right: number, top: number, bottom: number }} Box */

/**
 * Where the curves are, beside an axis so wide.
 * @param {Size} size
 * @param {number} left
 * @returns {Box}
 */
const boxOf = ({ width, height }, left) => ({ left, right: width - 10, top: 8, bottom: height - 34 });

/**
 * From a range of values to a range of places.
 * @param {Pair} values
 * @param {Pair} places
 * @returns {(value: number) => number}
 */
const scale =
  ([v0, v1], [p0, p1]) =>
  (value) =>
    p0 + ((value - v0) / (v1 - v0 || 1)) * (p1 - p0);

/**
 * @param {number} x
 * @param {number} y
 * @param {string} words
 * @param {string} anchor
 */
const tick = (x, y, words, anchor) => label(words, { class: "tick", x, y, "text-anchor": anchor });

/**
 * A level line, and what it stands for.
 * @param {Box} box
 * @param {number} y
 * @param {string} words
 */
const gridLine = ({ left, right }, y, words) => [
  el("line", { class: "grid", x1: left, x2: right, y1: y, y2: y }),
  tick(left - 5, y + 4, words, "end"),
];

/**
 * @param {string} name
 * @param {Pair[]} points
 */
const path = (name, points) => {
  const way = points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
  return el("path", { class: `line ${name}`, d: way });
};

/**
 * The points, the true curve and the fitted ones.
 * @param {FitData} data
 * @param {number} at
 * @param {Pair} range
 * @param {Size} size
 */
export const curveParts = ({ train, val, truth, runs }, at, [low, high], size) => {
  const box = boxOf(size, 34);
  const [grid, curve] = truth;
  /** @type {Pair} */
  const ends = [grid[0], grid[grid.length - 1]];
  const x = scale(ends, [box.left, box.right]);
  const upright = scale([low, high], [box.bottom, box.top]);
  const y = (/** @type {number} */ value) => upright(Math.min(high, Math.max(low, value)));
  const through = (/** @type {number[]} */ values) => grid.map((v, i) => /** @type {Pair} */ ([x(v), y(values[i])]));
  const dots = (/** @type {string} */ name, /** @type {number[][]} */ [xs, ys], /** @type {number} */ r) =>
    xs.map((v, i) => el("circle", { class: `dot ${name}`, cx: x(v), cy: y(ys[i]), r }));
  return [
    ...ticks(low, high, 5).flatMap((v) => gridLine(box, y(v), short(v))),
    ...ticks(...ends, 4).map((v) => tick(x(v), box.bottom + 16, short(v), "middle")),
    path("truth", through(curve)),
    ...runs.map((run) => path(run.name, through(run.curves[curveFrame(run, at)]))),
    ...dots("val", val, 2.5),
    ...dots("train", train, 4.5),
  ];
};

/**
 * The errors so far, on a logarithmic scale.
 * @param {FitData} data
 * @param {number} at
 * @param {Pair} range
 * @param {Size} size
 */
export const errorParts = ({ runs }, at, [low, high], size) => {
  const box = boxOf(size, 44);
  const most = Math.max(...runs.map((run) => run.steps[run.steps.length - 1]));
  const x = scale([0, most], [box.left, box.right]);
  const upright = scale([low, high], [box.bottom, box.top]);
  const y = (/** @type {number} */ error) => upright(Math.log10(Math.max(error, LEAST_ERROR)));
  const lowest = Math.ceil(low);
  const powers = Array.from({ length: Math.max(0, Math.floor(high) - lowest + 1) }, (_, n) => 10 ** (lowest + n));
  const lines = runs.flatMap((run) => {
    const points = (/** @type {number[]} */ errors) =>
      errors.slice(0, reached(run, at) + 1).map((error, i) => /** @type {Pair} */ ([x(run.steps[i]), y(error)]));
    const ring = { class: `ring ${run.name}`, cx: x(run.steps[run.kept]), cy: y(run.val[run.kept]), r: 7 };
    const both = [path(`${run.name} thin`, points(run.train)), path(run.name, points(run.val))];
    return isBack(run, at) ? [...both, el("circle", ring)] : both;
  });
  return [
    ...powers.flatMap((power) => gridLine(box, y(power), `${+power.toPrecision(1)}`)),
    ...ticks(0, most, 4).map((v) => tick(x(v), box.bottom + 16, String(v), "middle")),
    tick(box.right, box.bottom + 30, "step", "end"),
    ...lines,
  ];
};
