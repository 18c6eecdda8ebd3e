// A small line chart in SVG: updates in place, keeps its zoom, says values on hover. Shared by the live components.

const NS = "http://www.w3.org/2000/svg";
const el = (name, attributes = {}, ...children) => {
  const node = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
};
const html = (name, attributes = {}, ...children) => {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "text") node.textContent = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
};

const ticks = (low, high, count) => {
  const span = high - low || 1;
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
  const out = [];
  for (let v = Math.ceil(low / step) * step; v <= high + 1e-9; v += step) out.push(Math.abs(v) < 1e-12 ? 0 : v);
  return out;
};
const short = (v) => (Math.abs(v) >= 100 ? v.toFixed(0) : Math.abs(v) >= 1 ? +v.toFixed(2) + "" : +v.toFixed(3) + "");

class LineChart {
  // options: {title, format, low, high, xTitle}; series: [{name, className, points: [[x, y]], dots}]
  constructor(options) {
    this.options = options;
    this.series = [];
    this.zoom = null;
    this.width = 420;
    this.height = 230;
    this.margin = { left: 46, right: 12, top: 10, bottom: 30 };
    this.legend = html("div", { class: "legend" });
    this.svg = el("svg", { role: "img", "aria-label": options.title, class: "chart" });
    this.tip = html("div", { class: "tip", hidden: "" });
    const head = html("div", { class: "chart-head" }, html("strong", { text: options.title }), this.legend);
    this.root = html("figure", { class: "chart-box" }, head, this.svg, this.tip);
    new ResizeObserver(() => this.resize()).observe(this.root);
    this.listen();
  }
  resize() {
    const width = Math.max(220, this.root.clientWidth - 16);
    if (Math.abs(width - this.width) > 2) {
      this.width = width;
      this.draw();
    }
  }
  update(series) {
    this.series = series;
    this.draw();
  }
  xRange() {
    if (this.zoom) return this.zoom;
    const xs = this.series.flatMap((s) => s.points.map((p) => p[0]));
    const high = Math.max(this.options.xHigh?.() ?? 0, ...xs, 1);
    return [0, high];
  }
  yRange(x0, x1) {
    const { low, high } = this.options;
    const within = (series) => series.flatMap((s) => s.points.filter((p) => p[0] >= x0 && p[0] <= x1).map((p) => p[1]));
    const ys = within(this.series).sort((a, b) => a - b);
    if (!ys.length) return [low ?? 0, high ?? 1];
    // a few huge first losses of single batches must not flatten everything that follows; what is measured is never cut off
    const measured = Math.max(0, ...within(this.series.filter((s) => s.dots)));
    const top = high ?? Math.max(1.08 * Math.max(ys[Math.floor((ys.length - 1) * 0.985)], measured), ys[ys.length - 1] > 0 ? 0.05 : 1);
    const bottom = this.options.fit ? Math.max(0, Math.floor((ys[0] - 0.03) * 20) / 20) : (low ?? 0);
    return [bottom, top];
  }
  draw() {
    const { width, height, margin } = this;
    const [x0, x1] = this.xRange();
    const [y0, y1] = this.yRange(x0, x1);
    const w = width - margin.left - margin.right, h = height - margin.top - margin.bottom;
    this.x = (v) => margin.left + ((v - x0) / (x1 - x0 || 1)) * w;
    this.y = (v) => margin.top + h - ((Math.min(Math.max(v, y0), y1) - y0) / (y1 - y0 || 1)) * h;
    this.inverse = (px) => x0 + ((px - margin.left) / w) * (x1 - x0);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", height);
    const nodes = [];
    for (const v of ticks(y0, y1, 4)) {
      nodes.push(el("line", { class: "grid", x1: margin.left, x2: width - margin.right, y1: this.y(v), y2: this.y(v) }));
      const text = el("text", { class: "tick", x: margin.left - 6, y: this.y(v) + 4, "text-anchor": "end" });
      text.textContent = (this.options.tick ?? this.options.format)(v);
      nodes.push(text);
    }
    for (const v of ticks(x0, x1, Math.max(2, Math.floor(w / 70)))) {
      const text = el("text", { class: "tick", x: this.x(v), y: height - 12, "text-anchor": "middle" });
      text.textContent = short(v);
      nodes.push(text);
    }
    const label = el("text", { class: "tick", x: width - margin.right, y: height - 1, "text-anchor": "end" });
    label.textContent = this.options.xTitle ?? "epoch";
    nodes.push(label);
    for (const s of this.series) {
      const inside = s.points.filter((p) => p[0] >= x0 - 1 && p[0] <= x1 + 1);
      if (inside.length > 1) {
        const path = inside.map((p, i) => `${i ? "L" : "M"}${this.x(p[0]).toFixed(1)} ${this.y(p[1]).toFixed(1)}`).join("");
        nodes.push(el("path", { class: `line ${s.className}`, d: path, style: s.style ?? "" }));
      }
      if (s.dots) for (const p of inside.length > 60 ? inside.slice(-1) : inside)
        nodes.push(el("circle", { class: `dot ${s.className}`, cx: this.x(p[0]), cy: this.y(p[1]), r: 3, style: s.style ?? "" }));
    }
    this.cross = el("line", { class: "cross", y1: margin.top, y2: margin.top + h, visibility: "hidden" });
    this.band = el("rect", { class: "band", y: margin.top, height: h, width: 0, x: 0 });
    this.svg.replaceChildren(...nodes, this.band, this.cross);
    const names = this.series.map((s) => `${s.name}|${s.className}|${s.style ?? ""}`).join();
    if (names !== this.names) {
      this.names = names;
      this.legend.replaceChildren(...this.series.map((s) => html("span", { class: "key" }, html("i", { class: s.className, style: s.style ?? "" }), s.name)));
    }
  }
  at(event) {
    const box = this.svg.getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * this.width;
  }
  listen() {
    let from = null;
    this.svg.onpointermove = (event) => {
      const px = this.at(event);
      if (from !== null && this.band) {
        this.band.setAttribute("x", Math.min(from, px));
        this.band.setAttribute("width", Math.abs(px - from));
      }
      this.hover(px);
    };
    this.svg.onpointerleave = () => {
      this.tip.hidden = true;
      this.cross?.setAttribute("visibility", "hidden");
    };
    this.svg.onpointerdown = (event) => {
      if (event.button !== 0) return;
      from = this.at(event);
      this.svg.setPointerCapture(event.pointerId); // so that a release outside of the chart is told too
    };
    this.svg.onpointerup = (event) => {
      if (from !== null && Math.abs(this.at(event) - from) > 12) this.zoomTo(this.inverse(from), this.inverse(this.at(event)));
      from = null;
      this.draw();
    };
    this.svg.onpointercancel = () => { from = null; this.draw(); };
    this.svg.ondblclick = () => { this.zoom = null; this.draw(); };
  }
  zoomTo(one, other) {
    const [x0, x1] = this.xRange();
    const [a, b] = [Math.max(x0, Math.min(one, other)), Math.min(x1, Math.max(one, other))];
    if (a < b) this.zoom = [a, b];
  }
  hover(px) {
    if (!this.inverse || !this.series.some((s) => s.points.length)) return;
    const target = this.inverse(px);
    const rows = [];
    let anchor = null;
    for (const s of this.series) {
      let best = null;
      for (const p of s.points) if (best === null || Math.abs(p[0] - target) < Math.abs(best[0] - target)) best = p;
      if (best) {
        rows.push(html("div", { class: "key" }, html("i", { class: s.className, style: s.style ?? "" }), `${s.name} ${this.options.format(best[1])}`));
        if (anchor === null || s.dots) anchor = best[0];
      }
    }
    this.cross.setAttribute("x1", this.x(anchor));
    this.cross.setAttribute("x2", this.x(anchor));
    this.cross.setAttribute("visibility", "visible");
    this.tip.replaceChildren(html("div", { text: `${this.options.xTitle ?? "epoch"} ${short(anchor)}` }), ...rows);
    this.tip.hidden = false;
    const left = (this.x(anchor) / this.width) * this.svg.clientWidth;
    this.tip.style.left = left > this.svg.clientWidth / 2 ? "" : `${left + 20}px`;
    this.tip.style.right = left > this.svg.clientWidth / 2 ? `${this.svg.clientWidth - left + 20}px` : "";
  }
}
