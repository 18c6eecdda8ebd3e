// Small pictures side by side, drawn pixel by pixel, one of which is chosen: a network's first filters.

import { button, html, penOf } from "../shared/dom.js";
import { forget, rootOf, viewIn } from "../shared/mount.js";

/** @import { TilesData } from "../types.js" */
/** @import { Mount } from "../shared/mount.js" */

class Tiles {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.shown = "";
    this.picked = 0;
    /** @type {number[]} */
    this.order = [];
    /** @type {HTMLButtonElement[]} */
    this.buttons = [];
    this.send = (/** @type {string} */ _name, /** @type {unknown} */ _value) => {};
    root.setAttribute("role", "listbox");
    root.onkeydown = (event) => this.key(event);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const columns = getComputedStyle(this.root).gridTemplateColumns.split(" ").length;
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    const at = this.order.indexOf(this.picked) + (by ?? 0);
    if (!by || !(at in this.order)) return;
    event.preventDefault();
    this.choose(this.order[at]);
    this.buttons[at].focus();
  }

  /** @param {TilesData} data */
  show(data) {
    this.root.setAttribute("aria-label", data.label);
    const key = `${data.pixels}|${data.order}|${data.titles}`;
    if (this.shown !== key) {
      this.shown = key;
      this.build(data);
    }
    this.mark(data.picked);
  }

  /** @param {TilesData} data */
  build({ pixels, rows, columns, order, titles }) {
    const bytes = Uint8Array.from(atob(pixels), (c) => c.charCodeAt(0));
    const each = rows * columns * 3;
    this.order = order;
    this.buttons = order.map((index) => {
      const said = { role: "option", title: titles[index], "aria-label": titles[index], "data-index": index };
      const node = button("", said, () => this.choose(index));
      node.append(picture(bytes.subarray(index * each, (index + 1) * each), rows, columns));
      return node;
    });
    this.root.replaceChildren(...this.buttons);
  }

  /** @param {number} index */
  choose(index) {
    this.mark(index);
    this.send("picked", index);
  }

  /** @param {number} picked */
  mark(picked) {
    this.picked = picked;
    this.buttons.forEach((node, place) => {
      const chosen = this.order[place] === picked;
      node.setAttribute("aria-selected", String(chosen));
      node.tabIndex = chosen ? 0 : -1;
    });
  }
}

/**
 * @param {Uint8Array} bytes three a pixel
 * @param {number} rows
 * @param {number} columns
 */
const picture = (bytes, rows, columns) => {
  const canvas = html("canvas", { width: columns, height: rows, "aria-hidden": "true" });
  const drawn = new ImageData(columns, rows);
  for (let p = 0; p < rows * columns; p++) drawn.data.set([...bytes.subarray(p * 3, p * 3 + 3), 255], p * 4);
  penOf(canvas).putImageData(drawn, 0, 0);
  return canvas;
};

/** @param {Mount<TilesData>} mount */
export default function ({ data, parentElement, setStateValue }) {
  const view = viewIn(parentElement, () => new Tiles(rootOf(parentElement, "tiles")));
  view.send = setStateValue;
  view.show(data);
  return () => forget(parentElement);
}
