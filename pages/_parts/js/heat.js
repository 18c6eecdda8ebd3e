// Gradient flow over a training: a column a measurement, a row a layer, on a colour scale that is logarithmic where sizes are.

const MEASURES = {
  grad_norm: { title: "gradient", log: true },
  weight_grad_norm: { title: "gradient of the weights", log: true },
  activation_std: { title: "spread of the activations", log: true },
  dead: { title: "dead units" },
  weight_norm: { title: "size of the weights", log: true },
  update_ratio: { title: "gradient, as a share of the weights", log: true },
};
const SCALE = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]]; // viridis, which greys keep in order
const ramp = (share) => {
  const place = Math.min(SCALE.length - 1 - 1e-9, Math.max(0, share) * (SCALE.length - 1)), at = Math.floor(place);
  return `rgb(${SCALE[at].map((low, i) => Math.round(low + (place - at) * (SCALE[at + 1][i] - low))).join(",")})`;
};

class HeatMap {
  constructor() {
    this.measure = "grad_norm";
    this.select = html("select", { "aria-label": "What the colours are" }, ...Object.entries(MEASURES).map(([key, { title }]) => html("option", { value: key, text: title })));
    this.select.addEventListener("change", () => { this.measure = this.select.value; this.draw(); });
    this.svg = el("svg", { role: "img", class: "chart heat" });
    this.said = html("p", { class: "hint", role: "status" });
    this.root = html("figure", { class: "chart-box heat-box", hidden: "" }, html("div", { class: "chart-head" }, html("strong", { text: "Every layer over time" }), this.select), this.svg, this.said);
    this.flows = [];
    new ResizeObserver(() => this.draw()).observe(this.root);
    this.svg.addEventListener("pointermove", (event) => this.point(event));
    this.svg.addEventListener("pointerleave", () => this.tell());
  }
  update(flows, epochs) {
    if (flows.length === this.count && epochs === this.epochs) return;
    this.count = flows.length; // the array itself grows in place
    this.flows = flows;
    this.epochs = epochs;
    this.root.hidden = !flows.length;
    this.draw();
  }
  of(layer) {
    const value = layer[this.measure];
    return value === null || (MEASURES[this.measure].log && value <= 0) ? null : MEASURES[this.measure].log ? Math.log10(value) : value;
  }
  draw() {
    if (!this.flows.length) return;
    const width = Math.max(240, this.root.clientWidth - 16), rows = Math.max(...this.flows.map((f) => f.layers.length));
    const height = Math.max(90, Math.min(260, rows * 12)), left = 46, bottom = 30;
    const found = this.flows.flatMap((f) => f.layers.map((layer) => this.of(layer))).filter((v) => v !== null);
    [this.low, this.high] = found.length ? [Math.min(...found), Math.max(...found)] : [0, 1];
    const columns = this.flows.map((f) => f.after), gap = columns.length > 1 ? columns[1] - columns[0] : Math.max(this.epochs, 1) / 40;
    const span = Math.max(this.epochs, columns[columns.length - 1] + gap), across = (width - left - 8) / span, down = height / rows;
    this.place = { left, across, gap, down, rows };
    const cells = this.flows.flatMap((f, i) => f.layers.map((layer, row) => {
      const value = this.of(layer), end = i + 1 < columns.length ? columns[i + 1] : f.after + gap;
      return el("rect", { x: left + f.after * across, y: row * down, width: Math.max(0.5, (end - f.after) * across + 0.4), height: down + 0.4, fill: value === null ? "currentColor" : ramp((value - this.low) / (this.high - this.low || 1)), "fill-opacity": value === null ? 0.15 : 1 });
    }));
    const label = (x, y, text, anchor) => { const node = el("text", { x, y, "text-anchor": anchor, class: "tick" }); node.textContent = text; return node; };
    const marks = [label(left - 6, 10, "first", "end"), label(left - 6, height, "last", "end"), label(left, height + 14, "0", "middle"), label(width - 8, height + 14, `${span.toFixed(span % 1 ? 1 : 0)}`, "end"), label(width - 8, height + 27, "epoch", "end")];
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height + bottom}`);
    this.svg.setAttribute("height", height + bottom);
    this.svg.replaceChildren(...cells, ...marks);
    this.tell();
  }
  word(value) { return value === null ? "not measurable" : this.measure === "dead" ? `${Math.round(100 * value)} %` : value === 0 ? "0" : value.toExponential(1); }
  tell(layer, at) {
    const last = this.flows[this.flows.length - 1], back = (v) => this.word(MEASURES[this.measure].log ? 10 ** v : v);
    this.svg.setAttribute("aria-label", `${MEASURES[this.measure].title} of ${last.layers.length} layers over ${this.flows.length} measurements; ${last.verdict} at the end`);
    this.said.textContent = layer ? `${layer.name} after ${at.toFixed(1)} epochs: ${this.word(layer[this.measure])}` : `Dark ${back(this.low)}, bright ${back(this.high)}. Now ${last.verdict}: the first layer's gradient is ${this.word(last.ratio)} of the last hidden one's.`;
  }
  point(event) {
    const box = this.svg.getBoundingClientRect(), { left, across, down } = this.place;
    const scale = this.svg.viewBox.baseVal.width / box.width, epoch = ((event.clientX - box.left) * scale - left) / across;
    const flow = [...this.flows].reverse().find((f) => f.after <= epoch), layer = flow?.layers[Math.floor(((event.clientY - box.top) * scale) / down)];
    if (layer) this.tell(layer, flow.after);
    else this.tell();
  }
}
