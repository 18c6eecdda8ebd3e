// A small layer, sum by sum. Hover over an output, a pixel or a weight, or use the arrow keys, and what belongs together
// lights up; a click pins it. Nothing here asks the server: only a pin or a changed value is told to it, for the link.

import { button, html } from "../shared/dom.js";
import { forget, rootOf, viewIn } from "../shared/mount.js";
import { Glide } from "./glide.js";
import { changed, changesText, pinText, readChanges, readPin } from "./kept.js";
import { inputSaid, outputSaid, weightSaid } from "./said.js";
import { Stage } from "./stage.js";
import { Sums } from "./sums.js";
import { exists, filterShown, flat, frameOf, isSame } from "./together.js";
import { legend, tables, written } from "./words.js";

/** @import { ConvolveData } from "../types.js" */
/** @import { Mount } from "../shared/mount.js" */
/** @import { Changes } from "./kept.js" */
/** @import { Panel } from "./panel.js" */
/** @import { Place } from "./sums.js" */
/** @import { At } from "./together.js" */

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
/** @type {Record<string, number>} */
const PAGES = { PageUp: -1, PageDown: 1 };
/** @type {Record<string, number>} */
const STEPS = { "+": 1, "-": -1 };
const PACES = [1, 2, 4, 8, 16]; // outputs a second
const LARGEST_VALUE = 999;
const PAUSE_BEFORE_TELLING = 400; // milliseconds: while one types, the link need not follow

/**
 * @param {number} value
 * @param {number} most
 */
const upTo = (value, most) => Math.min(most, Math.max(0, value));

/**
 * The output to begin with.
 * @param {Sums} sums
 * @returns {At}
 */
const firstOf = (sums) => ({ side: "o", place: sums.telling(), filter: 0, unchosen: true });

class Convolve {
  /**
   * @param {HTMLElement} root
   * @param {ConvolveData} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.send = (/** @type {string} */ _name, /** @type {unknown} */ _value) => {};
    /** @type {number | null} */
    this.turn = null;
    this.pixelsOf = "";
    this.weightsOf = "";
    /** @type {{ pixels: Changes, weights: Changes }} */
    this.changes = { pixels: new Map(), weights: new Map() };
    this.sums = this.computed();
    /** @type {At} */
    this.at = firstOf(this.sums);
    /** @type {At | null} */
    this.hover = null;
    this.pinned = false;
    this.playing = false;
    this.filter = 0;
    this.pace = 2;
    this.timer = 0;
    this.telling = 0;
    this.glide = new Glide(() => this.draw());
    this.stage = new Stage(this);
    this.said = html("div", { class: "said", role: "status" });
    this.legend = html("p", { class: "legend" });
    this.player = button("Play", { title: "Go through all outputs, one after another (Space)" }, () => this.toggle());
    this.unpin = button("Unpin", { title: "Let the pointer choose again (Escape)" }, () => this.setPin(false));
    this.undo = button("Undo changes", { title: "Back to the numbers as they were" }, () => this.undone());
    this.field = html("input", { type: "number", step: "any", "aria-label": "Value" });
    this.edit = this.editor();
    this.table = html("div", { class: "scroll" });
    this.details = html("details", {}, html("summary", { text: "All outputs as numbers" }), this.table);
    this.details.ontoggle = () => this.list();
    root.replaceChildren(this.tools(), this.stage.root, this.said, this.edit, this.legend, this.details);
    new ResizeObserver(() => this.fit()).observe(root);
  }

  tools() {
    const most = PACES.length - 1;
    const speed = html("input", { type: "range", min: 0, max: most, value: this.pace, "aria-label": "Speed" });
    speed.oninput = () => {
      this.pace = +speed.value;
    };
    return html(
      "div",
      { class: "tools" },
      this.player,
      button("Back", { title: "One output back" }, () => this.step(-1)),
      button("Step", { title: "One output on" }, () => this.step(1)),
      html("label", { class: "speed" }, "Speed", speed),
      this.unpin,
      this.undo,
    );
  }

  editor() {
    this.field.onchange = () => this.change(+this.field.value);
    const by = (/** @type {string} */ text, /** @type {string} */ title, /** @type {number} */ amount) =>
      button(text, { title }, () => this.change(this.current + amount));
    const value = html("label", {}, "Its value", this.field);
    return html("div", { class: "tools edit" }, value, by("−", "One less", -1), by("+", "One more", 1));
  }

  /** @param {ConvolveData} data */
  show(data) {
    const isFresh = this.turn !== data.turn;
    this.data = data;
    this.turn = data.turn;
    if (this.pixelsOf !== data.pixels_of) this.changes.pixels = readChanges(data.pixels_changed);
    if (this.weightsOf !== data.weights_of) this.changes.weights = readChanges(data.weights_changed);
    this.pixelsOf = data.pixels_of;
    this.weightsOf = data.weights_of;
    this.compute();
    if (isFresh) this.takePin(data.pin);
    if (this.at.unchosen || !exists(this.sums, this.at)) {
      this.pinned = false;
      this.at = firstOf(this.sums);
    }
    this.hover = null;
    this.said.style.minHeight = "";
    this.stage.shape(this.sums);
    this.fit();
  }

  computed() {
    const { layer, image, weights } = this.data;
    const { changes } = this;
    return new Sums(layer, changed(image, changes.pixels), weights && changed(weights, changes.weights));
  }

  compute() {
    this.sums = this.computed();
    this.list();
  }

  /** What is shown: where the pointer is, or else the position chosen last. */
  get shown() {
    return (!this.pinned && this.hover) || this.at;
  }

  /** @param {string} text */
  takePin(text) {
    const at = readPin(text);
    this.pinned = at !== null && exists(this.sums, at);
    this.at = this.pinned && at ? at : firstOf(this.sums);
  }

  /** @param {At | null} at */
  hovered(at) {
    if (at?.side === "w") at.filter = this.filter;
    if (this.pinned || at === this.hover || (at && this.hover && isSame(at, this.hover))) return;
    this.hover = at;
    this.draw();
  }

  /** @param {At} at */
  clicked(at) {
    if (at.side === "w") at.filter = this.filter;
    const isPinned = this.pinned && isSame(at, this.at);
    this.pause();
    this.at = at;
    this.setPin(!isPinned);
  }

  /** @param {boolean} pinned */
  setPin(pinned) {
    this.pinned = pinned;
    this.hover = null;
    this.draw();
    this.tell();
  }

  tell() {
    this.send("pin", this.pinned ? pinText(this.at) : "");
  }

  /**
   * @param {KeyboardEvent} event
   * @param {Panel} panel
   */
  pressed(event, panel) {
    const by = ARROWS[event.key];
    const turn = PAGES[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") this.toggle();
    else if (event.key === "Enter") this.setPin(!this.pinned);
    else if (event.key === "Escape" && this.pinned) this.setPin(false);
    else if (by || turn) this.move(panel, by ?? [0, 0], turn ?? 0);
    else if (this.at.side !== panel.side || panel.side === "o" || !this.typed(event.key)) return;
    event.preventDefault();
  }

  /**
   * Whether a key changes the value.
   * @param {string} key
   */
  typed(key) {
    if (/^\d$/.test(key)) this.change(+key);
    else if (STEPS[key]) this.change(this.current + STEPS[key]);
    else return false;
    return true;
  }

  /**
   * @param {Panel} panel
   * @param {[number, number]} by rows and columns
   * @param {number} turn maps
   */
  move(panel, [down, right], turn) {
    const last = panel.cells - 1;
    const [map, row, column] = this.at.side === panel.side ? this.at.place : [0, last >> 1, last >> 1];
    /** @type {Place} */
    const place = [upTo(map + turn, panel.maps.length - 1), upTo(row + down, last), upTo(column + right, last)];
    this.pause();
    this.hover = null;
    this.at = { side: panel.side, place, filter: this.filter };
    this.draw();
    if (this.pinned) this.tell();
  }

  // --- playing: one output after another, channel by channel

  get position() {
    return this.at.side === "o" ? flat(this.sums, this.at) : 0;
  }

  get last() {
    return this.sums.values.length - 1;
  }

  toggle() {
    if (this.playing) {
      this.finish();
      return;
    }
    this.playing = true;
    if (this.pinned) {
      this.pinned = false;
      this.tell();
    }
    const isNew = this.at.unchosen || this.at.side !== "o" || this.position === this.last;
    this.go(isNew ? 0 : this.position);
    this.later();
  }

  later() {
    this.timer = setTimeout(() => {
      if (!this.root.isConnected || this.position >= this.last) {
        this.finish();
        return;
      }
      if (!this.hover) this.go(this.position + 1);
      this.later();
    }, 1000 / PACES[this.pace]);
  }

  pause() {
    this.playing = false;
    clearTimeout(this.timer);
  }

  finish() {
    this.pause();
    this.draw();
  }

  /** @param {number} by */
  step(by) {
    this.pause();
    this.hover = null;
    const count = this.last + 1;
    this.go(this.at.side === "o" ? (this.position + by + count) % count : 0);
    if (this.pinned) this.tell();
  }

  /** @param {number} output */
  go(output) {
    const before = frameOf(this.sums, this.shown);
    this.at = { side: "o", place: this.sums.place(output, this.sums.out), filter: 0 };
    this.glide.start(before, frameOf(this.sums, this.shown), 500 / PACES[this.pace]);
    this.draw();
  }

  // --- changing a value

  get current() {
    return (this.at.side === "i" ? this.sums.image : this.sums.weights)[flat(this.sums, this.at)];
  }

  /** @param {number} value */
  change(value) {
    if (this.at.side === "o" || !Number.isFinite(value)) return;
    const isPixel = this.at.side === "i";
    const changes = isPixel ? this.changes.pixels : this.changes.weights;
    const base = isPixel ? this.data.image : this.data.weights;
    const index = flat(this.sums, this.at);
    const wanted = +Math.min(LARGEST_VALUE, Math.max(-LARGEST_VALUE, value)).toFixed(3);
    if (wanted === base?.[index]) changes.delete(index);
    else changes.set(index, wanted);
    this.changed();
  }

  undone() {
    this.changes.pixels.clear();
    this.changes.weights.clear();
    this.changed();
  }

  changed() {
    this.compute();
    this.draw();
    clearTimeout(this.telling);
    this.telling = setTimeout(() => {
      const { pixels, weights } = this.changes;
      this.send("changes", { pixels: changesText(pixels), weights: changesText(weights) });
    }, PAUSE_BEFORE_TELLING);
  }

  // --- drawing

  fit() {
    if (!this.root.clientWidth) return;
    this.stage.fit(this.root);
    this.draw();
  }

  draw() {
    if (!this.stage.panels.i.cell) return;
    const { sums, shown: at, pinned } = this;
    this.filter = filterShown(sums, at, this.filter);
    const frame = frameOf(sums, at);
    const glided = frame && this.glide.at(frame, this.hover !== null);
    const reached = this.playing ? this.position : Infinity;
    this.stage.draw(this.root, { sums, at, pinned, filter: this.filter, frame: glided, reached });
    this.write();
    this.label();
  }

  /** The written sum; what stands below it never jumps up. */
  write() {
    const { side, place, filter } = this.shown;
    const said = { i: () => inputSaid(this.sums, place), w: () => weightSaid(this.sums, filter, place) };
    this.said.replaceChildren(...written(side === "o" ? outputSaid(this.sums, place) : said[side]()));
    const high = Math.max(Number.parseFloat(this.said.style.minHeight) || 0, this.said.offsetHeight);
    this.said.style.minHeight = `${high}px`;
  }

  label() {
    const { sums, changes, at, shown, playing, pinned } = this;
    this.said.setAttribute("aria-live", playing ? "off" : "polite");
    this.player.textContent = playing ? "Pause" : "Play";
    this.unpin.hidden = !pinned;
    this.undo.hidden = !changes.pixels.size && !changes.weights.size;
    this.edit.hidden = at.side === "o" || shown !== at;
    const page = /** @type {DocumentOrShadowRoot} */ (/** @type {unknown} */ (this.root.getRootNode()));
    if (!this.edit.hidden && page.activeElement !== this.field) this.field.value = String(+this.current.toFixed(3));
    this.legend.textContent = legend(sums);
    this.legend.hidden = !this.legend.textContent;
    const { side, place } = shown;
    Object.assign(this.root.dataset, { side, at: place.join("."), pinned, playing, unread: sums.unread });
  }

  list() {
    if (this.details?.open) this.table.replaceChildren(...tables(this.sums));
  }
}

/** @param {Mount<ConvolveData>} mount */
export default function ({ data, parentElement, setStateValue }) {
  const view = viewIn(parentElement, () => new Convolve(rootOf(parentElement, "convolve"), data));
  view.send = setStateValue;
  view.show(data);
  return () => {
    view.pause();
    forget(parentElement);
  };
}
