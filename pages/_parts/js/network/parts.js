// What a diagram is drawn from: boxes, their words, the edges between them and the frames around open groups.

import { el, label } from "../shared/dom.js";
import { paperTitle, plainTitle, shortName } from "./fold.js";
import { BOX, halfOf, symbolOf, wideOf } from "./layout.js";

/** @import { NetworkStep } from "../types.js" */
/** @import { Attributes } from "../shared/dom.js" */
/** @import { Around } from "./fold.js" */
/** @import { DiagramNode, Edge } from "./layout.js" */

/** @param {Attributes} [attributes] */
export const box = (attributes = {}) =>
  el("rect", { x: -BOX.width / 2, y: -BOX.height / 2, width: BOX.width, height: BOX.height, rx: 8, ...attributes });

/**
 * @param {string} text
 * @param {number} most
 */
export const clipped = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** @param {string[]} types */
const shortNames = (types) => types.map(shortName).join(", ");

/**
 * What a layer's box shows: a sign where lines meet, else its name and what it gives.
 * @param {NetworkStep} step
 * @param {Around} around
 * @param {boolean} folded
 */
export const layerParts = (step, { before, after }, folded) => {
  const symbol = symbolOf(step);
  const behind = shortNames(after);
  if (symbol) {
    const beside = label(behind, { x: BOX.dot / 2 + 8, y: 5, class: "note beside" });
    const sign = [el("circle", { r: BOX.dot / 2 }), label(symbol, { y: 6, class: "symbol" })];
    return behind ? [...sign, beside] : sign;
  }
  const name = folded ? paperTitle(step) : plainTitle(step);
  const title = [shortNames(before), name].filter(Boolean).join(", ");
  const note = [behind, step.output_shape].filter(Boolean).join(" · ");
  return [
    box(),
    box({ class: "stripe", width: 6, rx: 3 }),
    label(clipped(title, 27), { y: -3, class: "title" }),
    label(clipped(note, 29), { y: 14, class: "note" }),
  ];
};

/** The head of an arrow. */
export const arrowHead = () =>
  el(
    "marker",
    { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
    el("path", { d: "M0 0L8 4L0 8z", class: "tip-end" }),
  );

/**
 * An edge as a curve from box to box, straight down where it passes a layer.
 * @param {Edge} edge
 */
export const line = ({ from, to, via, skips }) => {
  const points = [
    [from.x, from.y + halfOf(from)],
    ...via.flatMap((bend) => passing(/** @type {DiagramNode} */ (bend))),
    [to.x, to.y - halfOf(to)],
  ];
  const pieces = points.slice(1).map(([x1, y1], i) => {
    const [x0, y0] = points[i];
    const middle = (y0 + y1) / 2;
    return x0 === x1 ? `L${x1} ${y1}` : `C${x0} ${middle} ${x1} ${middle} ${x1} ${y1}`;
  });
  return el("path", {
    class: skips ? "edge skip" : "edge",
    d: `M${points[0].join(" ")}${pieces.join("")}`,
    "marker-end": "url(#arrow)",
    "data-from": from.id,
    "data-to": to.id,
  });
};

/** @param {{ x: number, y: number }} bend */
const passing = ({ x, y }) => [
  [x, y - BOX.height / 2],
  [x, y + BOX.height / 2],
];

/** @typedef {{ id: string, left: number, right: number, top: number, bottom: number, depth: number }} Frame */

/**
 * What each open group's frame must hold; outer ones first.
 * @param {DiagramNode[]} nodes
 */
export const framed = (nodes) => {
  /** @type {Map<string, Frame>} */
  const frames = new Map();
  for (const node of nodes)
    node.around.forEach((id, depth) => {
      const start = { id, left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity, depth };
      frames.set(id, holding(frames.get(id) ?? start, node));
    });
  return [...frames.values()].sort((a, b) => a.depth - b.depth);
};

/**
 * A frame that holds a node too, with room for the names of what begins there and for the frames of what ends there.
 * @param {Frame} frame
 * @param {DiagramNode} node
 * @returns {Frame}
 */
const holding = (frame, node) => {
  const half = wideOf(node) / 2;
  const begin = node.begin.indexOf(frame.id);
  const end = node.end.indexOf(frame.id);
  const above = begin < 0 ? 0 : (node.begin.length - begin) * BOX.head - 4;
  const below = end < 0 ? 0 : (node.end.length - end) * BOX.foot;
  return {
    ...frame,
    left: Math.min(frame.left, node.x - half),
    right: Math.max(frame.right, node.x + half + (symbolOf(node.step) ? BOX.beside : 0)),
    top: Math.min(frame.top, node.y - BOX.height / 2 - above),
    bottom: Math.max(frame.bottom, node.y + BOX.height / 2 + below),
  };
};
