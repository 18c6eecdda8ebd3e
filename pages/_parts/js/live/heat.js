// Gradient flow over a training: a column a measurement, a row a layer, on a colour scale that is logarithmic where sizes are.

import { el, html, label } from "../shared/dom.js";
import { whole } from "../shared/numbers.js";
import { ramp } from "./ramp.js";

/** @import { FlowSeen, LayerSeen } from "../types.js" */
/** @typedef {"grad_norm" | "weight_grad_norm" | "activation_std" | "dead" | "weight_norm" | "update_ratio"} Measure */

/** @type {Record<Measure, { title: string, log?: boolean }>} */
const MEASURES = {
  grad_norm: { title: "gradient", log: true },
  weight_grad_norm: { title: "gradient of the weights", log: true },
  activation_std: { title: "spread of the activations", log: true },
  dead: { title: "dead units" },
  weight_norm: { title: "size of the weights", log: true },
  update_ratio: { title: "gradient, as a share of the weights", log: true },
};
const LEFT = 46;
const RIGHT = 8;
const BOTTOM = 30;

export class HeatMap {
  constructor() {
    /** @type {Measure} */
    this.measure = "grad_norm";
    const options = Object.entries(MEASURES).map(([key, { title }]) => html("option", { value: key, text: title }));
    this.select = html("select", { "aria-label": "What the colours are" }, ...options);
    this.select.addEventListener("change", () => {
      this.measure = /** @type {Measure} */ (this.select.value);
      this.draw();
    });
    this.svg = el("svg", { role: "img", class: "chart heat" });
    this.said = html("p", { class: "hint", role: "status" });
    const head = html("div", { class: "chart-head" }, html("strong", { text: "Every layer over time" }), this.select);
    this.root = html("figure", { class: "chart-box heat-box", hidden: "" }, head, this.svg, this.said);
    /** @type {FlowSeen[]} */
    this.flows = [];
    this.count = 0;
    this.epochs = 0;
    this.range = [0, 1];
    this.scale = { across: 1, down: 1 }; // pixels an epoch, and a layer
    new ResizeObserver(() => this.draw()).observe(this.root);
    this.svg.addEventListener("pointermove", (event) => this.point(event));
    this.svg.addEventListener("pointerleave", () => this.tell());
  }

  /**
   * @param {FlowSeen[]} flows
   * @param {number} epochs in all
   */
  update(flows, epochs) {
    if (flows.length === this.count && epochs === this.epochs) return;
    this.count = flows.length; // the array itself grows in place
    this.flows = flows;
    this.epochs = epochs;
    this.root.hidden = !flows.length;
    this.draw();
  }

  /**
   * The value that a colour shows; null where nothing could be measured.
   * @param {LayerSeen} layer
   */
  of(layer) {
    const value = layer[this.measure];
    if (value === null || !MEASURES[this.measure].log) return value;
    return value > 0 ? Math.log10(value) : null;
  }

  draw() {
    if (!this.flows.length) return;
    const rows = Math.max(...this.flows.map((flow) => flow.layers.length));
    const width = Math.max(240, this.root.clientWidth - 16);
    const height = Math.max(90, Math.min(260, rows * 12));
    const values = this.flows.flatMap((flow) => flow.layers.map((layer) => this.of(layer)));
    const found = values.filter((value) => value !== null);
    this.range = found.length ? [Math.min(...found), Math.max(...found)] : [0, 1];
    const ends = this.ends();
    const span = Math.max(this.epochs, ends[ends.length - 1]);
    this.scale = { across: (width - LEFT - RIGHT) / span, down: height / rows };
    const cells = this.flows.flatMap((flow, i) => this.column(flow, ends[i]));
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height + BOTTOM}`);
    this.svg.setAttribute("height", String(height + BOTTOM));
    this.svg.replaceChildren(...cells, ...axes(width, height, span));
    this.tell();
  }

  /** Where each measurement's column ends: where the next one begins, or as far on as the first two are apart. */
  ends() {
    const begins = this.flows.map((flow) => flow.after);
    const gap = begins.length > 1 ? begins[1] - begins[0] : Math.max(this.epochs, 1) / 40;
    return [...begins.slice(1), begins[begins.length - 1] + gap];
  }

  /**
   * @param {FlowSeen} flow
   * @param {number} end
   */
  column({ after, layers }, end) {
    const { across, down } = this.scale;
    const [low, high] = this.range;
    const width = Math.max(0.5, (end - after) * across + 0.4);
    return layers.map((layer, row) => {
      const value = this.of(layer);
      const fill = value === null ? "currentColor" : ramp((value - low) / (high - low || 1));
      const place = { x: LEFT + after * across, y: row * down, width, height: down + 0.4 };
      return el("rect", { ...place, fill, "fill-opacity": value === null ? 0.15 : 1 });
    });
  }

  /** @param {number | null} value */
  word(value) {
    if (value === null) return "not measurable";
    if (this.measure === "dead") return whole(value);
    return value === 0 ? "0" : value.toExponential(1);
  }

  /**
   * Say a layer's value, or else what the colours mean.
   * @param {LayerSeen} [layer]
   * @param {number} [at]
   */
  tell(layer, at = 0) {
    const last = this.flows[this.flows.length - 1];
    const { title, log } = MEASURES[this.measure];
    const many = `${last.layers.length} layers over ${this.flows.length} measurements`;
    this.svg.setAttribute("aria-label", `${title} of ${many}; ${last.verdict} at the end`);
    const [dark, bright] = this.range.map((value) => this.word(log ? 10 ** value : value));
    const first = `the first layer's gradient is ${this.word(last.ratio)} of the last hidden one's`;
    this.said.textContent = layer
      ? `${layer.name} after ${at.toFixed(1)} epochs: ${this.word(layer[this.measure])}`
      : `Dark ${dark}, bright ${bright}. Now ${last.verdict}: ${first}.`;
  }

  /** @param {PointerEvent} event */
  point(event) {
    const box = this.svg.getBoundingClientRect();
    const scale = this.svg.viewBox.baseVal.width / box.width;
    const epoch = ((event.clientX - box.left) * scale - LEFT) / this.scale.across;
    const flow = this.flows.findLast(({ after }) => after <= epoch);
    const layer = flow?.layers[Math.floor(((event.clientY - box.top) * scale) / this.scale.down)];
    this.tell(layer, flow?.after);
  }
}

/**
 * @param {number} width
 * @param {number} height
 * @param {number} span in epochs
 */
const axes = (width, height, span) => {
  /** @type {(x: number, y: number, words: string, anchor: string) => SVGElement} */
  const tick = (x, y, words, anchor) => label(words, { x, y, "text-anchor": anchor, class: "tick" });
  return [
    tick(LEFT - 6, 10, "first", "end"),
    tick(LEFT - 6, height, "last", "end"),
    tick(LEFT, height + 14, "0", "middle"),
    tick(width - RIGHT, height + 14, span.toFixed(span % 1 ? 1 : 0), "end"),
    tick(width - RIGHT, height + 27, "epoch", "end"),
  ];
};
