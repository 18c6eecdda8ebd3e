// What the drawing of an unfolded network consists of: a column a step, and the loss behind the last one.

import { el, label } from "../shared/dom.js";
import { precise } from "./sizes.js";

/** @import { UnfoldedData } from "../types.js" */

/**
 * What of a column changes as it is played.
 * @typedef {object} Column
 * @property {SVGGElement} root
 * @property {SVGCircleElement} circle
 * @property {SVGCircleElement} ring
 * @property {SVGTextElement} number
 * @property {SVGPathElement | null} way from here to the state before; the first one has none
 */

export const COLUMN = 62;
export const ROWS = { output: 26, state: 92, number: 127, input: 164, time: 192, height: 204 };

/**
 * @param {number} x
 * @param {number} y
 * @param {string | number} words
 * @param {string} name
 */
const text = (x, y, words, name) => label(words, { x, y, class: name, "text-anchor": "middle" });

/**
 * @param {string} name
 * @param {[number, number]} from
 * @param {[number, number]} to
 */
const arrow = (name, [x1, y1], [x2, y2]) => el("line", { class: name, x1, y1, x2, y2, "marker-end": "url(#head)" });

export const arrowHead = () => {
  const size = { viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 6, markerHeight: 6, orient: "auto" };
  return el("marker", { id: "head", class: "forward", ...size }, el("path", { d: "M0 0L8 4L0 8z" }));
};

/**
 * A step of the network, so many before the end.
 * @param {UnfoldedData} data
 * @param {number} back
 * @param {number} x
 * @returns {Column}
 */
export const columnOf = ({ inputs, matter, norms }, back, x) => {
  const { output, state, input, time, height } = ROWS;
  const step = norms.length - 1 - back;
  const circle = el("circle", { class: "state", cx: x, cy: state, r: 17 });
  const ring = el("circle", { class: "ring", cx: x, cy: state, r: 22 });
  const number = el("text", { x: x - 5, y: ROWS.number, class: "number", "text-anchor": "end" }); // beside the arrow
  const behind = `M${x - 17} ${state + 10}L${x - COLUMN + 17} ${state + 10}`;
  const way = step ? el("path", { class: "way", d: behind }) : null;
  const root = el(
    "g",
    { class: "column", "data-back": back },
    el("rect", { class: "hit", x: x - COLUMN / 2, y: 0, width: COLUMN, height }),
    arrow("forward", [x, input - 14], [x, state + 20]),
    arrow(back ? "forward faint" : "forward", [x, state - 19], [x, output + 13]),
    ...(way ? [arrow("forward", [x - COLUMN + 18, state - 5], [x - 20, state - 5]), way] : []),
    el("circle", { class: back ? "output faint" : "output", cx: x, cy: output, r: 10 }),
    ring,
    circle,
    number,
    text(x, input + 4, inputs[step], matter.includes(step) ? "input matters" : "input"),
    text(x, time, step + 1, "time"),
  );
  return { root, circle, ring, number, way };
};

/**
 * What the last output is held against.
 * @param {UnfoldedData} data
 * @param {number} last where the last column stands
 */
export const lossParts = ({ said, wanted, loss }, last) => {
  const x = last + COLUMN / 2 + 22;
  return [
    arrow("forward", [last + 12, ROWS.output], [x - 8, ROWS.output]),
    el("rect", { class: "loss", x: x - 6, y: 4, width: 118, height: 62, rx: 8 }),
    text(x + 53, 20, `said ${said}`, "answer"),
    text(x + 53, 38, `wanted ${wanted}`, "answer"),
    text(x + 53, 57, `loss ${precise(loss)}`, "total"),
  ];
};
