// How far a job is, as it happens: a word for its state, what it does, and a bar. The page draws what it has found.

import { html } from "../shared/dom.js";
import { stateWord } from "../shared/words.js";
import { ProgressBar } from "./figures.js";
import { nextFrame } from "./later.js";
import { follow } from "./stream.js";

/** @import { JobEvent, Lap, ProgressData, Told } from "../types.js" */
/** @import { Mount } from "../shared/mount.js" */
/** @typedef {Pick<ProgressData, "words" | "rows" | "racers" | "doing">} Doing */
/** @typedef {{ phase: string, done: number, total: number, share: number }} Reached */

class JobProgress {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.state = "queued";
    this.place = "";
    /** @type {Reached | null} */
    this.now = null;
    /** @type {Map<string, number>} the epochs that each network of a race has behind it */
    this.laps = new Map();
    /** @type {Doing} */
    this.told = { words: {}, rows: [], racers: 1, doing: "" };
    this.pill = html("span", { class: "pill", role: "status", "aria-live": "polite" });
    this.what = html("span", { class: "what" });
    this.bar = new ProgressBar("Progress");
    root.replaceChildren(html("div", { class: "top" }, this.pill, this.what), this.bar.root);
    this.later = nextFrame(() => this.draw());
  }

  /** @param {Told & JobEvent} event */
  take(event) {
    if (event.event === "state") this.state = event.state;
    else if (event.event === "stopping") this.state = "stopping";
    else if (event.event === "place") this.place = event.words;
    else if (event.event === "progress") this.reach(event.phase, event.done, event.total);
    else if (event.event === "points") this.reach("points", event.done, event.total);
    else if (event.event === "lap") this.lap(event);
    this.later();
  }

  /**
   * All racers take an epoch in turn: the bar counts every one of them, the words those that all have behind them.
   * @param {Lap} event
   */
  lap({ network, epoch, epochs }) {
    const { racers } = this.told;
    this.laps.set(network, epoch);
    const done = [...this.laps.values()];
    const all = done.reduce((a, b) => a + b, 0);
    this.reach("lap", done.length < racers ? 0 : Math.min(...done), epochs, all / (racers * epochs));
  }

  /**
   * @param {string} phase
   * @param {number} done
   * @param {number} total
   * @param {number} [share]
   */
  reach(phase, done, total, share = done / Math.max(1, total)) {
    if (phase in this.told.words) this.now = { phase, done, total, share };
  }

  /**
   * A row is something that the page draws once it knows of it.
   * @param {{ event: string }} event
   */
  brings({ event }) {
    return this.told.rows.includes(event);
  }

  draw() {
    const { state, place, now, told } = this;
    this.root.dataset.state = state;
    this.pill.textContent = stateWord(state, false, told.doing);
    this.pill.className = `pill ${state}`;
    this.what.textContent = state === "queued" ? place : said(told.words, now);
    this.bar.show(now ? Math.min(1, now.share) : 0);
  }
}

/**
 * @param {Record<string, string>} words
 * @param {Reached | null} now
 */
const said = (words, now) =>
  now ? words[now.phase].replace("{done}", String(now.done)).replace("{total}", String(now.total)) : words[""];

/** @param {Mount<ProgressData>} mount */
export default (mount) =>
  follow(JobProgress, mount, (view, data) => {
    view.told = data;
    view.place ||= data.place;
  });
