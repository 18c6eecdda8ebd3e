// A photo on which one points: a click (or the arrow keys) chooses a position; boxes are drawn over it.

import { html } from "../shared/dom.js";
import { forget, rootOf, viewIn } from "../shared/mount.js";

/** @import { SpotData } from "../types.js" */
/** @import { Mount } from "../shared/mount.js" */

const MIDDLE = [0.5, 0.5];
const STEP = [0.05, 0.05];
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

class Spot {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.image = html("img", { alt: "" });
    this.mark = html("i", { class: "mark" });
    this.box = html("i", { class: "box" });
    this.frame = html("div", { class: "frame", tabindex: 0, role: "application" }, this.image, this.box, this.mark);
    root.replaceChildren(this.frame);
    this.send = (/** @type {string} */ _name, /** @type {unknown} */ _value) => {};
    /** @type {SpotData | null} */
    this.data = null;
    this.frame.onclick = (event) => {
      const area = this.image.getBoundingClientRect();
      this.choose((event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height);
    };
    this.frame.onkeydown = (event) => this.key(event);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const by = ARROWS[event.key];
    if (!by) return;
    event.preventDefault();
    const [x, y] = this.data?.at ?? MIDDLE;
    const [across, down] = this.data?.step ?? STEP;
    this.choose(x + by[0] * across, y + by[1] * down);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  choose(x, y) {
    this.send(
      "at",
      [x, y].map((share) => Math.min(0.999, Math.max(0, share))),
    );
  }

  /** @param {SpotData} data */
  show(data) {
    this.data = data;
    this.image.src = data.picture;
    this.image.alt = data.alt;
    this.frame.setAttribute("aria-label", `${data.alt}. Click, or use the arrow keys, to choose a position.`);
    place(this.mark, data.at ? [data.at[0], data.at[1], 0, 0] : null);
    place(this.box, data.box ?? null);
  }
}

/**
 * Put a mark on the picture, in shares of its sides, or take it away.
 * @param {HTMLElement} node
 * @param {readonly number[] | null} where left, top, width and height
 */
const place = (node, where) => {
  node.hidden = !where;
  if (!where) return;
  const [left, top, width, height] = where.map((share) => `${100 * share}%`);
  Object.assign(node.style, { left, top, width, height });
};

/** @param {Mount<SpotData>} mount */
export default function ({ data, parentElement, setStateValue }) {
  const view = viewIn(parentElement, () => new Spot(rootOf(parentElement, "spot")));
  view.send = setStateValue;
  view.show(data);
  return () => forget(parentElement);
}
