// What a sum is made of, in words: a title, lines of terms that each come to a total, a note and the result.

import { factor, signed } from "../shared/numbers.js";
import { several } from "../shared/words.js";

/** @import { Place, Sums, Tap } from "./sums.js" */

/** @typedef {{ text: string, zero: boolean }} Term */

/**
 * @typedef {object} Line
 * @property {string} name
 * @property {Term[]} terms
 * @property {number} [total]
 * @property {[string, string]} [around] what stands before and after the terms
 * @property {boolean} [comma] they are listed, not added
 */

/** @typedef {{ title: string, lines: Line[], note: string, result: string }} Said */

/** @param {Place} place */
const rowAndColumn = ([, row, column]) => `row ${row}, column ${column}`;

/**
 * @param {Sums} sums
 * @param {Place} at
 * @returns {Said}
 */
export const outputSaid = (sums, at) => {
  const taps = sums.taps(...at);
  const result = signed(sums.values[sums.index(at, sums.out)]);
  const working = sums.pools ? pooled(sums, taps) : products(sums, taps);
  return { title: `Output channel ${at[0]}, ${rowAndColumn(at)}`, result, ...working };
};

/**
 * Pixels times weights, a line a channel.
 * @param {Sums} sums
 * @param {Tap[]} taps
 */
const products = (sums, taps) => {
  if (!taps.length) return { lines: [], note: "No pixel reaches it." };
  const channels = [...new Set(taps.map((tap) => tap.at[0]))];
  const lines = channels.map((channel) => {
    const own = taps.filter((tap) => tap.at[0] === channel);
    const pairs = own.map((tap) => [sums.pixel(tap), sums.weights[tap.weight]]);
    const terms = pairs.map(([pixel, weight]) => ({
      text: `${factor(pixel)}·${factor(weight)}`,
      zero: !(pixel * weight),
    }));
    const total = pairs.reduce((sum, [pixel, weight]) => sum + pixel * weight, 0);
    return { name: sums.slices > 1 ? `channel ${channel}` : "", terms, total };
  });
  return { lines, note: outside(taps, "is padding, which is 0", "are padding, which is 0") };
};

/** @type {Record<string, [string, string]>} */
const OUTSIDE = {
  max: ["is padding, which is never the largest", "are padding, which is never the largest"],
  average: ["is padding, and counts as 0", "are padding, and count as 0"],
  sum: ["is padding, and counts as 0", "are padding, and count as 0"],
};

/**
 * The pixels of a window, and what is done with them.
 * @param {Sums} sums
 * @param {Tap[]} taps
 */
const pooled = (sums, taps) => {
  const { kind, kernel } = sums;
  const isMax = kind === "max";
  const read = isMax ? taps.filter((tap) => tap.pixel >= 0) : taps;
  const terms = read.map((tap) => {
    const pixel = sums.pixel(tap);
    return { text: isMax ? signed(pixel) : factor(pixel), zero: !pixel };
  });
  /** @type {Record<string, [string, string]>} */
  const brackets = { max: ["max(", ")"], average: ["(", `) / ${kernel ** 2}`], sum: ["", ""] };
  return { lines: [{ name: "", terms, around: brackets[kind], comma: isMax }], note: outside(taps, ...OUTSIDE[kind]) };
};

/**
 * @param {Tap[]} taps
 * @param {string} one
 * @param {string} many
 */
const outside = (taps, one, many) => {
  const number = taps.filter((tap) => tap.pixel < 0).length;
  return number ? `${number} of the ${taps.length} ${number === 1 ? one : many}.` : "";
};

/**
 * @param {Sums} sums
 * @param {Place} at
 * @returns {Said}
 */
export const inputSaid = (sums, at) => {
  const pixel = sums.index(at, sums.side);
  const title = `Input channel ${at[0]}, ${rowAndColumn(at)}`;
  return { title, lines: [], note: feedsSaid(sums, pixel), result: signed(sums.image[pixel]) };
};

/**
 * @param {Sums} sums
 * @param {number} pixel
 */
const feedsSaid = (sums, pixel) => {
  const fed = sums.feeds[pixel];
  if (!fed.length) return sums.transposed ? "Nothing of it is left in the output." : "No window reads it.";
  const feeds = `It feeds ${fed.length} of the ${several(sums.values.length, "output")}.`;
  if (sums.kind !== "max") return feeds;
  const isLargest = (/** @type {number} */ output) =>
    sums.largest(sums.taps(...sums.place(output, sums.out))).pixel === pixel;
  const wins = fed.filter(([output]) => isLargest(output)).length;
  return `${feeds} It is the largest of ${several(wins, "window")}.`;
};

/**
 * @param {Sums} sums
 * @param {number} filter
 * @param {Place} at
 * @returns {Said}
 */
export const weightSaid = (sums, filter, at) => {
  const weight = sums.weightAt(filter, at);
  const uses = sums.uses[weight];
  const padding = uses.filter(([, pixel]) => pixel < 0).length;
  const times = uses.length === 1 ? "once" : `${uses.length} times`;
  const each = sums.transposed ? "" : `: once for every output of filter ${filter}`;
  const note = `It is used ${times}${each}${padding ? `, ${padding} of them on padding` : ""}.`;
  const title = `Weight of filter ${filter} for channel ${sums.firstChannel(filter) + at[0]}, ${rowAndColumn(at)}`;
  return { title, lines: [], note, result: signed(sums.weights[weight]) };
};
