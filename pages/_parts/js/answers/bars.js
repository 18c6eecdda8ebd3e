// Labelled horizontal bars in the order given: class counts, or probabilities.

import { html } from "../shared/dom.js";
import { rootOf } from "../shared/mount.js";

/** @import { Bar, BarsData } from "../types.js" */
/** @import { Mount } from "../shared/mount.js" */

/** @param {Mount<BarsData>} mount */
export default function ({ data, parentElement }) {
  const high = data.high ?? Math.max(1, ...data.rows.map((row) => row.value));
  const lines = data.rows.map((row, place) => line(row, high, data.lead && place === 0));
  rootOf(parentElement, "bars").replaceChildren(...lines);
}

/**
 * @param {Bar} row
 * @param {number} high what a whole bar stands for
 * @param {boolean} leads
 */
const line = (row, high, leads) => {
  const bar = html("i");
  bar.style.width = `${(100 * row.value) / high}%`;
  return html(
    "div",
    { class: `row${row.dim ? " dim" : ""}${leads ? " lead" : ""}` },
    html("span", { class: "name", text: row.label, title: row.label }),
    html("span", { class: "track" }, bar),
    html("span", { class: "value", text: row.text ?? row.value }),
  );
};
