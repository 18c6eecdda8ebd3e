// Two pictures of the same size over each other; a line is drawn across, left of it lies the one, right of it the other.
// The line is a range input that fills the frame, so that mouse, touch and arrow keys all come with it.

import { html } from "../shared/dom.js";
import { forget, rootOf, viewIn } from "../shared/mount.js";

/** @import { WipeData } from "../types.js" */
/** @import { Mount } from "../shared/mount.js" */

class Wipe {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.titles = ["", ""];
    this.below = html("img", { alt: "" });
    this.above = html("img", { alt: "" }); // cut off at the line
    this.left = html("span", { class: "name left" });
    this.right = html("span", { class: "name right" });
    this.line = html("i", { class: "line" });
    this.range = html("input", { type: "range", min: 0, max: 100, step: 0.5, value: 50 });
    const nodes = [this.below, this.above, this.line, this.left, this.right, this.range];
    const frame = html("div", { class: "frame" }, ...nodes);
    root.replaceChildren(frame);
    this.below.onload = () =>
      frame.style.setProperty("--ratio", String(this.below.naturalWidth / this.below.naturalHeight));
    this.range.oninput = () => this.place();
  }

  /** @param {WipeData} data */
  show({ pictures, titles: [left, right] }) {
    this.titles = [left, right];
    if (this.below.src !== pictures[1]) this.below.src = pictures[1];
    if (this.above.src !== pictures[0]) this.above.src = pictures[0];
    this.below.alt = `The response to ${right}`;
    this.above.alt = `The response to ${left}`;
    this.left.textContent = left;
    this.right.textContent = right;
    this.range.setAttribute("aria-label", `Wipe between ${left} and ${right}`);
    this.place();
  }

  place() {
    const share = +this.range.value;
    this.above.style.clipPath = `inset(0 ${100 - share}% 0 0)`;
    this.line.style.left = `${share}%`;
    const [left, right] = this.titles;
    const said = `${left} on the left ${Math.round(share)} %, ${right} on the rest`;
    this.range.setAttribute("aria-valuetext", said);
  }
}

/** @param {Mount<WipeData>} mount */
export default function ({ data, parentElement }) {
  viewIn(parentElement, () => new Wipe(rootOf(parentElement, "wipe"))).show(data);
  return () => forget(parentElement);
}
