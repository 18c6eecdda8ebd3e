// What belongs together in a layer: the window of an output, the outputs of a pixel, and all places where a weight is used.

/** @import { Place, Sums } from "./sums.js" */

/** @typedef {"i" | "w" | "o"} Side the input, the weights or the output */

/**
 * A position in one of the panels; of a weight, that of a filter.
 * @typedef {object} At
 * @property {Side} side
 * @property {Place} place
 * @property {number} filter
 * @property {boolean} [unchosen] nobody has pointed at it yet
 */

/**
 * The squares that are lit in each panel; of pixels and outputs also the weight that links them, -1 if none does.
 * @typedef {{ i: Map<string, number>, w: Set<number>, o: Map<string, number> }} Lit
 */

/**
 * A square over several cells.
 * @typedef {object} Frame
 * @property {Side} side
 * @property {number[]} maps
 * @property {number} row
 * @property {number} column
 * @property {number} span
 * @property {boolean} [double]
 */

/**
 * A place as the key of a map.
 * @param {Place} place
 */
export const keyOf = (place) => place.join();

/**
 * @param {At} one
 * @param {At} other
 */
export const isSame = (one, other) => one.side === other.side && keyOf(one.place) === keyOf(other.place);

/**
 * A position in the flat array of its panel.
 * @param {Sums} sums
 * @param {At} at
 */
export const flat = (sums, { side, place, filter }) =>
  side === "w" ? sums.weightAt(filter, place) : sums.index(place, side === "i" ? sums.side : sums.out);

/**
 * @param {Sums} sums
 * @param {At} at
 */
export const exists = (sums, { side, place: [map, row, column], filter }) => {
  const { inputs, outputs, slices, pools, kernel, out } = sums;
  const [maps, cells] = { i: [inputs, sums.side], w: [pools ? 0 : slices, kernel], o: [outputs, out] }[side];
  return map < maps && Math.max(row, column) < cells && (side !== "w" || filter < outputs);
};

/**
 * @param {Sums} sums
 * @param {At} at
 * @returns {Lit}
 */
export const litBy = (sums, at) => {
  /** @type {Lit} */
  const lit = { i: new Map(), w: new Set(), o: new Map() };
  const output = (/** @type {number} */ index) => keyOf(sums.place(index, sums.out));
  if (at.side === "o") {
    lit.o.set(keyOf(at.place), -1);
    for (const tap of sums.taps(...at.place)) {
      lit.i.set(keyOf(tap.at), tap.weight);
      lit.w.add(tap.weight);
    }
  } else if (at.side === "i") {
    lit.i.set(keyOf(at.place), -1);
    for (const [index, weight] of sums.feeds[flat(sums, at)]) {
      lit.o.set(output(index), weight);
      lit.w.add(weight);
    }
  } else {
    lit.w.add(flat(sums, at));
    for (const [index, pixel] of sums.uses[flat(sums, at)]) {
      lit.o.set(output(index), -1);
      if (pixel >= 0) lit.i.set(keyOf(sums.place(pixel, sums.side)), -1);
    }
  }
  return lit;
};

/**
 * The square that a window covers on the input; of a transposed layer, that a pixel covers on the output.
 * @param {Sums} sums
 * @param {At} at
 * @returns {Frame | null}
 */
export const frameOf = (sums, { side, place: [map, row, column] }) => {
  const { transposed, slices, filters, stride, padding, reach } = sums;
  if (side !== (transposed ? "i" : "o")) return null;
  const first = transposed ? Math.floor(map / slices) * filters : sums.firstChannel(map);
  const maps = Array.from({ length: transposed ? filters : slices }, (_, n) => first + n);
  const corner = { row: row * stride - padding, column: column * stride - padding };
  return { side: transposed ? "o" : "i", maps, ...corner, span: reach };
};

/**
 * The filter whose weights are shown beside a position: its own, or that of its group which was shown before.
 * @param {Sums} sums
 * @param {At} at
 * @param {number} before
 */
export const filterShown = (sums, { side, place: [map], filter }, before) => {
  if (side === "o") return map;
  if (side === "w") return filter;
  const group = Math.floor(map / sums.slices);
  const isOther = !sums.pools && group !== Math.floor(before / sums.filters);
  return Math.min(isOther ? group * sums.filters : before, sums.outputs - 1);
};
