// The written sum below the panels, and all outputs as tables.

import { html } from "../shared/dom.js";
import { factor, signed } from "../shared/numbers.js";

/** @import { Line, Said, Term } from "./said.js" */
/** @import { Sums } from "./sums.js" */

const MOST_TERMS = 25; // a longer sum leaves its zeros out

/** @param {Said} said */
export const written = ({ title, lines, note, result }) => {
  const several = lines.length > 1 ? `${lines.map((line) => factor(line.total ?? 0)).join(" + ")} ` : "";
  const total = html("div", { class: "total" }, several, html("strong", { text: `= ${result}` }));
  if (note) total.append(html("span", { class: "note", text: note }));
  return [html("b", { class: "title", text: title }), ...lines.map(lineOf), total];
};

/** @param {Line} line */
const lineOf = ({ name, terms, total = 0, around = ["", ""], comma = false }) => {
  const zeros = terms.length > MOST_TERMS && !comma ? terms.filter((term) => term.zero).length : 0;
  const shown = zeros ? terms.filter((term) => !term.zero) : terms;
  const parts = shown.flatMap((term, n) => [n ? (comma ? ", " : " + ") : "", termOf(term)]);
  if (zeros) parts.push(termOf({ text: `${parts.length ? " + " : ""}${zeros} zeros`, zero: true }));
  const head = name ? html("b", { text: `${name}: ` }) : "";
  return html("div", { class: "line" }, head, around[0], ...parts, around[1], name ? ` = ${signed(total)}` : "");
};

/** @param {Term} term */
const termOf = ({ text, zero }) => html("span", { class: zero ? "zero" : "", text });

/** @param {Sums} sums */
export const tables = (sums) => {
  const places = Array.from({ length: sums.out }, (_, n) => n);
  return Array.from({ length: sums.outputs }, (_, map) => {
    const value = (/** @type {number} */ row, /** @type {number} */ column) =>
      signed(sums.values[sums.index([map, row, column], sums.out)]);
    const rows = places.map((row) =>
      html("tr", {}, ...places.map((column) => html("td", { text: value(row, column) }))),
    );
    return html("table", {}, html("caption", { text: `Output channel ${map}` }), ...rows);
  });
};

/**
 * What hatching and broken lines mean, where there are any.
 * @param {Sums} sums
 */
export const legend = ({ unread, image, transposed, padding, kind }) => {
  const nothing = transposed ? "leave nothing in the output" : "are read by no window";
  const hatched = unread ? `Hatched: ${unread} of ${image.length} pixels ${nothing}.` : "";
  return [hatched, padding ? ring(transposed, kind) : ""].filter(Boolean).join(" ");
};

/**
 * @param {boolean} transposed
 * @param {string} kind
 */
const ring = (transposed, kind) => {
  if (transposed) return "Dashed: cut off by the padding.";
  return kind === "max" ? "Dashed: padding, which is never the largest." : "Dashed: padding.";
};
