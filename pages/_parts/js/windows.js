// Which input pixels each output reads (or, transposed, writes): a row an output, a column an input pixel.
// Hover or use the arrow keys to light one output; padding is hatched, pixels that nothing reads are orange.

const WINDOWS = new WeakMap();

class Windows {
  constructor(root) {
    this.canvas = html("canvas", { tabindex: 0, role: "img" });
    this.said = html("p", { class: "said", "aria-live": "polite" });
    root.replaceChildren(this.canvas, this.said);
    this.root = root;
    this.at = null;
    this.canvas.onpointermove = (event) => { const row = Math.floor((event.offsetY - this.top) / this.cell); this.light(row >= 0 && row < this.data.output ? row : null); };
    this.canvas.onpointerleave = () => this.light(null);
    this.canvas.onkeydown = (event) => {
      const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      if (by) { event.preventDefault(); this.light(Math.min(this.data.output - 1, Math.max(0, (this.at ?? -by) + by))); }
    };
    new ResizeObserver(() => this.draw()).observe(root);
  }
  show(data) {
    this.data = data;
    this.canvas.setAttribute("aria-label", `${data.output} windows over ${data.side} pixels; ${data.dropped} at the end are not reached`);
    this.at = null;
    this.draw();
  }
  light(at) { if (at !== this.at) { this.at = at; this.draw(); } }
  // the pixels that output i reads; of a transposed convolution, the inputs that reach it
  taps(i) {
    const { kernel, stride, padding, dilation, transposed, side } = this.data, found = [];
    for (let k = 0; k < kernel; k++) {
      if (!transposed) found.push(i * stride - padding + k * dilation);
      else {
        const at = i + padding - k * dilation;
        if (at % stride === 0 && at / stride >= 0 && at / stride < side) found.push(at / stride);
      }
    }
    return found;
  }
  draw() {
    const d = this.data;
    if (!d) return;
    const pad = d.transposed ? 0 : d.padding, columns = d.side + 2 * pad, room = Math.max(200, this.root.clientWidth);
    this.cell = Math.max(2, Math.min(22, Math.floor((room - 40) / columns), Math.floor(520 / Math.max(1, d.output))));
    this.top = this.cell + 8;
    const scale = globalThis.devicePixelRatio || 1, width = columns * this.cell + 34, height = this.top + d.output * this.cell + 4;
    Object.assign(this.canvas, { width: width * scale, height: height * scale });
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    const c = this.canvas.getContext("2d"), style = getComputedStyle(this.root), colour = (name, or) => style.getPropertyValue(name).trim() || or;
    const ink = colour("--st-text-color", "#222"), line = colour("--st-border-color", "#ccc"), blue = colour("--st-primary-color", "#2a5fd0"), orange = "#d9730d";
    c.scale(scale, scale);
    c.clearRect(0, 0, width, height);
    const read = new Set();
    for (let i = 0; i < d.output; i++) this.taps(i).forEach((p) => read.add(p));
    const x = (p) => (p + pad) * this.cell, inner = Math.max(1, this.cell - 1);
    for (let p = -pad; p < d.side + pad; p++) {
      const padding = p < 0 || p >= d.side;
      c.fillStyle = padding ? line : read.has(p) ? ink : orange;
      c.globalAlpha = padding ? 0.5 : read.has(p) ? 0.55 : 1;
      c.fillRect(x(p), 0, inner, inner);
    }
    for (let i = 0; i < d.output; i++) {
      const lit = i === this.at;
      c.globalAlpha = this.at === null || lit ? 1 : 0.25;
      for (const p of this.taps(i)) {
        if (p < -pad || p >= d.side + pad) continue;
        c.fillStyle = p < 0 || p >= d.side ? line : lit ? orange : blue;
        c.fillRect(x(p), this.top + i * this.cell, inner, inner);
      }
      if (this.cell >= 9 && (lit || d.output <= 40)) { c.fillStyle = ink; c.font = `${Math.min(12, this.cell)}px sans-serif`; c.fillText(`${i}`, columns * this.cell + 5, this.top + (i + 0.8) * this.cell); }
    }
    c.globalAlpha = 1;
    const taps = this.at === null ? null : this.taps(this.at), own = taps?.filter((p) => p >= 0 && p < d.side);
    this.said.textContent = taps ? (own.length ? `Output ${this.at} ${d.transposed ? "gets from" : "reads"} input ${own.length > 8 ? `${Math.min(...own)} to ${Math.max(...own)}` : own.sort((a, b) => a - b).join(", ")}${taps.length > own.length && !d.transposed ? ` and ${taps.length - own.length} of padding` : ""}.` : d.transposed ? `No input reaches output ${this.at}.` : `Output ${this.at} sees only padding.`) : "";
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".windows");
  let view = WINDOWS.get(parentElement);
  if (!view) {
    view = new Windows(root);
    WINDOWS.set(parentElement, view);
  }
  view.show(data);
  return () => WINDOWS.delete(parentElement);
}
