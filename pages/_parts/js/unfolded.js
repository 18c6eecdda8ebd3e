// A recurrent network unfolded: its steps beside one another, and the gradient on its way back through the states.
// Every number was measured in one backward pass; playing only uncovers them, from the last state to the first.

const UNFOLDED = new WeakMap();
const COLUMN = 62, DECADES = 9, SECONDS = 5;
const ROWS = { output: 26, state: 92, number: 127, input: 164, time: 192, height: 204 };
const exponent = (v) => (v === 0 ? "0" : v >= 0.01 && v < 1000 ? +v.toPrecision(2) + "" : v.toExponential(0).replace("+", ""));
const precise = (v) => (v === null ? "no finite number" : v === 0 ? "0" : v.toPrecision(3).replace("e+", "e"));

class Unfolded {
  constructor(root) {
    this.root = root;
    const button = (name, text, act) => {
      const node = html("button", { type: "button", "aria-label": name, title: name, text });
      node.onclick = act;
      return node;
    };
    this.play = button("Play backwards", "▶", () => (this.timer ? this.stop() : this.start()));
    this.back = button("One step back in time", "←", () => this.go(this.at + 1));
    this.forth = button("One step forward in time", "→", () => this.go(this.at - 1));
    this.slider = html("input", { type: "range", min: 0, step: 1, "aria-label": "Steps that the gradient has gone back" });
    this.slider.oninput = () => this.go(+this.slider.value);
    this.strip = el("svg", { class: "strip", "aria-hidden": "true", preserveAspectRatio: "none" });
    this.graph = el("svg", { role: "img" });
    this.box = html("div", { class: "box", tabindex: 0, role: "group", "aria-label": "The steps; arrow keys go from state to state" }, this.graph);
    this.box.onkeydown = (event) => this.key(event);
    this.said = html("p", { class: "said" });
    const names = html("div", { class: "names" }, ...["output", "state", "input"].map((name) => html("span", { style: `top: ${ROWS[name] - 8}px`, text: name })));
    const legend = html("div", { class: "legend" }, html("span", { text: "a billionth" }), html("i", { class: "scale" }), html("span", { text: "as at the last state" }), html("i", { class: "scale more" }), html("span", { text: "a billion times" }));
    root.replaceChildren(html("div", { class: "bar" }, this.play, this.back, this.forth, this.slider), this.strip, html("div", { class: "steps" }, names, this.box), this.said, legend);
  }
  load(data) {
    const key = JSON.stringify(data);
    if (this.dataKey === key) return;
    this.dataKey = key;
    this.stop();
    this.data = data;
    this.lag = data.norms.length - 1;
    this.slider.max = this.lag;
    this.draw();
    this.drawStrip();
    this.at = this.lag;
    this.mark(0, true);
    this.uncover();
  }
  share(back) {
    const [last, norm] = [this.data.norms[0], this.data.norms[back]];
    return last === null || norm === null ? null : last ? norm / last : 0;
  }
  colour(back) {
    const share = this.share(back);
    if (share === null) return "var(--st-red-color)";
    if (share === 0) return "transparent";
    const level = Math.max(-1, Math.min(1, Math.log10(share) / DECADES));
    const [colour, under, part] = level < 0 ? ["var(--st-primary-color)", "transparent", 1 + level] : ["var(--st-red-color)", "var(--st-primary-color)", level];
    return `color-mix(in oklab, ${colour} ${(100 * part).toFixed(1)}%, ${under})`;
  }
  x(back) { return COLUMN * (this.lag - back) + COLUMN / 2; }
  text(x, y, words, name = "") {
    const node = el("text", { x, y, class: name, "text-anchor": "middle" });
    node.textContent = words;
    return node;
  }
  arrow(name, x1, y1, x2, y2) { return el("line", { class: name, x1, y1, x2, y2, "marker-end": `url(#head-${name.split(" ")[0]})` }); }
  head(name) { return el("marker", { id: `head-${name}`, class: name, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 6, markerHeight: 6, orient: "auto" }, el("path", { d: "M0 0L8 4L0 8z" })); }
  draw() {
    const { lag, data } = this, width = COLUMN * (lag + 1) + 150, { output, state, input, time, height } = ROWS;
    const nodes = [el("defs", {}, this.head("forward"))];
    this.columns = [];
    for (let back = lag; back >= 0; back--) {
      const x = this.x(back), step = lag - back, matters = data.matter.includes(step);
      const circle = el("circle", { class: "state", cx: x, cy: state, r: 17 });
      const ring = el("circle", { class: "ring", cx: x, cy: state, r: 22 });
      const number = el("text", { x: x - 5, y: ROWS.number, class: "number", "text-anchor": "end" }); // beside the arrow
      const way = back < lag ? el("path", { class: "way", d: `M${x - 17} ${state + 10}L${x - COLUMN + 17} ${state + 10}` }) : null;
      const group = el("g", { class: "column", "data-back": back },
        el("rect", { class: "hit", x: x - COLUMN / 2, y: 0, width: COLUMN, height }),
        this.arrow("forward", x, input - 14, x, state + 20), this.arrow(`forward${back ? " faint" : ""}`, x, state - 19, x, output + 13),
        ...(back < lag ? [this.arrow("forward", x - COLUMN + 18, state - 5, x - 20, state - 5)] : []), ...(way ? [way] : []),
        el("circle", { class: back ? "output faint" : "output", cx: x, cy: output, r: 10 }),
        ring, circle, number, this.text(x, input + 4, data.inputs[step], matters ? "input matters" : "input"), this.text(x, time, step + 1, "time"));
      group.onpointerenter = () => this.mark(back, false);
      group.onclick = () => this.go(back);
      nodes.push(group);
      this.columns[back] = { circle, ring, number, way };
    }
    const x = this.x(0) + COLUMN / 2 + 22;
    nodes.push(this.arrow("forward", this.x(0) + 12, output, x - 8, output), el("rect", { class: "loss", x: x - 6, y: 4, width: 118, height: 62, rx: 8 }));
    [[`said ${data.said}`, 20], [`wanted ${data.wanted}`, 38], [`loss ${precise(data.loss)}`, 57]].forEach(([words, y], i) => nodes.push(this.text(x + 53, y, words, i === 2 ? "total" : "answer")));
    this.graph.replaceChildren(...nodes);
    for (const [name, value] of [["width", width], ["height", height], ["viewBox", `0 0 ${width} ${height}`]]) this.graph.setAttribute(name, value);
    this.graph.setAttribute("aria-label", `${data.title} unfolded over ${lag + 1} steps, with the gradient at each state`);
  }
  drawStrip() {
    this.strip.setAttribute("viewBox", `0 0 ${this.lag + 1} 1`);
    this.cells = this.data.norms.map((_, back) => {
      const cell = el("rect", { x: this.lag - back, y: 0, width: 1.02, height: 1 });
      cell.onclick = () => this.go(back);
      return cell;
    });
    this.strip.replaceChildren(...this.cells);
  }
  uncover() { // the states that the gradient has reached, coloured by what was measured there
    this.columns.forEach(({ circle, number, way }, back) => {
      const reached = back <= this.at, share = this.share(back), colour = reached ? this.colour(back) : "transparent";
      circle.style.fill = colour;
      circle.classList.toggle("reached", reached);
      number.textContent = reached ? (share === null ? "∞" : exponent(share)) : "";
      if (way) way.style.stroke = back < this.at ? this.colour(back + 1) : "transparent";
      this.cells[back].style.fill = colour;
    });
    this.slider.value = this.at;
    this.root.dataset.at = this.at;
    this.back.disabled = this.at >= this.lag;
    this.forth.disabled = this.at <= 0;
  }
  go(back) {
    this.stop();
    this.at = Math.max(0, Math.min(this.lag, back));
    this.uncover();
    this.mark(this.at, true);
  }
  mark(back, follow) {
    this.marked = Math.max(0, Math.min(this.lag, back));
    this.columns.forEach(({ ring }, i) => ring.classList.toggle("on", i === this.marked));
    if (follow) this.box.scrollLeft = this.marked ? this.x(this.marked) - this.box.clientWidth / 2 : this.box.scrollWidth;
    const step = this.lag - this.marked, norm = this.data.norms[this.marked], share = this.share(this.marked);
    const where = this.marked ? `${this.marked} ${this.marked === 1 ? "step" : "steps"} before the end` : "the last one";
    const input = `Its input is ${this.data.inputs[step]}${this.data.matter.includes(step) ? ", which the answer depends on" : ""}.`;
    this.said.textContent = `State ${step + 1}, ${where}: the gradient's norm is ${precise(norm)}${this.marked && share !== null ? `, ${precise(share)} times that at the last state` : ""}. ${input}`;
  }
  key(event) {
    const to = { ArrowLeft: this.marked + 1, ArrowRight: this.marked - 1, Home: this.lag, End: 0 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.stop();
    this.mark(to, true);
  }
  start() {
    const begun = performance.now(), seconds = Math.min(SECONDS, 0.4 * this.lag);
    const tick = (now) => {
      if (!this.root.isConnected) return this.stop();
      const at = Math.min(this.lag, Math.max(0, Math.floor((this.lag * (now - begun)) / (seconds * 1000))));
      if (at !== this.at) {
        this.at = at;
        this.uncover();
        this.mark(at, true);
      }
      if (at >= this.lag) this.stop();
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
    const name = this.timer ? "Pause" : "Play backwards";
    this.play.textContent = this.timer ? "❚❚" : "▶";
    this.play.setAttribute("aria-label", name);
    this.play.title = name;
    this.said.setAttribute("aria-live", this.timer ? "off" : "polite");
  }
}

export default function ({ data, parentElement }) {
  let view = UNFOLDED.get(parentElement);
  if (!view) {
    view = new Unfolded(parentElement.querySelector(".unfolded"));
    UNFOLDED.set(parentElement, view);
  }
  view.load(data);
  return () => { view.stop(); UNFOLDED.delete(parentElement); };
}
