// A recurrent network that learns a text, as it happens: bits per character, the gradient's norm, and what it writes.

import { LineChart } from "../shared/chart.js";
import { html } from "../shared/dom.js";
import { short } from "../shared/numbers.js";
import { several, stateWord, WAITS } from "../shared/words.js";
import { boxed, notices, ProgressBar } from "./figures.js";
import { nextFrame } from "./later.js";
import { follow } from "./stream.js";

/** @import { FollowData, LanguageEvent, LessonFinished, LessonLearned, LessonStarted, LessonTried, Told } from "../types.js" */
/** @import { Point, Series } from "../shared/chart.js" */
/** @import { Mount } from "../shared/mount.js" */
/** @import { Figure } from "./figures.js" */

/** @param {number} value */
const bits = (value) => `${value.toFixed(2)} bits`;

/**
 * What a rule that does not learn reaches: its name, what it goes by, and how its line is broken.
 * @type {["uniform" | "unigram" | "bigram", string, string][]}
 */
const RULES = [
  ["uniform", "any character", "2 4"],
  ["unigram", "how often each is", "6 4"],
  ["bigram", "what follows on each", "12 4"],
];

class Lesson {
  constructor() {
    this.state = "queued";
    this.message = "";
    this.place = "";
    /** @type {(Told & LessonStarted) | null} */
    this.started = null;
    /** @type {LessonFinished | null} */
    this.finished = null;
    /** @type {(Told & LessonLearned)[]} */
    this.learned = [];
    /** @type {LessonTried[]} */
    this.tried = [];
    /** @type {string[]} */
    this.notices = [];
  }

  get steps() {
    return this.started?.steps ?? 0;
  }

  get done() {
    return this.learned.at(-1)?.step ?? 0;
  }

  /** Steps a second, 0 while nothing is known. */
  get speed() {
    const last = this.learned.at(-1);
    return last && this.started ? last.step / Math.max(0.1, last.at - this.started.at) : 0;
  }
}

class WritingRun {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.lesson = new Lesson();
    this.pill = html("span", { class: "pill" });
    this.what = html("span");
    this.left = html("span", { class: "eta" });
    this.bar = new ProgressBar("Progress of the lesson");
    this.stats = html("div", { class: "stats" });
    this.notices = html("div");
    const axis = { tick: short, xTitle: "step", low: 0, xHigh: () => this.lesson.steps };
    this.loss = new LineChart({ title: "Bits per character", format: bits, ...axis });
    const three = (/** @type {number} */ value) => value.toPrecision(3);
    this.norm = new LineChart({ title: "The gradient's norm, before clipping", format: three, ...axis });
    this.charts = html("div", { class: "charts" }, this.loss.root, this.norm.root);
    this.title = html("h4");
    this.sample = html("pre", { class: "sample", tabindex: 0, role: "group", "aria-label": "What it wrote" });
    const top = html("div", { class: "top" }, this.pill, this.what, this.left);
    const below = [this.bar.root, this.stats, this.notices, this.charts, this.title, this.sample];
    root.replaceChildren(top, ...below);
    this.later = nextFrame(() => this.draw());
  }

  /** @param {Told & LanguageEvent} event */
  take(event) {
    const { lesson } = this;
    switch (event.event) {
      case "state":
        Object.assign(lesson, { state: event.state, message: event.message ?? "" });
        break;
      case "place":
        lesson.place = event.words;
        break;
      case "started": // as it was called before
      case "lesson_started":
        this.lesson = Object.assign(new Lesson(), { state: "running", started: event });
        break;
      case "learned":
        lesson.learned.push(event);
        break;
      case "tried":
        lesson.tried.push(event);
        break;
      case "notice":
        lesson.notices.push(event.message);
        break;
      case "finished":
      case "lesson_finished":
        lesson.finished = event;
    }
    this.later();
  }

  draw() {
    const { state, message, place, finished, steps, done, speed, tried } = this.lesson;
    this.root.dataset.state = state;
    this.root.dataset.step = String(done);
    this.pill.textContent = stateWord(state, finished?.stopped, "learning");
    this.pill.className = `pill ${state}`;
    const waits = state === "queued" ? place || WAITS : "";
    this.what.textContent = steps ? `step ${done} of ${steps}` : waits;
    const isGoing = state === "running" && speed > 0;
    this.left.textContent = isGoing ? `about ${Math.ceil((steps - done) / speed)} s left` : "";
    this.bar.show(steps ? done / steps : 0);
    const failed = state === "failed" && message ? [message] : [];
    this.notices.replaceChildren(...notices([...this.lesson.notices, ...failed]));
    this.stats.replaceChildren(...boxed(figuresOf(this.lesson)));
    this.loss.update([...rules(this.lesson), ...losses(this.lesson)]);
    this.norm.update(norms(this.lesson));
    this.charts.style.display = tried.length ? "" : "none";
    this.drawSample();
  }

  drawSample() {
    const last = this.lesson.tried.at(-1);
    this.title.textContent = last ? `What it writes after ${several(last.step, "step")}` : "";
    this.sample.style.display = last ? "" : "none";
    this.sample.textContent = last?.sample ?? "";
  }
}

/**
 * @param {Lesson} lesson
 * @returns {Figure[]}
 */
const figuresOf = ({ started, learned, tried }) => {
  const last = learned.at(-1);
  const least = Math.min(...tried.map((one) => one.held_out));
  const best = tried.find((one) => one.held_out === least);
  const largest = Math.max(...learned.map((one) => one.largest_norm));
  const clipped = learned.reduce((sum, one) => sum + one.clipped, 0);
  const speed = last ? `${Math.round(last.characters_per_second).toLocaleString("en")} characters a second` : "";
  return [
    ["On the held-out text", best ? bits(best.held_out) : "–", best ? `best, after ${best.step} steps` : ""],
    ["On what it learns", last ? bits(last.bits) : "–", last ? `of the last ${last.steps} steps` : ""],
    ["Longest gradient", last ? largest.toPrecision(3) : "–", last ? `clipped in ${clipped} steps` : ""],
    ["Learns", started ? `${started.parameters.toLocaleString("en")} weights` : "–", speed],
  ];
};

/**
 * What is reached without learning, as level lines.
 * @param {Lesson} lesson
 * @returns {Series[]}
 */
const rules = ({ started, steps }) =>
  started
    ? RULES.map(([key, name, dash]) => {
        const reached = started.baselines[key];
        return {
          name: `${name} (${reached.toFixed(2)})`,
          className: "faint",
          style: `stroke-dasharray: ${dash}; opacity: 0.9`,
          points: [
            [0, reached],
            [steps, reached],
          ],
        };
      })
    : [];

/**
 * @param {Lesson} lesson
 * @returns {Series[]}
 */
const losses = ({ learned, tried }) => [
  { name: "text that it learns", className: "train", points: learned.map((one) => [one.step, one.bits]) },
  { name: "held-out text", className: "val", points: tried.map((one) => [one.step, one.held_out]), dots: true },
];

/**
 * @param {Lesson} lesson
 * @returns {Series[]}
 */
const norms = ({ learned }) => [
  { name: "longest", className: "faint", points: learned.map((one) => [one.step, one.largest_norm]) },
  { name: "mean", className: "train", points: learned.map((one) => [one.step, one.grad_norm]) },
];

/** @param {Mount<FollowData>} mount */
export default (mount) => follow(WritingRun, mount);
