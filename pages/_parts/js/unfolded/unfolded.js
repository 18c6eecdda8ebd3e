// A recurrent network unfolded: its steps beside one another, and the gradient on its way back through the states.
// Every number was measured in one backward pass; playing only uncovers them, from the last state to the first.

import { button, el, html } from "../shared/dom.js";
import { forget, rootOf, viewIn } from "../shared/mount.js";
import { Player } from "../shared/player.js";
import { several } from "../shared/words.js";
import { arrowHead, COLUMN, columnOf, lossParts, ROWS } from "./parts.js";
import { exponent, precise, shareAt, shareColour } from "./sizes.js";

/** @import { UnfoldedData } from "../types.js" */
/** @import { Mount } from "../shared/mount.js" */
/** @import { Column } from "./parts.js" */

const SECONDS = 5;
const SECONDS_A_STEP = 0.4;
const ROOM_FOR_LOSS = 150;

const legend = () =>
  html(
    "div",
    { class: "legend" },
    html("span", { text: "a billionth" }),
    html("i", { class: "scale" }),
    html("span", { text: "as at the last state" }),
    html("i", { class: "scale more" }),
    html("span", { text: "a billion times" }),
  );

const names = () => {
  const rows = Object.entries({ output: ROWS.output, state: ROWS.state, input: ROWS.input });
  return html("div", { class: "names" }, ...rows.map(([text, y]) => html("span", { style: `top: ${y - 8}px`, text })));
};

class Unfolded {
  /**
   * @param {HTMLElement} root
   * @param {UnfoldedData} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.loaded = "";
    this.lag = 0; // steps from the first state to the last
    this.at = 0; // how far back the gradient has gone
    this.marked = 0;
    /** @type {Column[]} */
    this.columns = [];
    /** @type {SVGRectElement[]} */
    this.cells = [];
    this.said = html("p", { class: "said" });
    this.player = new Player({
      root,
      name: "Play backwards",
      className: "",
      from: () => 0,
      at: () => this.at,
      last: () => this.lag,
      seconds: () => Math.min(SECONDS, SECONDS_A_STEP * this.lag),
      show: (step) => this.show(step),
      told: (isPlaying) => this.said.setAttribute("aria-live", isPlaying ? "off" : "polite"),
    });
    const tool = (/** @type {string} */ name, /** @type {string} */ text, /** @type {number} */ by) =>
      button(text, { "aria-label": name, title: name }, () => this.go(this.at + by));
    this.back = tool("One step back in time", "←", 1);
    this.forth = tool("One step forward in time", "→", -1);
    const slid = "Steps that the gradient has gone back";
    this.slider = html("input", { type: "range", min: 0, step: 1, "aria-label": slid });
    this.slider.oninput = () => this.go(+this.slider.value);
    this.strip = el("svg", { class: "strip", "aria-hidden": "true", preserveAspectRatio: "none" });
    this.graph = el("svg", { role: "img" });
    const said = "The steps; arrow keys go from state to state";
    this.box = html("div", { class: "box", tabindex: 0, role: "group", "aria-label": said }, this.graph);
    this.box.onkeydown = (event) => this.key(event);
    const bar = html("div", { class: "bar" }, this.player.button, this.back, this.forth, this.slider);
    root.replaceChildren(bar, this.strip, html("div", { class: "steps" }, names(), this.box), this.said, legend());
  }

  /** @param {UnfoldedData} data */
  load(data) {
    const loaded = JSON.stringify(data);
    if (this.loaded === loaded) return;
    this.loaded = loaded;
    this.player.stop();
    this.data = data;
    this.lag = data.norms.length - 1;
    this.slider.max = String(this.lag);
    this.draw();
    this.drawStrip();
    this.at = this.lag;
    this.mark(0, true);
    this.uncover();
  }

  /** @param {number} back */
  share(back) {
    return shareAt(this.data.norms, back);
  }

  /** @param {number} back */
  x(back) {
    return COLUMN * (this.lag - back) + COLUMN / 2;
  }

  draw() {
    const width = COLUMN * (this.lag + 1) + ROOM_FOR_LOSS;
    this.columns = this.data.norms.map((_, back) => columnOf(this.data, back, this.x(back)));
    this.columns.forEach(({ root }, back) => {
      root.onpointerenter = () => this.mark(back, false);
      root.onclick = () => this.go(back);
    });
    const columns = this.columns.map(({ root }) => root).reverse();
    this.graph.replaceChildren(el("defs", {}, arrowHead()), ...columns, ...lossParts(this.data, this.x(0)));
    this.graph.setAttribute("width", String(width));
    this.graph.setAttribute("height", String(ROWS.height));
    this.graph.setAttribute("viewBox", `0 0 ${width} ${ROWS.height}`);
    const said = `${this.data.title} unfolded over ${this.lag + 1} steps, with the gradient at each state`;
    this.graph.setAttribute("aria-label", said);
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

  /** The states that the gradient has reached, coloured by what was measured there. */
  uncover() {
    this.columns.forEach(({ circle, number, way }, back) => {
      const isReached = back <= this.at;
      const share = this.share(back);
      const colour = isReached ? shareColour(share) : "transparent";
      circle.style.fill = colour;
      circle.classList.toggle("reached", isReached);
      number.textContent = isReached ? (share === null ? "∞" : exponent(share)) : "";
      if (way) way.style.stroke = back < this.at ? shareColour(this.share(back + 1)) : "transparent";
      this.cells[back].style.fill = colour;
    });
    this.slider.value = String(this.at);
    this.root.dataset.at = String(this.at);
    this.back.disabled = this.at >= this.lag;
    this.forth.disabled = this.at <= 0;
  }

  /** @param {number} back */
  go(back) {
    this.player.stop();
    this.show(Math.max(0, Math.min(this.lag, back)));
  }

  /** @param {number} back */
  show(back) {
    this.at = back;
    this.uncover();
    this.mark(back, true);
  }

  /**
   * Say what was measured at a state; `follow` brings it into sight.
   * @param {number} back
   * @param {boolean} follow
   */
  mark(back, follow) {
    this.marked = Math.max(0, Math.min(this.lag, back));
    this.columns.forEach(({ ring }, i) => ring.classList.toggle("on", i === this.marked));
    const { clientWidth, scrollWidth } = this.box;
    if (follow) this.box.scrollLeft = this.marked ? this.x(this.marked) - clientWidth / 2 : scrollWidth;
    this.said.textContent = this.words(this.marked);
  }

  /** @param {number} back */
  words(back) {
    const { norms, inputs, matter } = this.data;
    const step = this.lag - back;
    const share = this.share(back);
    const where = back ? `${several(back, "step")} before the end` : "the last one";
    const times = back && share !== null ? `, ${precise(share)} times that at the last state` : "";
    const input = `Its input is ${inputs[step]}${matter.includes(step) ? ", which the answer depends on" : ""}.`;
    return `State ${step + 1}, ${where}: the gradient's norm is ${precise(norms[back])}${times}. ${input}`;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { marked, lag } = this;
    const to = { ArrowLeft: marked + 1, ArrowRight: marked - 1, Home: lag, End: 0 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.player.stop();
    this.mark(to, true);
  }
}

/** @param {Mount<UnfoldedData>} mount */
export default function ({ data, parentElement }) {
  const view = viewIn(parentElement, () => new Unfolded(rootOf(parentElement, "unfolded"), data));
  view.load(data);
  return () => {
    view.player.stop();
    forget(parentElement);
  };
}
