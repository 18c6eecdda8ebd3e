// What the link keeps of a layer that is followed: the position that is pinned, and the values that were changed by hand.

/** @import { Place } from "./sums.js" */
/** @import { At, Side } from "./together.js" */

/**
 * A position as text: `o0.2.3` is the output of channel 0, row 2, column 3; a weight's filter stands last.
 * @param {At} at
 */
export const pinText = ({ side, place, filter }) => `${side}${place.join(".")}${side === "w" ? `.${filter}` : ""}`;

/**
 * @param {string} text
 * @returns {At | null}
 */
export const readPin = (text) => {
  const found = /^([iow])(\d+)\.(\d+)\.(\d+)(?:\.(\d+))?$/.exec(text);
  if (!found) return null;
  const [side, map, row, column, filter = "0"] = found.slice(1);
  /** @type {Place} */
  const place = [Number(map), Number(row), Number(column)];
  return { side: /** @type {Side} */ (side), place, filter: Number(filter) };
};

/** @typedef {Map<number, number>} Changes new values by their places in the flat array */

/** @param {Changes} changes */
export const changesText = (changes) => [...changes].map(([index, value]) => `${index}_${value}`).join("~");

/**
 * @param {string} text
 * @returns {Changes}
 */
export const readChanges = (text) =>
  new Map(
    text
      .split("~")
      .filter(Boolean)
      .map((change) => /** @type {[number, number]} */ (change.split("_").map(Number))),
  );

/**
 * Values with some of them changed.
 * @param {number[]} values
 * @param {Changes} changes
 */
export const changed = (values, changes) => Float64Array.from(values, (value, i) => changes.get(i) ?? value);
