// The layer table: stages and blocks that open and close, with their sums; a number that is clicked shows its working.

import { button, html } from "../shared/dom.js";
import { forget, rootOf, viewIn } from "../shared/mount.js";
import { bytes } from "../shared/numbers.js";
import { several } from "../shared/words.js";
import { buildTree, family, groupsIn } from "./tree.js";

/** @import { LayersData, NetworkStep } from "../types.js" */
/** @import { Mount } from "../shared/mount.js" */
/** @import { Group } from "./tree.js" */

/**
 * The columns: what of a step stands there, its title and, where a number shows its working, which one.
 * @type {[keyof NetworkStep, string, string?][]}
 */
const COLUMNS = [
  ["type", "Layer"],
  ["kernel", "Kernel"],
  ["stride", "Stride"],
  ["padding", "Padding"],
  ["dilation", "Dilation"],
  ["groups", "Groups"],
  ["input_shape", "Input"],
  ["output_shape", "Output", "output"],
  ["params", "Parameters", "params"],
  ["macs", "MACs", "macs"],
  ["activation_bytes", "Memory", "memory"],
  ["field", "Field", "field"],
];
const SHARE = "Share of all parameters (above) and of all multiply-adds (below)";

/** @typedef {Partial<Record<keyof NetworkStep, unknown>>} Values */

/**
 * @param {keyof NetworkStep} key
 * @param {Values} values
 */
const shown = (key, values) => {
  const value = values[key];
  if (value === null || value === undefined) return "";
  if (typeof value !== "number") return String(value);
  return key === "activation_bytes" ? bytes(value) : value.toLocaleString("en");
};

class LayerTable {
  /**
   * @param {HTMLElement} root
   * @param {LayersData} data
   */
  constructor(root, data) {
    this.root = root;
    this.send = (/** @type {string} */ _name, /** @type {unknown} */ _value) => {};
    this.chosen = data.chosen;
    /** @type {string | null} */
    this.focus = null;
    this.data = data;
    this.tree = buildTree(data.steps);
    this.open = opened(this.tree, data.open);
  }

  /** @param {LayersData} data */
  show(data) {
    if (this.data.key !== data.key) {
      this.tree = buildTree(data.steps);
      this.open = opened(this.tree, data.open);
      this.data = data;
    }
    this.chosen = data.chosen;
    this.draw();
  }

  draw() {
    const scroll = { class: "scroll", tabindex: 0, role: "region", "aria-label": "Layer table" };
    const body = html("tbody", {}, ...this.rows(this.tree, 0));
    const table = html("table", {}, html("thead", {}, head()), body, html("tfoot", {}, this.total()));
    this.root.replaceChildren(this.tools(), html("div", scroll, table));
    if (this.focus === null) return;
    const kept = this.root.querySelector(`[data-group="${CSS.escape(this.focus)}"]`);
    if (kept instanceof HTMLElement) kept.focus();
    this.focus = null;
  }

  tools() {
    const all = button("Open all", {}, () => this.reopen(groupsIn(this.tree).map((group) => group.id)));
    const none = button("Close all", {}, () => this.reopen([]));
    return html("div", { class: "tools" }, all, none);
  }

  /** @param {string[]} ids of the groups that shall be open */
  reopen(ids) {
    this.open = new Set(ids);
    this.draw();
  }

  /**
   * The rows of a group; those of open groups in it follow on their own.
   * @param {Group} group
   * @param {number} depth
   * @returns {HTMLElement[]}
   */
  rows(group, depth) {
    return group.items.flatMap(({ step, inner }) => {
      if (step) return [this.row(step, depth)];
      const below = this.open.has(inner.id) ? this.rows(inner, depth + 1) : [];
      return [this.groupRow(inner, depth), ...below];
    });
  }

  /**
   * @param {Group} group
   * @param {number} depth
   */
  groupRow(group, depth) {
    const open = this.open.has(group.id);
    const last = this.data.steps.find((step) => step.index === group.last);
    const said = { class: "toggle", "aria-expanded": open, "data-group": group.id };
    const toggle = button(`${open ? "▾" : "▸"} ${group.title}`, said, () => {
      this.focus = group.id;
      const others = [...this.open].filter((id) => id !== group.id);
      this.reopen(open ? others : [...others, group.id]);
    });
    /** @type {Values} */
    const sums = { ...group, type: several(group.count, "step"), output_shape: last?.output_shape, field: last?.field };
    const name = html("th", { scope: "row", class: "name", style: indented(depth) }, toggle);
    const cells = COLUMNS.map(([key]) => html("td", { class: key, text: key in sums ? shown(key, sums) : "" }));
    return html("tr", { class: "group" }, name, ...cells, this.share(group));
  }

  /**
   * @param {NetworkStep} step
   * @param {number} depth
   */
  row(step, depth) {
    const name = html("th", {
      scope: "row",
      class: `name ${family(step.type)}`,
      style: indented(depth),
      title: step.name,
      text: step.name,
    });
    const cells = COLUMNS.map(([key, , working]) => this.cell(step, key, working));
    return html("tr", step.type === "not run" ? { class: "idle" } : {}, name, ...cells, this.share(step));
  }

  /**
   * @param {NetworkStep} step
   * @param {keyof NetworkStep} key
   * @param {string} [working]
   */
  cell(step, key, working) {
    const text = shown(key, step);
    if (!working || !text || text === "0") return html("td", { class: key, text });
    const pressed = this.chosen?.[0] === step.index && this.chosen?.[1] === working;
    const said = { class: "number", "aria-pressed": pressed, title: "Show the working" };
    const number = button(text, said, () => {
      const chosen = /** @type {[number, string]} */ ([step.index, working]);
      this.chosen = chosen;
      this.draw();
      this.send("chosen", chosen);
    });
    return html("td", { class: key }, number);
  }

  total() {
    const cells = COLUMNS.map(([key]) => html("td", { class: key, text: shown(key, this.data.totals) }));
    const name = html("th", { text: "Whole network", scope: "row", class: "name" });
    return html("tr", { class: "total" }, name, ...cells, html("td", { text: "" }));
  }

  /** @param {{ params: number, macs: number }} part */
  share({ params, macs }) {
    const { totals } = this.data;
    return html(
      "td",
      { class: "share" },
      bar(params, totals.params, "p", "parameters"),
      bar(macs, totals.macs, "m", "multiply-adds"),
    );
  }
}

/**
 * The groups that are open: those that are asked for, and one in which all the others lie.
 * @param {Group} tree
 * @param {string[]} asked
 */
const opened = ({ children }, asked) => new Set(children.size === 1 ? [...asked, ...children.keys()] : asked);

const head = () => {
  const titles = COLUMNS.map(([key, title]) => html("th", { text: title, scope: "col", class: key }));
  const name = html("th", { text: "Name", scope: "col", class: "name" });
  return html("tr", {}, name, ...titles, html("th", { text: "Share", scope: "col", class: "share", title: SHARE }));
};

/** @param {number} depth */
const indented = (depth) => `padding-left: ${0.5 + 0.9 * depth}rem`;

/**
 * A share of the whole network as a bar.
 * @param {number} value
 * @param {number} all
 * @param {string} kind
 * @param {string} what
 */
const bar = (value, all, kind, what) => {
  const share = (100 * (all ? value / all : 0)).toFixed(1);
  return html("i", { class: kind, style: `width: ${share}%`, title: `${share} % of all ${what}` });
};

/** @param {Mount<LayersData>} mount */
export default function ({ data, parentElement, setStateValue }) {
  const view = viewIn(parentElement, () => new LayerTable(rootOf(parentElement, "layers"), data));
  view.send = setStateValue;
  view.show(data);
  return () => forget(parentElement);
}
