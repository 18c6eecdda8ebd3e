// One training run, live: pushed over server-sent events, drawn in place. The stream reconnects by itself and replays what it missed.

import { LineChart } from "../shared/chart.js";
import { html } from "../shared/dom.js";
import { percent, short, whole } from "../shared/numbers.js";
import { about, stateWord, took } from "../shared/words.js";
import { inLine, notices, ProgressBar } from "./figures.js";
import { HeatMap } from "./heat.js";
import { nextFrame } from "./later.js";
import { lasting, TrainingModel } from "./model.js";
import { figuresOf, progressOf } from "./said.js";
import { follow } from "./stream.js";

/** @import { Epoch, LiveData, Mistake, Told, TrainEvent } from "../types.js" */
/** @import { Point } from "../shared/chart.js" */
/** @import { Mount } from "../shared/mount.js" */

const HEADINGS = ["Epoch", "Loss", "Val. loss", "Acc.", "Val. acc.", "Rate", "Time"];
const MOST_EPOCHS = 200;
const ZOOM_HINT = "Drag over a chart to zoom, double-click to see all of it.";

class LiveRun {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.model = new TrainingModel();
    /** @type {Epoch[]} */
    this.others = []; // of the run beside it
    this.pretrained = true;
    this.wrongKey = "";
    const axis = {
      xHigh: () => this.model.epochsInAll,
      xTitle: () => (this.model.solved ? "share of the way to the solution" : "epoch"),
      marks: () => this.model.marks,
    };
    this.loss = new LineChart({ title: "Loss", format: short, low: 0, ...axis });
    const shares = { format: percent, tick: whole, high: 1, fit: true };
    this.accuracy = new LineChart({ title: "Accuracy", ...shares, ...axis });
    const images = { xHigh: () => this.model.answers.at(-1)?.images ?? 1, xTitle: "training images looked at" };
    this.looking = new LineChart({ title: "Accuracy while it looks", ...shares, ...images });
    this.heat = new HeatMap();
    this.pill = html("span", { class: "pill", role: "status", "aria-live": "polite" });
    this.what = html("span", { class: "what" });
    this.eta = html("span", { class: "eta" });
    this.against = html("span", { class: "against", hidden: "" });
    this.bar = new ProgressBar("Progress of the training");
    this.figures = html("div", { class: "figures" });
    this.notices = html("div", { class: "notices" });
    this.charts = html("div", { class: "charts" }, this.looking.root, this.loss.root, this.accuracy.root);
    this.hint = html("p", { class: "hint", text: ZOOM_HINT });
    this.wrong = html("div", { class: "wrong" });
    const title = html("h4", { text: "Validation images it gets wrong now" });
    this.wrongBox = html("section", { class: "wrong-box", hidden: "" }, title, this.wrong);
    this.body = html("tbody");
    this.later = nextFrame(() => this.draw());
    this.build();
  }

  build() {
    const titles = HEADINGS.map((text) => html("th", { text, scope: "col" }));
    const table = html("table", {}, html("thead", {}, html("tr", {}, ...titles)), this.body);
    const summary = html("summary", { text: "Epoch by epoch" });
    this.root.replaceChildren(
      html("div", { class: "top" }, this.pill, this.what, this.against, this.eta),
      this.bar.root,
      this.figures,
      this.notices,
      this.charts,
      this.hint,
      this.heat.root,
      this.wrongBox,
      html("details", { class: "epochs" }, summary, html("div", { class: "scroll" }, table)),
    );
  }

  /** @param {Told & TrainEvent} event */
  take(event) {
    this.model.take(event);
    this.later();
  }

  /**
   * Of the run beside it, from random weights if this one is from pretrained ones, or the other way round.
   * @param {Told & TrainEvent} event
   */
  takeBeside(event) {
    if (event.event === "started") this.others = lasting(this.others, event);
    else if (event.event === "epoch") this.others.push(event);
    this.later();
  }

  draw() {
    const { state, finished, message, steps, epochs, answers, flows, epochsInAll } = this.model;
    this.root.dataset.state = state;
    this.root.dataset.epochs = String(epochs.length);
    this.root.dataset.answers = String(answers.length);
    this.pill.textContent = stateWord(state, finished?.stopped);
    this.pill.className = `pill ${state}`;
    const display = steps.length || epochs.length || answers.length ? "" : "none";
    this.charts.style.display = display;
    this.hint.style.display = display;
    this.drawProgress();
    this.drawAgainst();
    this.figures.replaceChildren(...inLine(figuresOf(this.model)));
    const failed = state === "failed" && message ? [message] : [];
    this.notices.replaceChildren(...notices([...this.model.notices, ...failed]));
    this.drawCharts();
    this.heat.update(flows, epochsInAll);
    this.body.replaceChildren(...[...epochs].reverse().slice(0, MOST_EPOCHS).map(epochRow));
    this.drawWrong();
  }

  drawProgress() {
    const { share, text, seconds } = progressOf(this.model);
    this.what.textContent = text;
    this.eta.textContent = seconds !== null && this.model.state === "running" ? `${about(seconds)} left` : "";
    this.bar.show(share);
    this.bar.root.classList.toggle("second", this.model.progress !== null);
  }

  drawAgainst() {
    const best = (/** @type {Epoch[]} */ epochs) => whole(Math.max(...epochs.map((epoch) => epoch.val_accuracy)));
    this.against.hidden = !this.model.epochs.length || !this.others.length;
    if (this.against.hidden) return;
    const both = [best(this.model.epochs), best(this.others)].map((text) => html("b", { text }));
    const [first, second] = this.pretrained ? both : both.reverse();
    this.against.replaceChildren(first, " with pretrained weights, ", second, " without");
  }

  drawCharts() {
    /** @typedef {"train_loss" | "val_loss" | "train_accuracy" | "val_accuracy"} Quantity */
    const points = (/** @type {Quantity} */ key) =>
      this.model.epochs.map((epoch) => /** @type {Point} */ ([epoch.epoch, epoch[key]]));
    const said = (/** @type {"accuracy" | "train_accuracy"} */ key) =>
      this.model.answers.map((answer) => /** @type {Point} */ ([answer.looked, answer[key]]));
    const { answers, epochs, steps, solved } = this.model;
    showIf(this.looking, answers.length > 0);
    showIf(this.loss, steps.length + epochs.length > 0);
    showIf(this.accuracy, epochs.length > 0 && !(solved && answers.length));
    this.looking.update([
      { name: "training", className: "train", points: said("train_accuracy"), dots: true },
      { name: "validation", className: "val", points: said("accuracy"), dots: true },
    ]);
    this.loss.update([
      { name: solved ? "on the way" : "each batch", className: "faint", points: this.model.steps },
      { name: "training", className: "train", points: points("train_loss"), dots: true },
      { name: "validation", className: "val", points: points("val_loss"), dots: true },
    ]);
    this.accuracy.update([
      { name: "training", className: "train", points: points("train_accuracy"), dots: true },
      { name: "validation", className: "val", points: points("val_accuracy"), dots: true },
    ]);
  }

  drawWrong() {
    const wrong = this.model.last?.wrong ?? [];
    this.wrongBox.hidden = !wrong.length;
    const key = JSON.stringify(wrong.map(({ blob, predicted }) => [blob, predicted]));
    if (key === this.wrongKey) return;
    this.wrongKey = key;
    this.wrong.replaceChildren(...wrong.map(mistake));
  }
}

/**
 * @param {LineChart} chart
 * @param {boolean} shown
 */
const showIf = (chart, shown) => {
  chart.root.style.display = shown ? "" : "none";
};

/** @param {Epoch} epoch */
const epochRow = ({ epoch, train_loss, val_loss, train_accuracy, val_accuracy, lr, seconds, best }) => {
  const losses = [short(train_loss), short(val_loss)];
  const accuracies = [percent(train_accuracy), percent(val_accuracy)];
  const cells = [epoch, ...losses, ...accuracies, lr ? lr.toExponential(1) : "–", took(seconds)];
  return html("tr", best ? { class: "best" } : {}, ...cells.map((text) => html("td", { text })));
};

/** @param {Mistake} mistake */
const mistake = ({ blob, name, label, predicted, probability }) => {
  const picture = html("img", { src: `/api/image/${blob}`, alt: `${name}, a photo of ${label}`, loading: "lazy" });
  const truth = html("small", { text: `is ${label}` });
  const said = html("figcaption", {}, html("b", { text: predicted }), ` ${whole(probability)}`, truth);
  return html("figure", {}, picture, said);
};

/** @param {Mount<LiveData>} mount */
export default (mount) =>
  follow(LiveRun, mount, (view, data) => {
    view.pretrained = data.pretrained;
    view.model.place ||= data.place;
  });
