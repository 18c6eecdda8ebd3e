// A confusion matrix whose cells are buttons, whole at any number of classes; the chosen cell is the component's state.

import { button, html, penOf } from "../shared/dom.js";
import { rootOf, viewIn } from "../shared/mount.js";

/** @import { MatrixData } from "../types.js" */
/** @import { Mount } from "../shared/mount.js" */
/** @typedef {(cell: [number, number] | null) => void} Choose */

const LARGEST = 68;
const SMALLEST = 18;
const GAP = 2;
const LONGEST_LABEL = 150;

/** @param {Mount<MatrixData>} mount */
export default function ({ data, parentElement, setStateValue }) {
  const root = rootOf(parentElement, "matrix");
  const key = JSON.stringify(data);
  if (root.dataset.key === key) return;
  root.dataset.key = key;
  root.replaceChildren(tableOf(data, (cell) => setStateValue("cell", cell)));
  const view = viewIn(root, () => ({ watching: new ResizeObserver(() => {}) }));
  const size = () => fit(root, data.labels);
  size();
  view.watching.disconnect();
  view.watching = new ResizeObserver(size);
  view.watching.observe(root);
}

/**
 * @param {MatrixData} data
 * @param {Choose} choose
 */
const tableOf = (data, choose) => {
  const corner = html("th", { class: "corner", text: "true \u2193 \u00a0 said \u2192" });
  const top = data.order.map((j) => heading(data.labels[j], "col"));
  const rows = data.order.map((i) =>
    html("tr", {}, heading(data.labels[i], "row"), ...data.order.map((j) => cellOf(data, i, j, choose))),
  );
  return html("table", {}, html("thead", {}, html("tr", {}, corner, ...top)), html("tbody", {}, ...rows));
};

/**
 * @param {string} text
 * @param {"row" | "col"} scope
 */
const heading = (text, scope) => html("th", { scope, title: text }, html("span", { text }));

/**
 * @param {MatrixData} data
 * @param {number} i the true class
 * @param {number} j the class that was said
 * @param {Choose} choose
 */
const cellOf = ({ labels, counts, cell }, i, j, choose) => {
  const count = counts[i][j];
  const total = counts[i].reduce((a, b) => a + b, 0) || 1;
  const chosen = cell?.[0] === i && cell?.[1] === j;
  const said = `${count} images of ${labels[i]} called ${labels[j]}`;
  const attributes = { title: said, "aria-label": said, "aria-pressed": chosen };
  const node = button(count ? String(count) : "", attributes, () => choose(chosen ? null : [i, j]));
  node.disabled = !count;
  node.style.background = tone(count, total, i === j);
  return html("td", {}, node);
};

/**
 * The colour of a cell: stronger where it holds more of its row.
 * @param {number} count
 * @param {number} total
 * @param {boolean} right
 */
const tone = (count, total, right) => {
  if (!count) return "";
  const share = Math.round((100 * count) / total);
  const colour = right ? "var(--st-primary-color)" : "var(--orange)";
  return `color-mix(in srgb, ${colour} ${12 + share * 0.6}%, var(--st-background-color))`;
};

/**
 * Cells as large as the width allows; labels of columns stand upright where they are wider than these.
 * @param {HTMLElement} root
 * @param {string[]} labels
 */
const fit = (root, labels) => {
  const longest = Math.min(LONGEST_LABEL, Math.ceil(widthOf(labels, root)) + 14);
  const room = root.clientWidth - longest - 8;
  const side = Math.max(SMALLEST, Math.min(LARGEST, Math.floor(room / labels.length) - GAP));
  root.style.setProperty("--side", `${side}px`);
  root.style.setProperty("--high", `${Math.min(side, 40)}px`);
  root.style.setProperty("--label", `${longest}px`);
  root.classList.toggle("upright", longest > side);
};

/**
 * How wide the widest of some labels is.
 * @param {string[]} labels
 * @param {HTMLElement} root
 */
const widthOf = (labels, root) => {
  const pen = penOf(html("canvas"));
  const { fontFamily, fontSize } = getComputedStyle(root);
  pen.font = `600 ${fontSize} ${fontFamily}`;
  return Math.max(...labels.map((text) => pen.measureText(text).width));
};
