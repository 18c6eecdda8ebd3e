// The curves of several runs over one another, in one chart a quantity; with a `url`, pushed as they happen.

import { LineChart } from "../shared/chart.js";
import { categorical } from "../shared/colours.js";
import { html } from "../shared/dom.js";
import { forget, rootOf, viewIn, viewOf } from "../shared/mount.js";
import { percent, short, whole } from "../shared/numbers.js";
import { stateWord, took } from "../shared/words.js";
import { nextFrame } from "./later.js";
import { watch } from "./stream.js";

/** @import { CompareData, Curve, CurvePoint, Started, Told, TrainEvent } from "../types.js" */
/** @import { ChartOptions, Point } from "../shared/chart.js" */
/** @import { Mount } from "../shared/mount.js" */
/** @typedef {"val_accuracy" | "val_loss" | "train_error" | "val_error"} Quantity */
/** @typedef {Curve & { colour: string }} Coloured */

/** @typedef {Partial<Record<Quantity, ChartOptions>>} Drawn */

const SHARE = { format: percent, tick: whole };
/** @type {Drawn} */
const QUALITY = {
  val_accuracy: { title: "Validation accuracy", ...SHARE, high: 1, fit: true },
  val_loss: { title: "Validation loss", format: short, low: 0 },
};
/** @type {Drawn} */
const ERRORS = {
  train_error: { title: "Training error", ...SHARE, low: 0 },
  val_error: { title: "Validation error", ...SHARE, low: 0 },
};
const HINT = "Drag over a chart to zoom, double-click to see all of it; by keyboard: arrows, plus, Escape.";

/**
 * What is known of a run.
 * @typedef {object} Known
 * @property {string} state
 * @property {CurvePoint[]} epochs
 * @property {number} seconds that it has worked
 * @property {number} [since] when it would have begun without its pauses
 * @property {boolean} [stopped]
 */

class Comparison {
  /**
   * @param {HTMLElement} root
   * @param {CompareData} data
   */
  constructor(root, { url, errors }) {
    this.root = root;
    this.url = url;
    const drawn = Object.entries(errors ? ERRORS : QUALITY);
    this.charts = drawn.map(([key, options]) => ({
      key: /** @type {Quantity} */ (key),
      chart: new LineChart(options),
    }));
    this.stats = html("div", { class: "stats" });
    this.verdict = html("p", { class: "verdict", role: "status", "aria-live": "polite" });
    const charts = html("div", { class: "charts" }, ...this.charts.map(({ chart }) => chart.root));
    root.replaceChildren(...(url ? [this.stats, this.verdict] : []), charts, html("p", { class: "hint", text: HINT }));
    /** @type {Map<string, Known>} */
    this.past = new Map();
    /** @type {Coloured[]} */
    this.runs = [];
    this.later = nextFrame(() => this.draw());
    this.leave = url ? watch(url, (event) => this.take(event)) : () => {};
  }

  /**
   * @param {Curve[]} runs
   * @param {string[]} colours
   */
  show(runs, colours) {
    this.runs = runs.map((run, i) => ({ ...run, colour: colours[i % colours.length] ?? "var(--blue)" }));
    this.draw();
  }

  /** @param {Told & TrainEvent} event */
  take(event) {
    const run = this.past.get(event.run) ?? { state: "queued", epochs: [], seconds: 0 };
    this.past.set(event.run, run);
    learn(run, event);
    if (run.since !== undefined) run.seconds = event.at - run.since;
    this.later();
  }

  /**
   * @param {Curve} run
   * @returns {Known}
   */
  of({ id, epochs = [] }) {
    return this.past.get(id ?? "") ?? { state: "queued", epochs, seconds: 0 };
  }

  get isOver() {
    return this.runs.every((run) => ["done", "failed", "cancelled"].includes(this.of(run).state));
  }

  draw() {
    for (const { key, chart } of this.charts) chart.update(this.runs.map((run) => this.series(run, key)));
    const best = this.runs.map((run) => bestOf(this.of(run).epochs));
    this.stats.replaceChildren(...this.runs.map((run, i) => stat(run, this.of(run), best[i])));
    this.root.dataset.states = this.runs.map((run) => this.of(run).state).join(" ");
    const [first, second] = best;
    this.verdict.textContent =
      best.length === 2 && first !== null && second !== null ? this.compared(first - second) : "";
  }

  /**
   * @param {Coloured} run
   * @param {Quantity} key
   */
  series(run, key) {
    const points = this.of(run).epochs.map((epoch) => /** @type {Point} */ ([epoch.epoch, epoch[key]]));
    return { name: run.name, className: "own", style: `color: ${run.colour}`, dots: true, points };
  }

  /** @param {number} ahead how far the first one's accuracy is above the second one's */
  compared(ahead) {
    this.root.dataset.ahead = (100 * ahead).toFixed(1);
    const [more, less] = ahead >= 0 ? this.runs : [...this.runs].reverse();
    const points = (100 * Math.abs(ahead)).toFixed(1);
    if (+points === 0) return "Both are equally good so far.";
    return `${more.name} is ${points} points ahead of ${less.name.toLowerCase()}${this.isOver ? "" : " so far"}.`;
  }
}

/**
 * @param {Known} run
 * @param {Told & TrainEvent} event
 */
const learn = (run, event) => {
  if (event.event === "state") {
    run.state = event.state;
    if (event.state === "running") run.since = event.at - run.seconds;
  } else if (event.event === "stopping") run.state = "stopping";
  else if (event.event === "finished") run.stopped = event.stopped;
  else if (event.event === "started") run.epochs = run.epochs.filter((e) => e.epoch <= event.resumed_from_epoch);
  else if (event.event === "epoch") run.epochs.push(event);
};

/**
 * The best accuracy so far.
 * @param {CurvePoint[]} epochs
 */
const bestOf = (epochs) => (epochs.length ? Math.max(...epochs.map((epoch) => epoch.val_accuracy ?? 0)) : null);

/**
 * @param {Coloured} run
 * @param {Known} known
 * @param {number | null} best
 */
const stat = ({ id = "", name, colour }, { state, stopped, epochs, seconds }, best) => {
  const last = epochs.at(-1);
  const so = last ? ` · epoch ${last.epoch} after ${took(seconds)}` : "";
  return html(
    "div",
    { class: "stat", "data-run": id },
    html("span", { class: "key" }, html("i", { style: `color: ${colour}` }), name),
    html("b", { text: best === null ? "–" : percent(best) }),
    html("small", { text: `${stateWord(state, stopped)}${so}` }),
  );
};

/** @param {Mount<CompareData>} mount */
export default function ({ data, parentElement }) {
  const make = () => new Comparison(rootOf(parentElement, "live"), data);
  let view = viewIn(parentElement, make);
  if (view.url !== data.url) {
    view.leave();
    forget(parentElement);
    view = viewIn(parentElement, make);
  }
  view.show(data.runs, categorical(parentElement.host ?? parentElement));
  return () => {
    viewOf(parentElement)?.leave();
    forget(parentElement);
  };
}
