// The three panels: how they stand, and what is drawn in them.

import { html } from "../shared/dom.js";
import { signed } from "../shared/numbers.js";
import { largestCells } from "./fitting.js";
import { Panel, themeColours } from "./panel.js";
import { keyOf, litBy } from "./together.js";

/** @import { Colours, Looks, Owner } from "./panel.js" */
/** @import { Sums } from "./sums.js" */
/** @import { At, Frame, Lit, Side } from "./together.js" */

/**
 * What is seen of a layer.
 * @typedef {object} Seen
 * @property {Sums} sums
 * @property {At} at the position that is shown
 * @property {boolean} pinned
 * @property {number} filter whose weights are shown
 * @property {Frame | null} frame the window
 * @property {number} reached the last output that is not faint
 */

// Heights: of the panels, of what stands above them and of the written sum, which shall be seen with them; of a cell.
const TALLEST = 560;
const AT_LEAST = 240;
const AROUND = 425;
const READABLE = 18;
const WIDE = 640; // from here on all panels stand side by side
const SIGN = 52; // a sign between two panels, with its gaps
const SCROLLED = 900;

/** @param {ArrayLike<number>} values */
const largest = (values) => Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

export class Stage {
  /** @param {Owner} owner */
  constructor(owner) {
    this.panels = { i: new Panel("i", owner), w: new Panel("w", owner), o: new Panel("o", owner) };
    const sign = (/** @type {string} */ text) => html("span", { class: "sign", "aria-hidden": "true", text });
    this.first = sign("∗");
    this.second = sign("=");
    const { i, w, o } = this.panels;
    this.root = html("div", { class: "stage" }, i.root, this.first, w.root, this.second, o.root);
  }

  /** @param {Sums} sums */
  shape({ inputs, outputs, slices, pools, side, out, kernel, padding, transposed }) {
    const { i, w, o } = this.panels;
    const named = (/** @type {number} */ count) =>
      Array.from({ length: count }, (_, n) => (count > 1 ? `channel ${n}` : ""));
    const by = (/** @type {number[]} */ ...sides) => sides.join(" × ");
    const [before, after] = transposed ? [0, padding] : [padding, 0];
    i.shape({ maps: named(inputs), side, ring: before, title: `Input ${by(inputs, side, side)}` });
    o.shape({ maps: named(outputs), side: out, ring: after, title: `Output ${by(outputs, out, out)}` });
    const maps = Array.from({ length: pools ? 0 : slices }, () => (inputs > 1 ? "slice" : ""));
    w.shape({ maps, side: kernel, ring: 0, title: "Kernel" });
    w.root.hidden = pools;
    this.second.hidden = pools;
    this.first.textContent = pools ? "→" : "∗";
  }

  /**
   * The largest cells with which all panels stand side by side, or below one another where it is narrow.
   * @param {HTMLElement} root
   */
  fit(root) {
    const room = root.clientWidth;
    const { i, w, o } = this.panels;
    const all = w.maps.length ? [i, w, o] : [i, o];
    const isWide = room >= WIDE;
    const beside = isWide ? all : [i, o];
    const left = room - (isWide ? (all.length - 1) * SIGN : 22);
    const high = Math.min(TALLEST, Math.max(AT_LEAST, innerHeight - AROUND));
    let found = largestCells(beside, left, isWide ? high : 1e4);
    if (isWide && found.cell < READABLE) found = largestCells(beside, left, TALLEST);
    const isStacked = found.cell < (isWide ? 9 : 14); // so small that it is better to scroll
    root.classList.toggle("narrow", !isWide && !isStacked);
    root.classList.toggle("stacked", isStacked);
    if (!isStacked) beside.forEach((panel, n) => panel.size(found.cell, found.across[n]));
    for (const panel of isStacked ? all : [w]) {
      if (!panel.maps.length) continue;
      // a kernel may be larger than the rest
      const own = !isStacked && beside.includes(panel) ? panel.width(found.cell, found.across[1]) : room - 4;
      const { cell, across } = largestCells([panel], own, isStacked ? SCROLLED : TALLEST);
      panel.size(Math.min(cell, isWide ? 46 : 34), across[0]);
    }
  }

  /**
   * @param {HTMLElement} root
   * @param {Seen} seen
   */
  draw(root, seen) {
    const { sums, at, filter } = seen;
    const { i, w, o } = this.panels;
    const colours = themeColours(root);
    const lit = litBy(sums, at);
    i.draw(colours, largest(sums.image), inputLooks(seen, lit), framesOf("i", seen));
    if (!sums.pools) {
      const first = sums.firstChannel(filter);
      w.maps = w.maps.map((_, n) => (sums.inputs > 1 ? `for channel ${first + n}` : ""));
      w.draw(colours, largest(sums.weights), weightLooks(seen, lit), framesOf("w", seen));
      const name = sums.outputs > 1 ? `Filter ${filter}:` : "Kernel";
      w.head.textContent = `${name} ${sums.slices} × ${sums.kernel} × ${sums.kernel}`;
    }
    o.draw(colours, largest(sums.values), outputLooks(seen, lit), framesOf("o", seen));
  }
}

/**
 * The frames of a panel: the window, and the position itself.
 * @param {Side} side
 * @param {Seen} seen
 */
const framesOf = (side, { at, frame, pinned }) => {
  const [map, row, column] = at.place;
  const own = { maps: [map], row, column, span: 1, double: pinned };
  return [...(frame?.side === side ? [frame] : []), ...(at.side === side ? [own] : [])];
};

/**
 * A weight, as it stands below what it is multiplied with.
 * @param {Sums} sums
 * @param {number} [weight]
 */
const times = (sums, weight = -1) => (weight >= 0 ? `×${signed(sums.weights[weight], 2)}` : "");

/**
 * @param {Seen} seen
 * @param {Lit} lit
 * @returns {Looks}
 */
const inputLooks = ({ sums, at }, lit) => {
  const best = sums.kind === "max" && at.side === "o" ? sums.largest(sums.taps(...at.place)).pixel : -1;
  const padding = sums.kind === "max" ? undefined : 0;
  return (map, row, column, inside) => {
    const key = keyOf([map, row, column]);
    const links = { lit: lit.i.has(key), by: times(sums, lit.i.get(key)) };
    if (!inside) return { value: padding, ...links };
    const index = sums.index([map, row, column], sums.side);
    return { value: sums.image[index], ...links, best: index === best, hatched: !sums.feeds[index].length };
  };
};

/**
 * @param {Seen} seen
 * @param {Lit} lit
 * @returns {Looks}
 */
const weightLooks =
  ({ sums, at, filter }, lit) =>
  (map, row, column) => {
    const index = sums.weightAt(filter, [map, row, column]);
    return { value: sums.weights[index], lit: at.side !== "o" && lit.w.has(index), by: "" };
  };

/**
 * @param {Seen} seen
 * @param {Lit} lit
 * @returns {Looks}
 */
const outputLooks =
  ({ sums, at, reached }, lit) =>
  (map, row, column, inside) => {
    const key = keyOf([map, row, column]);
    const index = sums.index([map, row, column], sums.out);
    const by = at.side === "i" ? times(sums, lit.o.get(key)) : "";
    return {
      value: inside ? sums.values[index] : undefined,
      lit: lit.o.has(key),
      by,
      faint: inside && index > reached,
    };
  };
