// A small line chart in SVG: updates in place, keeps its zoom, says values on hover. Shared by the live components.

import { el, html, label } from "./dom.js";
import { short } from "./numbers.js";
import { ticks } from "./ticks.js";

/** @typedef {[number, number]} Point */
/** @typedef {[number, number]} Range */

/**
 * @typedef {object} Series
 * @property {string} name
 * @property {string} className its look
 * @property {Point[]} points
 * @property {boolean} [dots] each point is a measurement, drawn as one and never cut off
 * @property {string} [style]
 */

/**
 * @typedef {object} ChartOptions
 * @property {string} title
 * @property {(value: number) => string} format how a value is said
 * @property {(value: number) => string} [tick] how it is said at the axis, if not so
 * @property {number} [low] where the upright axis begins
 * @property {number} [high] where it ends
 * @property {boolean} [fit] the axis begins at the lowest value
 * @property {() => number} [xHigh] how far the level axis reaches at least
 * @property {string | (() => string)} [xTitle] what is counted along the level axis; epochs if nothing is said
 * @property {() => { at: number, name: string }[]} [marks] upright lines
 */

/**
 * From values to places in the picture, and back.
 * @typedef {object} Scales
 * @property {(value: number) => number} x
 * @property {(value: number) => number} y
 * @property {(place: number) => number} inverse
 */

const MARGIN = { left: 46, right: 12, top: 10, bottom: 30 };
const MOST_DOTS = 60;
const SHORTEST_DRAG = 12;
const KEYS = "Arrow keys go from point to point, plus zooms in, Escape shows all.";

export class LineChart {
  /** @param {ChartOptions} options */
  constructor(options) {
    this.options = options;
    /** @type {Series[]} */
    this.series = [];
    /** @type {Range | null} */
    this.zoom = null;
    /** @type {Scales | null} */
    this.scales = null;
    /** @type {number | null} */
    this.told = null; // what was last said of the points there
    this.width = 420;
    this.height = 230;
    this.names = "";
    this.legend = html("div", { class: "legend" });
    this.svg = el("svg", { role: "img", tabindex: 0, "aria-label": `${options.title}. ${KEYS}`, class: "chart" });
    this.band = el("rect", { class: "band", y: MARGIN.top });
    this.cross = el("line", { class: "cross", y1: MARGIN.top });
    this.tip = html("div", { class: "tip", hidden: "" });
    const head = html("div", { class: "chart-head" }, html("strong", { text: options.title }), this.legend);
    this.root = html("figure", { class: "chart-box" }, head, this.svg, this.tip);
    new ResizeObserver(() => this.resize()).observe(this.root);
    this.listen();
  }

  get xTitle() {
    const { xTitle = "epoch" } = this.options;
    return typeof xTitle === "function" ? xTitle() : xTitle;
  }

  resize() {
    const width = Math.max(220, this.root.clientWidth - 16);
    if (Math.abs(width - this.width) > 2) {
      this.width = width;
      this.draw();
    }
  }

  /** @param {Series[]} series */
  update(series) {
    this.series = series;
    this.draw();
  }

  /** @returns {Range} */
  xRange() {
    if (this.zoom) return this.zoom;
    const xs = this.series.flatMap((s) => s.points.map((p) => p[0]));
    return [0, Math.max(this.options.xHigh?.() ?? 0, ...xs, 1)];
  }

  /**
   * @param {Range} xRange
   * @returns {Range}
   */
  yRange([x0, x1]) {
    const { low, high, fit } = this.options;
    const within = (/** @type {Series[]} */ series) =>
      series.flatMap((s) => s.points.filter((p) => p[0] >= x0 && p[0] <= x1).map((p) => p[1]));
    const ys = within(this.series).sort((a, b) => a - b);
    if (!ys.length) return [low ?? 0, high ?? 1];
    // a few huge first losses of single batches must not flatten all that follows; what is measured is never cut off
    const measured = Math.max(0, ...within(this.series.filter((s) => s.dots)));
    const usual = Math.max(ys[Math.floor((ys.length - 1) * 0.985)], measured);
    const top = high ?? Math.max(1.08 * usual, ys[ys.length - 1] > 0 ? 0.05 : 1);
    return [fit ? Math.max(0, Math.floor((ys[0] - 0.03) * 20) / 20) : (low ?? 0), top];
  }

  draw() {
    const xRange = this.xRange();
    const yRange = this.yRange(xRange);
    this.scales = this.scaled(xRange, yRange);
    for (const [name, value] of [
      ["width", this.width],
      ["height", this.height],
    ]) {
      this.svg.setAttribute(String(name), String(value));
    }
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    const bottom = this.height - MARGIN.bottom;
    this.cross.setAttribute("y2", String(bottom));
    this.cross.setAttribute("visibility", "hidden");
    this.band.setAttribute("height", String(bottom - MARGIN.top));
    this.band.setAttribute("width", "0");
    const drawn = [
      ...this.axes(this.scales, xRange, yRange),
      ...this.marks(this.scales, xRange),
      ...this.curves(this.scales, xRange),
    ];
    this.svg.replaceChildren(...drawn, this.band, this.cross);
    this.name();
  }

  /**
   * @param {Range} xRange
   * @param {Range} yRange
   * @returns {Scales}
   */
  scaled([x0, x1], [y0, y1]) {
    const across = this.width - MARGIN.left - MARGIN.right;
    const up = this.height - MARGIN.top - MARGIN.bottom;
    return {
      x: (value) => MARGIN.left + ((value - x0) / (x1 - x0 || 1)) * across,
      y: (value) => MARGIN.top + up - ((Math.min(Math.max(value, y0), y1) - y0) / (y1 - y0 || 1)) * up,
      inverse: (place) => x0 + ((place - MARGIN.left) / across) * (x1 - x0),
    };
  }

  /**
   * @param {Scales} scales
   * @param {Range} xRange
   * @param {Range} yRange
   */
  axes({ x, y }, xRange, yRange) {
    const { left, right } = MARGIN;
    const { format, tick = format } = this.options;
    const upright = ticks(...yRange, 4).flatMap((v) => [
      el("line", { class: "grid", x1: left, x2: this.width - right, y1: y(v), y2: y(v) }),
      label(tick(v), { class: "tick", x: left - 6, y: y(v) + 4, "text-anchor": "end" }),
    ]);
    const many = Math.max(2, Math.floor((this.width - left - right) / 70));
    const level = ticks(...xRange, many).map((v) =>
      label(short(v), { class: "tick", x: x(v), y: this.height - 15, "text-anchor": "middle" }),
    );
    const place = { x: this.width - right, y: this.height - 3, "text-anchor": "end" };
    return [...upright, ...level, label(this.xTitle, { class: "tick", ...place })];
  }

  /**
   * @param {Scales} scales
   * @param {Range} xRange
   */
  marks({ x }, [x0, x1]) {
    const { top, bottom } = MARGIN;
    const shown = (this.options.marks?.() ?? []).filter(({ at }) => at >= x0 && at <= x1);
    return shown.flatMap(({ at, name }) => [
      el("line", { class: "mark", x1: x(at), x2: x(at), y1: top, y2: this.height - bottom }),
      label(name, { class: "tick", x: x(at) + 4, y: top + 9 }),
    ]);
  }

  /**
   * @param {Scales} scales
   * @param {Range} xRange
   */
  curves({ x, y }, [x0, x1]) {
    /** @type {SVGElement[]} */
    const drawn = [];
    for (const { points, className, dots, style = "" } of this.series) {
      const inside = points.filter((p) => p[0] >= x0 - 1 && p[0] <= x1 + 1);
      if (inside.length > 1) {
        const way = inside.map((p, i) => `${i ? "L" : "M"}${x(p[0]).toFixed(1)} ${y(p[1]).toFixed(1)}`).join("");
        drawn.push(el("path", { class: `line ${className}`, d: way, style }));
      }
      const marked = dots ? (inside.length > MOST_DOTS ? inside.slice(-1) : inside) : [];
      drawn.push(
        ...marked.map((p) => el("circle", { class: `dot ${className}`, cx: x(p[0]), cy: y(p[1]), r: 3, style })),
      );
    }
    return drawn;
  }

  name() {
    const names = this.series.map((s) => `${s.name}|${s.className}|${s.style ?? ""}`).join();
    if (names === this.names) return;
    this.names = names;
    this.legend.replaceChildren(...this.series.map((s) => html("span", { class: "key" }, this.sign(s), s.name)));
  }

  /** @param {Series} series */
  sign({ className, style = "" }) {
    return html("i", { class: className, style });
  }

  /** @param {PointerEvent} event */
  at(event) {
    const box = this.svg.getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * this.width;
  }

  listen() {
    /** @type {number | null} */
    let from = null;
    this.svg.onpointermove = (event) => {
      const place = this.at(event);
      if (from !== null) {
        this.band.setAttribute("x", String(Math.min(from, place)));
        this.band.setAttribute("width", String(Math.abs(place - from)));
      }
      this.hover(place);
    };
    this.svg.onpointerdown = (event) => {
      if (event.button !== 0) return;
      from = this.at(event);
      this.svg.setPointerCapture(event.pointerId); // so that a release outside of the chart is told too
    };
    this.svg.onpointerup = (event) => {
      const to = this.at(event);
      if (from !== null && this.scales && Math.abs(to - from) > SHORTEST_DRAG)
        this.zoomTo(this.scales.inverse(from), this.scales.inverse(to));
      from = null;
      this.draw();
    };
    this.svg.onpointercancel = () => {
      from = null;
      this.draw();
    };
    this.svg.ondblclick = () => this.showAll();
    this.svg.onpointerleave = () => this.hide();
    this.svg.onblur = () => this.hide();
    this.svg.onkeydown = (event) => this.key(event);
  }

  hide() {
    this.tip.hidden = true;
    this.cross.setAttribute("visibility", "hidden");
  }

  showAll() {
    this.zoom = null;
    this.draw();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const [x0, x1] = this.xRange();
    const at = this.told ?? x1;
    const xs = [...new Set(this.series.flatMap((s) => s.points.map((p) => p[0])))].filter((v) => v >= x0 && v <= x1);
    if (event.ctrlKey || event.metaKey || event.altKey || !xs.length) return;
    xs.sort((a, b) => a - b);
    const next = Math.min(Math.max(at, xs[0]), xs[xs.length - 1]);
    if (event.key === "ArrowLeft") this.point(xs.filter((v) => v < at).pop() ?? next);
    else if (event.key === "ArrowRight") this.point(xs.find((v) => v > at) ?? next);
    else if (event.key === "+") {
      this.zoomTo(at - (x1 - x0) / 4, at + (x1 - x0) / 4);
      this.draw();
      this.point(at);
    } else if (event.key === "Escape") {
      this.showAll();
      this.hide();
    } else return;
    event.preventDefault();
  }

  /**
   * @param {number} one
   * @param {number} other
   */
  zoomTo(one, other) {
    const [x0, x1] = this.xRange();
    const [a, b] = [Math.max(x0, Math.min(one, other)), Math.min(x1, Math.max(one, other))];
    if (a < b) this.zoom = [a, b];
  }

  /** @param {number} value of the level axis */
  point(value) {
    if (this.scales) this.hover(this.scales.x(value));
  }

  /** @param {number} place in the picture, to whose points all values are said */
  hover(place) {
    if (!this.scales) return;
    const target = this.scales.inverse(place);
    const near = this.series
      .filter((s) => s.points.length)
      .map((s) => ({ series: s, point: nearest(s.points, target) }));
    if (!near.length) return;
    const { point } = near.findLast(({ series }, i) => series.dots || i === 0) ?? near[0];
    this.told = point[0];
    const rows = near.map(({ series, point: [, value] }) =>
      html("div", { class: "key" }, this.sign(series), `${series.name} ${this.options.format(value)}`),
    );
    this.tip.replaceChildren(html("div", { text: `${this.xTitle} ${short(point[0])}` }), ...rows);
    this.show(this.scales.x(point[0]));
  }

  /** @param {number} x where the line and, beside it, what is said stand */
  show(x) {
    this.cross.setAttribute("x1", String(x));
    this.cross.setAttribute("x2", String(x));
    this.cross.setAttribute("visibility", "visible");
    this.tip.hidden = false;
    const left = (x / this.width) * this.svg.clientWidth;
    this.tip.style.left = left > this.svg.clientWidth / 2 ? "" : `${left + 20}px`;
    this.tip.style.right = left > this.svg.clientWidth / 2 ? `${this.svg.clientWidth - left + 20}px` : "";
  }
}

/**
 * @param {Point[]} points
 * @param {number} x
 */
const nearest = (points, x) =>
  points.reduce((best, p) => (Math.abs(p[0] - x) < Math.abs(best[0] - x) ? p : best), points[0]);
