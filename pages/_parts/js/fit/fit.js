// A training played back: the fitted curve through its points, and the errors beside it, frame by frame.
// Every frame was recorded while the network really learned; here they are only drawn.

import { el, html } from "../shared/dom.js";
import { forget, rootOf, viewIn } from "../shared/mount.js";
import { Player } from "../shared/player.js";
import { curveParts, errorParts } from "./parts.js";
import { errorRange, lastFrame, saidAt, valueRange } from "./recorded.js";

/** @import { FitData } from "../types.js" */
/** @import { Mount } from "../shared/mount.js" */

const SECONDS = 4;
const HEIGHT = 300;
const CURVE = "noisy training points, the true curve, and what the network makes of them";
const ERRORS = "Training and validation error against the step, on a logarithmic scale";

/**
 * @param {string} title
 * @param {HTMLElement} legend
 * @param {SVGElement} svg
 */
const panel = (title, legend, svg) =>
  html("figure", {}, html("figcaption", {}, html("strong", { text: title }), legend), svg);

/**
 * @param {string} name its look
 * @param {string} title
 */
const key = (name, title) => html("span", { class: `key ${name}` }, html("i"), title);

class FitPlayer {
  /**
   * @param {HTMLElement} root
   * @param {FitData} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.loaded = "";
    this.last = 0;
    this.at = 0;
    this.slider = html("input", { type: "range", min: 0, step: 1, "aria-label": "Step of the training" });
    this.said = html("p", { class: "said" });
    this.curve = el("svg", { role: "img" });
    this.errors = el("svg", { role: "img" });
    this.curveLegend = html("span", { class: "legend" });
    this.errorLegend = html("span", { class: "legend" });
    this.player = new Player({
      root,
      name: "Play the training",
      className: "play",
      from: () => (this.at >= this.last ? 0 : this.at),
      at: () => this.at,
      last: () => this.last,
      seconds: () => SECONDS,
      show: (step) => this.show(step),
      told: (isPlaying) => this.said.setAttribute("aria-live", isPlaying ? "off" : "polite"), // not all is worth it
    });
    const curve = panel("The points and the fit", this.curveLegend, this.curve);
    const errors = panel("Mean squared error", this.errorLegend, this.errors);
    const bar = html("div", { class: "bar" }, this.player.button, this.slider);
    root.replaceChildren(html("div", { class: "panels" }, curve, errors), bar, this.said);
    this.slider.oninput = () => {
      this.player.stop();
      this.show(+this.slider.value);
    };
    new ResizeObserver(() => this.show(this.at)).observe(root);
  }

  /** @param {FitData} data */
  load(data) {
    const loaded = JSON.stringify(data);
    if (this.loaded === loaded) return;
    this.loaded = loaded;
    this.data = data;
    this.last = lastFrame(data);
    this.slider.max = String(this.last);
    const { runs } = data;
    const fits = runs.map(({ name, title }) => key(name, title));
    const dots = [key("spot train", "training"), key("spot val", "validation")];
    this.curveLegend.replaceChildren(key("truth", "true curve"), ...fits, ...dots);
    const both = runs.flatMap(({ name, title }) => [
      key(name, `${title}, validation`),
      key(`${name} thin`, "training"),
    ]);
    this.errorLegend.replaceChildren(...both);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) this.show(this.last);
    else this.player.start(0);
  }

  /** @param {number} at */
  show(at) {
    const { data } = this;
    this.at = at;
    this.slider.value = String(at);
    this.root.dataset.at = String(at);
    this.curve.replaceChildren(...curveParts(data, at, valueRange(data), sized(this.curve)));
    this.curve.setAttribute("aria-label", `${data.train[0].length} ${CURVE}`);
    this.errors.replaceChildren(...errorParts(data, at, errorRange(data), sized(this.errors)));
    this.errors.setAttribute("aria-label", ERRORS);
    this.said.textContent = data.runs.map((run) => saidAt(run, at)).join(" ");
  }
}

/**
 * Make a drawing as wide as there is room; returns how wide and how high it is.
 * @param {SVGElement} svg
 */
const sized = (svg) => {
  const width = Math.max(240, svg.parentElement?.clientWidth ?? 0);
  svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  svg.setAttribute("width", String(width));
  svg.setAttribute("height", String(HEIGHT));
  return { width, height: HEIGHT };
};

/** @param {Mount<FitData>} mount */
export default function ({ data, parentElement }) {
  const view = viewIn(parentElement, () => new FitPlayer(rootOf(parentElement, "fit"), data));
  view.load(data);
  return () => {
    view.player.stop();
    forget(parentElement);
  };
}
