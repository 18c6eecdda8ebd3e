// A training played back: the fitted curve through its points, and the errors beside it, frame by frame.
// Every frame was recorded while the network really learned; here they are only drawn.

const FITS = new WeakMap();
const SECONDS = 4;

class FitPlayer {
  constructor(root) {
    this.root = root;
    this.play = html("button", { type: "button", class: "play" });
    this.slider = html("input", { type: "range", min: 0, step: 1, "aria-label": "Step of the training" });
    this.said = html("p", { class: "said" });
    this.curve = el("svg", { role: "img" });
    this.errors = el("svg", { role: "img" });
    const panel = (title, legend, svg) => html("figure", {}, html("figcaption", {}, html("strong", { text: title }), legend), svg);
    this.curveLegend = html("span", { class: "legend" });
    this.errorLegend = html("span", { class: "legend" });
    root.replaceChildren(
      html("div", { class: "panels" }, panel("The points and the fit", this.curveLegend, this.curve), panel("Mean squared error", this.errorLegend, this.errors)),
      html("div", { class: "bar" }, this.play, this.slider), this.said,
    );
    this.play.onclick = () => (this.timer ? this.stop() : this.start(this.at >= this.last ? 0 : this.at));
    this.slider.oninput = () => { this.stop(); this.show(+this.slider.value); };
    new ResizeObserver(() => this.data && this.show(this.at)).observe(root);
  }
  load(data) {
    const key = JSON.stringify(data);
    if (this.key === key) return;
    this.key = key;
    this.data = data;
    this.last = Math.max(...data.runs.map((run) => run.steps.length)) - 1;
    this.slider.max = this.last;
    const all = data.runs.flatMap((run) => [...run.train, ...run.val]).filter((v) => v > 0);
    this.range = [Math.max(1e-4, Math.min(...all)), Math.max(...all)].map(Math.log10);
    const ys = [...data.train[1], ...data.val[1], ...data.truth[1]];
    this.y = [Math.min(...ys) - 0.4, Math.max(...ys) + 0.4];
    this.curveLegend.replaceChildren(...this.keys([["truth", "true curve"], ...data.runs.map((run) => [run.name, run.title])]), this.dotKey("train", "training"), this.dotKey("val", "validation"));
    this.errorLegend.replaceChildren(...data.runs.flatMap((run) => this.keys([[run.name, `${run.title}, validation`], [`${run.name} thin`, "training"]])));
    matchMedia("(prefers-reduced-motion: reduce)").matches ? this.show(this.last) : this.start(0);
  }
  keys(rows) { return rows.map(([name, title]) => html("span", { class: `key ${name}` }, html("i"), title)); }
  dotKey(name, title) { return html("span", { class: `key spot ${name}` }, html("i"), title); }
  start(from) {
    this.stop();
    this.show(from);
    const begun = performance.now() - (from / this.last) * SECONDS * 1000;
    const tick = (now) => {
      if (!this.root.isConnected) return this.stop();
      this.show(Math.min(this.last, Math.max(0, Math.floor((this.last * (now - begun)) / (SECONDS * 1000)))));
      if (this.at >= this.last) this.stop();
      else this.timer = requestAnimationFrame(tick);
    };
    this.timer = requestAnimationFrame(tick);
    this.label();
  }
  stop() {
    cancelAnimationFrame(this.timer);
    this.timer = null;
    this.label();
  }
  label() {
    this.play.textContent = this.timer ? "❚❚" : "▶";
    this.play.setAttribute("aria-label", this.timer ? "Pause" : "Play the training");
    this.said.setAttribute("aria-live", this.timer ? "off" : "polite"); // not every frame is worth reading out
  }
  reached(run) { return Math.min(this.at, run.steps.length - 1); }
  isBack(run) { return run.stopped && this.at >= run.steps.length - 1; } // stopped, and gone back to its best weights
  show(at) {
    this.at = at;
    this.slider.value = at;
    this.root.dataset.at = at;
    this.drawCurve();
    this.drawErrors();
    const words = this.data.runs.map((run) => {
      const i = this.reached(run);
      return `${run.title}: step ${run.steps[i]}, training error ${run.train[i].toFixed(3)}, validation error ${run.val[i].toFixed(3)}${this.isBack(run) ? `; stopped, back to step ${run.steps[run.kept]}` : ""}.`;
    });
    this.said.textContent = words.join(" ");
  }
  axes(svg, height, left) {
    const width = Math.max(240, svg.parentElement.clientWidth);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    return { left, right: width - 10, top: 8, bottom: height - 34 };
  }
  text(x, y, words, anchor) {
    const node = el("text", { class: "tick", x, y, "text-anchor": anchor });
    node.textContent = words;
    return node;
  }
  path(name, points) { return el("path", { class: `line ${name}`, d: points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("") }); }
  drawCurve() {
    const { train, val, truth, runs } = this.data, box = this.axes(this.curve, 300, 34), [low, high] = this.y;
    const x = (v) => box.left + ((v - truth[0][0]) / (truth[0][truth[0].length - 1] - truth[0][0])) * (box.right - box.left);
    const y = (v) => box.bottom - ((Math.min(high, Math.max(low, v)) - low) / (high - low)) * (box.bottom - box.top);
    const nodes = ticks(low, high, 5).flatMap((v) => [el("line", { class: "grid", x1: box.left, x2: box.right, y1: y(v), y2: y(v) }), this.text(box.left - 5, y(v) + 4, short(v), "end")]);
    nodes.push(...ticks(truth[0][0], truth[0][truth[0].length - 1], 4).map((v) => this.text(x(v), box.bottom + 16, short(v), "middle")));
    nodes.push(this.path("truth", truth[0].map((v, i) => [x(v), y(truth[1][i])])));
    for (const run of runs) nodes.push(this.path(run.name, truth[0].map((v, i) => [x(v), y(run.curves[this.isBack(run) ? run.kept : this.reached(run)][i])])));
    const dots = (name, [xs, ys], r) => xs.map((v, i) => el("circle", { class: `dot ${name}`, cx: x(v), cy: y(ys[i]), r }));
    nodes.push(...dots("val", val, 2.5), ...dots("train", train, 4.5));
    this.curve.replaceChildren(...nodes);
    this.curve.setAttribute("aria-label", `${train[0].length} noisy training points, the true curve, and what the network makes of them`);
  }
  drawErrors() {
    const { runs } = this.data, box = this.axes(this.errors, 300, 44), [low, high] = this.range;
    const most = Math.max(...runs.map((run) => run.steps[run.steps.length - 1]));
    const x = (v) => box.left + (v / most) * (box.right - box.left);
    const y = (v) => box.bottom - ((Math.log10(Math.max(v, 1e-4)) - low) / (high - low || 1)) * (box.bottom - box.top);
    const nodes = [];
    for (let power = Math.ceil(low); power <= high; power++) nodes.push(el("line", { class: "grid", x1: box.left, x2: box.right, y1: y(10 ** power), y2: y(10 ** power) }), this.text(box.left - 5, y(10 ** power) + 4, `${+(10 ** power).toPrecision(1)}`, "end"));
    nodes.push(...ticks(0, most, 4).map((v) => this.text(x(v), box.bottom + 16, v, "middle")), this.text(box.right, box.bottom + 30, "step", "end"));
    for (const run of runs) {
      const upTo = this.reached(run) + 1, points = (values) => values.slice(0, upTo).map((v, i) => [x(run.steps[i]), y(v)]);
      nodes.push(this.path(`${run.name} thin`, points(run.train)), this.path(run.name, points(run.val)));
      if (this.isBack(run)) nodes.push(el("circle", { class: `ring ${run.name}`, cx: x(run.steps[run.kept]), cy: y(run.val[run.kept]), r: 7 }));
    }
    this.errors.replaceChildren(...nodes);
    this.errors.setAttribute("aria-label", "Training and validation error against the step, on a logarithmic scale");
  }
}

export default function ({ data, parentElement }) {
  let view = FITS.get(parentElement);
  if (!view) {
    view = new FitPlayer(parentElement.querySelector(".fit"));
    FITS.set(parentElement, view);
  }
  view.load(data);
  return () => { view.stop(); FITS.delete(parentElement); };
}
