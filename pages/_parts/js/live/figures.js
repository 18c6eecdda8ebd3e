// A run's state, its progress and its figures, as every view of a run shows them.

import { html } from "../shared/dom.js";

/** @typedef {[name: string, value: string, note: string]} Figure */

/**
 * Figures in boxes side by side.
 * @param {Figure[]} figures
 */
export const boxed = (figures) =>
  figures.map(([name, value, note]) =>
    html(
      "div",
      { class: "stat" },
      html("span", { text: name }),
      html("b", { text: value }),
      html("small", { text: note }),
    ),
  );

/**
 * Figures in a line.
 * @param {Figure[]} figures
 */
export const inLine = (figures) =>
  figures.map(([name, value, note]) => {
    const [title, figure, small] = [
      html("span", { text: name }),
      html("b", { text: value }),
      html("small", { text: note }),
    ];
    return html("span", { class: "figure" }, title, " ", figure, " ", small);
  });

export class ProgressBar {
  /** @param {string} name */
  constructor(name) {
    this.filled = html("i");
    const progress = { role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": name };
    this.root = html("div", { class: "bar", ...progress }, this.filled);
  }

  /** @param {number} share */
  show(share) {
    this.filled.style.width = `${100 * share}%`;
    this.root.setAttribute("aria-valuenow", String(Math.round(100 * share)));
  }
}

/**
 * What a person should know of a run, a line a thing.
 * @param {string[]} texts
 */
export const notices = (texts) => texts.map((text) => html("p", { class: "notice", text }));
