// Which input pixels each output reads (or, transposed, writes): a row an output, a column an input pixel.
// Hover or use the arrow keys to light one output; padding is hatched, pixels that nothing reads are orange.

import { property } from "../shared/colours.js";
import { html, penOf } from "../shared/dom.js";
import { forget, rootOf, viewIn } from "../shared/mount.js";
import { saidOf, tapsOf } from "./taps.js";

/** @import { WindowsData } from "../types.js" */
/** @import { Mount } from "../shared/mount.js" */

const ROOM_FOR_NUMBERS = 34;
const TALLEST = 520;
/** @type {Record<string, number>} */
const KEYS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

class Windows {
  /**
   * @param {HTMLElement} root
   * @param {WindowsData} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    /** @type {number | null} */
    this.at = null;
    this.cell = 2;
    this.canvas = html("canvas", { tabindex: 0, role: "img" });
    this.pen = penOf(this.canvas);
    this.said = html("p", { class: "said", "aria-live": "polite" });
    root.replaceChildren(this.canvas, this.said);
    this.canvas.onpointermove = (event) => {
      const row = Math.floor((event.offsetY - this.top) / this.cell);
      this.light(row >= 0 && row < this.data.output ? row : null);
    };
    this.canvas.onpointerleave = () => this.light(null);
    this.canvas.onkeydown = (event) => this.key(event);
    new ResizeObserver(() => this.draw()).observe(root);
  }

  /** Where the rows of the outputs begin, below the input. */
  get top() {
    return this.cell + 8;
  }

  /** How many pixels of padding are drawn at each end. */
  get ring() {
    return this.data.transposed ? 0 : this.data.padding;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const by = KEYS[event.key];
    if (!by) return;
    event.preventDefault();
    this.light(Math.min(this.data.output - 1, Math.max(0, (this.at ?? -by) + by)));
  }

  /** @param {WindowsData} data */
  show(data) {
    const { output, side, dropped } = data;
    this.data = data;
    this.at = null;
    const said = `${output} windows over ${side} pixels; ${dropped} at the end are not reached`;
    this.canvas.setAttribute("aria-label", said);
    this.draw();
  }

  /** @param {number | null} at */
  light(at) {
    if (at === this.at) return;
    this.at = at;
    this.draw();
  }

  draw() {
    const columns = this.data.side + 2 * this.ring;
    this.size(columns);
    const names = ["--st-text-color", "--st-border-color", "--st-primary-color", "--orange"];
    const [ink, line, blue, orange] = names.map((name) => property(this.root, name));
    this.drawInput(ink, line, orange);
    for (let i = 0; i < this.data.output; i++) this.drawOutput(i, line, i === this.at ? orange : blue);
    this.drawNumbers(columns * this.cell + 5, ink);
    this.pen.globalAlpha = 1;
    this.said.textContent = this.at === null ? "" : saidOf(this.data, this.at);
  }

  /** @param {number} columns */
  size(columns) {
    const { output } = this.data;
    const room = Math.max(200, this.root.clientWidth);
    const high = Math.floor(TALLEST / Math.max(1, output));
    this.cell = Math.max(2, Math.min(22, Math.floor((room - 40) / columns), high));
    const scale = globalThis.devicePixelRatio || 1;
    const width = columns * this.cell + ROOM_FOR_NUMBERS;
    const height = this.top + output * this.cell + 4;
    Object.assign(this.canvas, { width: width * scale, height: height * scale });
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    this.pen.scale(scale, scale);
  }

  /**
   * @param {number} column
   * @param {number} top
   * @param {string} colour
   */
  square(column, top, colour) {
    const side = Math.max(1, this.cell - 1);
    this.pen.fillStyle = colour;
    this.pen.fillRect((column + this.ring) * this.cell, top, side, side);
  }

  /** @param {number} p */
  isPadding(p) {
    return p < 0 || p >= this.data.side;
  }

  /**
   * @param {string} ink
   * @param {string} line
   * @param {string} orange
   */
  drawInput(ink, line, orange) {
    const read = new Set(Array.from({ length: this.data.output }, (_, i) => tapsOf(this.data, i)).flat());
    for (let p = -this.ring; p < this.data.side + this.ring; p++) {
      const [colour, alpha] = this.isPadding(p) ? [line, 0.5] : read.has(p) ? [ink, 0.55] : [orange, 1];
      this.pen.globalAlpha = alpha;
      this.square(p, 0, colour);
    }
  }

  /**
   * @param {number} i
   * @param {string} line
   * @param {string} colour
   */
  drawOutput(i, line, colour) {
    this.pen.globalAlpha = this.at === null || i === this.at ? 1 : 0.25;
    const shown = tapsOf(this.data, i).filter((p) => p >= -this.ring && p < this.data.side + this.ring);
    for (const p of shown) this.square(p, this.top + i * this.cell, this.isPadding(p) ? line : colour);
  }

  /**
   * The numbers of the outputs, where they can be read.
   * @param {number} x
   * @param {string} ink
   */
  drawNumbers(x, ink) {
    if (this.cell < 9) return;
    this.pen.fillStyle = ink;
    this.pen.font = `${Math.min(12, this.cell)}px sans-serif`;
    for (let i = 0; i < this.data.output; i++) {
      this.pen.globalAlpha = this.at === null || i === this.at ? 1 : 0.25;
      if (i === this.at || this.data.output <= 40) this.pen.fillText(`${i}`, x, this.top + (i + 0.8) * this.cell);
    }
  }
}

/** @param {Mount<WindowsData>} mount */
export default function ({ data, parentElement }) {
  viewIn(parentElement, () => new Windows(rootOf(parentElement, "windows"), data)).show(data);
  return () => forget(parentElement);
}
