// A small layer, sum by sum. Hover over an output, a pixel or a weight, or use the arrow keys, and what belongs together
// lights up; a click pins it. Nothing here asks the server: only a pin or a changed value is told to it, for the link.

const CONVOLVES = new WeakMap();
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const PACES = [1, 2, 4, 8, 16];
const MOST_TERMS = 25;
const key = (place) => place.join();
const button = (text, title, act) => {
  const node = html("button", { type: "button", title, text });
  node.onclick = act;
  return node;
};

class Convolve {
  constructor(root, send) {
    Object.assign(this, { root, send, hover: null, pinned: false, filter: 0, pace: 2, at: null, changes: { pixels: new Map(), weights: new Map() } });
    this.panels = Object.fromEntries(["i", "w", "o"].map((side) => [side, new Panel(side, this)]));
    const sign = (text) => html("span", { class: "sign", "aria-hidden": "true", text });
    this.signs = [sign("∗"), sign("=")];
    this.stage = html("div", { class: "stage" }, this.panels.i.root, this.signs[0], this.panels.w.root, this.signs[1], this.panels.o.root);
    this.said = html("div", { class: "said", role: "status" });
    this.legend = html("p", { class: "legend" });
    this.table = html("div", { class: "scroll" });
    this.details = html("details", {}, html("summary", { text: "All outputs as numbers" }), this.table);
    this.details.ontoggle = () => this.list();
    root.replaceChildren(this.tools(), this.stage, this.said, this.editor(), this.legend, this.details);
    new ResizeObserver(() => this.fit()).observe(root);
  }
  tools() {
    this.player = button("Play", "Go through all outputs, one after another (Space)", () => this.toggle());
    this.unpin = button("Unpin", "Let the pointer choose again (Escape)", () => this.setPin(false));
    this.undo = button("Undo changes", "Back to the numbers as they were", () => { this.changes.pixels.clear(); this.changes.weights.clear(); this.changed(); });
    const speed = html("input", { type: "range", min: 0, max: PACES.length - 1, value: this.pace, "aria-label": "Speed" });
    speed.oninput = () => { this.pace = +speed.value; };
    return html("div", { class: "tools" }, this.player, button("Back", "One output back", () => this.step(-1)), button("Step", "One output on", () => this.step(1)),
      html("label", { class: "speed" }, "Speed", speed), this.unpin, this.undo);
  }
  editor() {
    this.field = html("input", { type: "number", step: "any", "aria-label": "Value" });
    this.field.onchange = () => this.change(+this.field.value);
    const by = (text, title, amount) => button(text, title, () => this.change(this.current() + amount));
    this.edit = html("div", { class: "tools edit" }, html("label", {}, "Its value", this.field), by("−", "One less", -1), by("+", "One more", 1));
    return this.edit;
  }
  show(data) {
    const fresh = this.turn !== data.turn;
    this.data = data;
    this.turn = data.turn;
    for (const part of ["pixels", "weights"]) {
      if (this[`${part}Of`] === data[`${part}_of`]) continue;
      this[`${part}Of`] = data[`${part}_of`];
      this.changes[part] = new Map(data[`${part}_changed`].split("~").filter(Boolean).map((change) => change.split("_").map(Number)));
    }
    this.compute();
    if (fresh) this.takePin(data.pin);
    if (!this.at || !this.exists(this.at)) { this.pinned = false; this.at = { side: "o", place: [0, this.sums.out >> 1, this.sums.out >> 1], unchosen: true }; }
    this.hover = null;
    this.said.style.minHeight = "";
    this.shapes();
    this.fit();
  }
  compute() {
    const { layer, image, weights } = this.data, changed = (values, changes) => values && Float64Array.from(values, (value, i) => changes.get(i) ?? value);
    this.sums = new Sums(layer, changed(image, this.changes.pixels), changed(weights, this.changes.weights));
    this.list();
  }
  // --- what is shown: where the pointer is, or else the position chosen last
  get shown() { return (!this.pinned && this.hover) || this.at; }
  exists({ side, place: [map, row, column], filter }) {
    const s = this.sums, [maps, cells] = side === "i" ? [s.inputs, s.side] : side === "o" ? [s.outputs, s.out] : [s.weights ? s.slices : 0, s.kernel];
    return map < maps && Math.max(row, column) < cells && (side !== "w" || filter < s.outputs);
  }
  takePin(text) {
    const found = /^([iow])(\d+)\.(\d+)\.(\d+)(?:\.(\d+))?$/.exec(text);
    const at = found && { side: found[1], place: found.slice(2, 5).map(Number), filter: +(found[5] ?? 0) };
    this.pinned = Boolean(at && this.exists(at));
    this.at = this.pinned ? at : null;
  }
  hovered(at) {
    if (at?.side === "w") at.filter = this.filter;
    if (this.pinned || (at && this.hover && key(at.place) === key(this.hover.place) && at.side === this.hover.side) || at === this.hover) return;
    this.hover = at;
    this.draw();
  }
  clicked(at) {
    if (at.side === "w") at.filter = this.filter;
    const same = this.pinned && at.side === this.at.side && key(at.place) === key(this.at.place);
    this.pause();
    this.at = at;
    this.setPin(!same);
  }
  setPin(pinned) {
    this.pinned = pinned;
    this.hover = null;
    this.draw();
    this.tell();
  }
  tell() {
    const { side, place, filter } = this.at;
    this.send("pin", this.pinned ? `${side}${place.join(".")}${side === "w" ? `.${filter}` : ""}` : "");
  }
  pressed(event, panel) {
    const by = ARROWS[event.key], turn = { PageUp: -1, PageDown: 1 }[event.key], digit = /^\d$/.test(event.key), step = { "+": 1, "-": -1 }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") this.toggle();
    else if (event.key === "Enter") this.setPin(!this.pinned);
    else if (event.key === "Escape" && this.pinned) this.setPin(false);
    else if (by || turn) this.move(panel, by ?? [0, 0], turn ?? 0);
    else if ((digit || step) && this.at.side === panel.side && panel.side !== "o") this.change(digit ? +event.key : this.current() + step);
    else return;
    event.preventDefault();
  }
  move(panel, [down, right], turn) {
    const last = panel.cells - 1, within = (value, most) => Math.min(most, Math.max(0, value));
    const [map, row, column] = this.at.side === panel.side ? this.at.place : [0, last >> 1, last >> 1];
    this.pause();
    this.hover = null;
    this.at = { side: panel.side, place: [within(map + turn, panel.maps.length - 1), within(row + down, last), within(column + right, last)], filter: this.filter };
    this.draw();
    if (this.pinned) this.tell();
  }
  // --- playing: one output after another, channel by channel
  position() { return this.at.side === "o" ? this.sums.index(this.at.place, this.sums.out) : 0; }
  toggle() {
    if (this.playing) { this.pause(); this.draw(); return; }
    const last = this.sums.values.length - 1;
    this.playing = true;
    if (this.pinned) { this.pinned = false; this.tell(); }
    this.go(this.at.unchosen || this.at.side !== "o" || this.position() === last ? 0 : this.position());
    this.later();
  }
  later() {
    this.timer = setTimeout(() => {
      if (!this.root.isConnected || this.position() >= this.sums.values.length - 1) { this.pause(); this.draw(); return; }
      if (!this.hover) this.go(this.position() + 1);
      this.later();
    }, 1000 / PACES[this.pace]);
  }
  pause() {
    this.playing = false;
    clearTimeout(this.timer);
  }
  step(by) {
    this.pause();
    this.hover = null;
    const count = this.sums.values.length;
    this.go(this.at.side === "o" ? (this.position() + by + count) % count : 0);
    if (this.pinned) this.tell();
  }
  go(output) {
    const before = this.frame();
    this.at = { side: "o", place: this.sums.place(output, this.sums.out) };
    this.slide(before);
    this.draw();
  }
  // the window glides to its next place, unless less motion is wanted
  slide(before) {
    const after = this.frame(), calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (calm || !before || !after || before.side !== after.side || before.row !== after.row) return;
    Object.assign(this, { from: before, began: performance.now() });
    const tick = () => { if (this.from) { this.draw(); requestAnimationFrame(tick); } };
    requestAnimationFrame(tick);
  }
  glided(frame) {
    const share = this.from ? (performance.now() - this.began) / Math.min(160, 500 / PACES[this.pace]) : 1;
    if (share >= 1 || this.hover) { this.from = null; return frame; }
    return { ...frame, row: this.from.row + (frame.row - this.from.row) * share, column: this.from.column + (frame.column - this.from.column) * share };
  }
  // --- changing a value
  flat(at = this.at) { return at.side === "w" ? this.sums.weightAt(at.filter, ...at.place) : this.sums.index(at.place, at.side === "i" ? this.sums.side : this.sums.out); }
  current() { return (this.at.side === "i" ? this.sums.image : this.sums.weights)[this.flat()]; }
  change(value) {
    const part = this.at.side === "i" ? "pixels" : "weights", base = this.at.side === "i" ? this.data.image : this.data.weights, index = this.flat();
    if (this.at.side === "o" || !Number.isFinite(value)) return;
    const wanted = +Math.min(999, Math.max(-999, value)).toFixed(3);
    if (wanted === base[index]) this.changes[part].delete(index);
    else this.changes[part].set(index, wanted);
    this.changed();
  }
  changed() {
    this.compute();
    this.draw();
    clearTimeout(this.telling);
    const text = (changes) => [...changes].map(([index, value]) => `${index}_${value}`).join("~");
    this.telling = setTimeout(() => this.send("changes", { pixels: text(this.changes.pixels), weights: text(this.changes.weights) }), 400);
  }
  // --- layout: the largest cells with which all panels stand side by side, or below one another where it is narrow
  shapes() {
    const s = this.sums, named = (number, word) => Array.from({ length: number }, (_, i) => (number > 1 ? `${word} ${i}` : "")), by = (...sides) => sides.join(" × ");
    this.panels.i.shape({ maps: named(s.inputs, "channel"), side: s.side, ring: s.transposed ? 0 : s.padding, title: `Input ${by(s.inputs, s.side, s.side)}` });
    this.panels.o.shape({ maps: named(s.outputs, "channel"), side: s.out, ring: s.transposed ? s.padding : 0, title: `Output ${by(s.outputs, s.out, s.out)}` });
    this.panels.w.shape({ maps: Array.from({ length: s.weights ? s.slices : 0 }, () => (s.inputs > 1 ? "slice" : "")), side: s.kernel, ring: 0, title: "Kernel" });
    for (const node of [this.panels.w.root, this.signs[1]]) node.hidden = !s.weights;
    this.signs[0].textContent = s.weights ? "∗" : "→";
  }
  fit() {
    const room = this.root.clientWidth;
    if (!this.sums || !room) return;
    const { i, w, o } = this.panels, all = this.sums.weights ? [i, w, o] : [i, o], wide = room >= 640;
    const beside = wide ? all : [i, o], found = this.largest(beside, room - (wide ? (all.length - 1) * 52 : 22), wide ? 560 : 1e4);
    const stacked = found.cell < (wide ? 9 : 14); // so small that it is better to scroll
    this.root.classList.toggle("narrow", !wide && !stacked);
    this.root.classList.toggle("stacked", stacked);
    if (!stacked) beside.forEach((panel, n) => panel.size(found.cell, found.across[n]));
    for (const panel of stacked ? all : [w]) { // a kernel may be larger than the rest
      if (!panel.maps.length) continue;
      const own = this.largest([panel], beside.includes(panel) && !stacked ? panel.width(found.cell, found.across[1]) : room - 4, stacked ? 900 : 560);
      panel.size(Math.min(own.cell, wide ? 46 : 34), own.across[0]);
    }
    this.draw();
  }
  largest(panels, room, high) {
    const choices = panels.reduce((before, panel) => before.flatMap((chosen) => panel.maps.map((_, n) => [...chosen, n + 1])), [[]]);
    for (let cell = 46; cell > 5; cell--) for (const across of choices) {
      const widths = panels.reduce((sum, panel, n) => sum + panel.width(cell, across[n]), 0);
      if (widths <= room && panels.every((panel, n) => panel.height(cell, across[n]) <= high)) return { cell, across };
    }
    return { cell: 5, across: panels.map((panel) => Math.min(2, panel.maps.length)) };
  }
  // --- drawing
  lit() {
    const s = this.sums, at = this.shown, lit = { i: new Map(), w: new Set(), o: new Map() };
    const join = ([output, other], weight) => { lit.o.set(key(s.place(output, s.out)), weight); return other; };
    if (at.side === "o") {
      lit.o.set(key(at.place), -1);
      for (const tap of s.taps(...at.place)) { lit.i.set(key(tap.at), tap.weight); lit.w.add(tap.weight); }
    } else if (at.side === "i") {
      lit.i.set(key(at.place), -1);
      for (const fed of s.feeds[this.flat(at)]) lit.w.add(join(fed, fed[1]));
    } else {
      lit.w.add(this.flat(at));
      for (const use of s.uses[this.flat(at)]) { const pixel = join(use, -1); if (pixel >= 0) lit.i.set(key(s.place(pixel, s.side)), -1); }
    }
    return lit;
  }
  // the square that a window covers on the input; of a transposed layer, that a pixel covers on the output
  frame() {
    const s = this.sums, { side, place: [map, row, column] } = this.shown;
    if (side !== (s.transposed ? "i" : "o")) return null;
    const first = s.transposed ? Math.floor(map / s.slices) * s.filters : s.firstChannel(map), maps = Array.from({ length: s.transposed ? s.filters : s.slices }, (_, n) => first + n);
    return { side: s.transposed ? "o" : "i", maps, row: row * s.stride - s.padding, column: column * s.stride - s.padding, span: s.reach };
  }
  draw() {
    if (!this.sums || !this.panels.i.cell) return;
    const s = this.sums, { side, place, filter } = this.shown, colours = palette(this.root), frame = this.frame();
    if (side !== "i") this.filter = side === "o" ? place[0] : filter;
    else if (s.weights && Math.floor(place[0] / s.slices) !== Math.floor(this.filter / s.filters)) this.filter = Math.floor(place[0] / s.slices) * s.filters;
    this.filter = Math.min(this.filter, s.outputs - 1);
    this.panels.w.maps.forEach((_, n, names) => { names[n] = s.inputs > 1 ? `for channel ${s.firstChannel(this.filter) + n}` : ""; });
    const lit = this.lit(), best = s.kind === "max" && side === "o" ? s.largest(s.taps(...place)).pixel : -1;
    const frames = (of) => [
      ...(frame?.side === of ? [this.glided(frame)] : []),
      ...(side === of ? [{ maps: [place[0]], row: place[1], column: place[2], span: 1, double: this.pinned }] : []),
    ];
    const by = (weight) => (weight >= 0 ? `×${said(s.weights[weight], 2)}` : ""), top = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    this.panels.i.draw(colours, top(s.image), (map, row, column, inside) => {
      const cell = key([map, row, column]), index = inside ? s.index([map, row, column], s.side) : -1;
      return { value: inside ? s.image[index] : s.kind === "max" ? undefined : 0, lit: lit.i.has(cell), best: inside && index === best, by: by(lit.i.get(cell) ?? -1), hatched: inside && !s.feeds[index].length };
    }, frames("i"));
    if (s.weights) this.panels.w.draw(colours, top(s.weights), (map, row, column) => {
      const index = s.weightAt(this.filter, map, row, column);
      return { value: s.weights[index], lit: side !== "o" && lit.w.has(index) };
    }, frames("w"));
    const reached = this.playing ? this.position() : Infinity;
    this.panels.o.draw(colours, top(s.values), (map, row, column, inside) => {
      const cell = key([map, row, column]), index = s.index([map, row, column], s.out);
      return { value: inside ? s.values[index] : undefined, lit: lit.o.has(cell), by: side === "i" ? by(lit.o.get(cell) ?? -1) : "", faint: inside && index > reached };
    }, frames("o"));
    this.words();
  }
  words() {
    const s = this.sums, { side, place, filter } = this.shown, unread = s.unread();
    this.write(side === "o" ? s.outputSaid(place) : side === "i" ? s.inputSaid(place) : s.weightSaid(filter, place));
    if (s.weights) this.panels.w.head.textContent = `${s.outputs > 1 ? `Filter ${this.filter}:` : "Kernel"} ${s.slices} × ${s.kernel} × ${s.kernel}`;
    this.said.setAttribute("aria-live", this.playing ? "off" : "polite");
    this.player.textContent = this.playing ? "Pause" : "Play";
    this.unpin.hidden = !this.pinned;
    this.undo.hidden = !this.changes.pixels.size && !this.changes.weights.size;
    this.edit.hidden = this.at.side === "o" || this.shown !== this.at;
    if (!this.edit.hidden && this.root.getRootNode().activeElement !== this.field) this.field.value = +this.current().toFixed(3);
    const ring = s.transposed ? "Dashed: cut off by the padding." : s.kind === "max" ? "Dashed: padding, which is never the largest." : "Dashed: padding.";
    this.legend.hidden = !unread && !s.padding;
    this.legend.textContent = [unread ? `Hatched: ${unread} of ${s.image.length} pixels ${s.transposed ? "leave nothing in the output" : "are read by no window"}.` : "", s.padding ? ring : ""].filter(Boolean).join(" ");
    Object.assign(this.root.dataset, { side, at: place.join("."), pinned: this.pinned, playing: Boolean(this.playing), unread });
  }
  write({ title, lines, note, result }) {
    const parts = lines.map(({ name, terms, total, around = ["", ""], comma }) => {
      const zeros = terms.length > MOST_TERMS && !comma ? terms.filter((term) => term.zero).length : 0; // a long sum leaves them out
      const shown = (zeros ? terms.filter((term) => !term.zero) : terms).flatMap((term, n) => [n ? (comma ? ", " : " + ") : "", html("span", { class: term.zero ? "zero" : "", text: term.text })]);
      if (zeros) shown.push(html("span", { class: "zero", text: `${shown.length ? " + " : ""}${zeros} zeros` }));
      return html("div", { class: "line" }, name ? html("b", { text: `${name}: ` }) : "", around[0], ...shown, around[1], name ? ` = ${said(total)}` : "");
    });
    const several = lines.length > 1 ? `${lines.map((line) => factor(line.total)).join(" + ")} ` : "";
    this.said.replaceChildren(html("b", { class: "title", text: title }), ...parts, html("div", { class: "total" }, several, html("strong", { text: `= ${result}` }), note ? html("span", { class: "note", text: note }) : ""));
    this.said.style.minHeight = `${Math.max(parseFloat(this.said.style.minHeight) || 0, this.said.offsetHeight)}px`; // nothing below jumps
  }
  list() {
    if (!this.details.open) return;
    const s = this.sums, rows = (map) => Array.from({ length: s.out }, (_, row) => html("tr", {}, ...Array.from({ length: s.out }, (_, column) => html("td", { text: said(s.values[s.index([map, row, column], s.out)]) }))));
    this.table.replaceChildren(...Array.from({ length: s.outputs }, (_, map) => html("table", {}, html("caption", { text: `Output channel ${map}` }), ...rows(map))));
  }
}

export default function ({ data, parentElement, setStateValue }) {
  let state = CONVOLVES.get(parentElement);
  if (!state) {
    state = { view: new Convolve(parentElement.querySelector(".convolve"), (name, value) => state.set(name, value)) };
    CONVOLVES.set(parentElement, state);
  }
  state.set = setStateValue;
  state.view.show(data);
  return () => { state.view.pause(); CONVOLVES.delete(parentElement); };
}
