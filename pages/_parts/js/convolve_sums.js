// The arithmetic of one small layer, done in the browser: which pixels an output reads, through which weights, and the sum.
// Channels, rows and columns are counted from 0, and everything is laid out flat as PyTorch lays it out.

const said = (value, digits = 4) => {
  const text = String(+value.toFixed(digits));
  return text === "-0" ? "0" : text.replace("-", "−");
};
const factor = (value) => (value < 0 ? `(${said(value)})` : said(value));
const counted = (number, thing) => `${number} ${thing}${number === 1 ? "" : "s"}`;

class Sums {
  // layer: kind, side, inputs, outputs, kernel, stride, padding, dilation, groups; weights are null in pooling
  constructor(layer, image, weights) {
    Object.assign(this, layer, { image, weights });
    this.transposed = this.kind === "transposed";
    this.reach = this.dilation * (this.kernel - 1) + 1;
    const room = this.side + 2 * this.padding - this.reach;
    this.out = this.transposed ? (this.side - 1) * this.stride - 2 * this.padding + this.reach : Math.floor(room / this.stride) + 1;
    // pooling takes each channel by itself
    this.slices = weights ? this.inputs / this.groups : 1;
    this.filters = weights ? this.outputs / this.groups : 1;
    this.values = new Float64Array(this.outputs * this.out * this.out);
    this.feeds = Array.from(image, () => []);
    this.uses = Array.from(weights ?? [], () => []);
    for (let output = 0; output < this.values.length; output++) this.add(output);
  }
  add(output) {
    const taps = this.taps(...this.place(output, this.out));
    this.values[output] = this.value(taps);
    for (const tap of taps) {
      if (tap.pixel >= 0) this.feeds[tap.pixel].push([output, tap.weight]);
      if (tap.weight >= 0) this.uses[tap.weight].push([output, tap.pixel]);
    }
  }
  place(index, side) { return [Math.floor(index / (side * side)), Math.floor(index / side) % side, index % side]; }
  index([map, row, column], side) { return (map * side + row) * side + column; }
  firstChannel(filter) { return this.weights ? Math.floor(filter / this.filters) * this.slices : filter; }
  weightAt(filter, slice, row, column) {
    const pair = this.transposed ? (this.firstChannel(filter) + slice) * this.filters + (filter % this.filters) : filter * this.slices + slice;
    return (pair * this.kernel + row) * this.kernel + column;
  }
  // the pixel that a tap of the window at `position` reads; of a transposed layer, the one that reaches `position` by it
  reads(position, tap) {
    if (!this.transposed) return position * this.stride - this.padding + tap * this.dilation;
    const at = (position + this.padding - tap * this.dilation) / this.stride;
    return Number.isInteger(at) && at >= 0 && at < this.side ? at : null;
  }
  // every term of one output; a pixel of -1 is padding
  taps(filter, row, column) {
    const found = [], first = this.firstChannel(filter);
    for (let slice = 0; slice < this.slices; slice++) for (let y = 0; y < this.kernel; y++) for (let x = 0; x < this.kernel; x++) {
      const at = [first + slice, this.reads(row, y), this.reads(column, x)];
      if (at[1] === null || at[2] === null) continue;
      const inside = Math.min(at[1], at[2]) >= 0 && Math.max(at[1], at[2]) < this.side;
      found.push({ at, pixel: inside ? this.index(at, this.side) : -1, weight: this.weights ? this.weightAt(filter, slice, y, x) : -1 });
    }
    return found;
  }
  pixel(tap) { return tap.pixel < 0 ? 0 : this.image[tap.pixel]; }
  largest(taps) { return taps.reduce((best, tap) => (tap.pixel >= 0 && (!best || this.image[tap.pixel] > this.image[best.pixel]) ? tap : best), null); }
  value(taps) {
    if (this.kind === "max") return this.image[this.largest(taps).pixel];
    const sum = taps.reduce((total, tap) => total + this.pixel(tap) * (this.weights ? this.weights[tap.weight] : 1), 0);
    return this.kind === "average" ? sum / this.kernel ** 2 : sum;
  }
  unread() { return this.feeds.filter((outputs) => !outputs.length).length; }
  // --- in words: a title, lines of terms that each come to a total, and the result
  outputSaid(at) {
    const taps = this.taps(...at), result = said(this.values[this.index(at, this.out)]);
    return { title: `Output channel ${at[0]}, row ${at[1]}, column ${at[2]}`, result, ...(this.weights ? this.products(taps) : this.pooled(taps)) };
  }
  products(taps) {
    if (!taps.length) return { lines: [], note: "No pixel reaches it." };
    const lines = [];
    for (let channel = taps[0].at[0]; channel <= taps.at(-1).at[0]; channel++) {
      const own = taps.filter((tap) => tap.at[0] === channel), pairs = own.map((tap) => [this.pixel(tap), this.weights[tap.weight]]);
      const terms = pairs.map(([pixel, weight]) => ({ text: `${factor(pixel)}·${factor(weight)}`, zero: !(pixel * weight) }));
      lines.push({ name: this.slices > 1 ? `channel ${channel}` : "", terms, total: pairs.reduce((sum, [pixel, weight]) => sum + pixel * weight, 0) });
    }
    return { lines, note: this.outside(taps, "is padding, which is 0", "are padding, which is 0") };
  }
  pooled(taps) {
    const read = this.kind === "max" ? taps.filter((tap) => tap.pixel >= 0) : taps;
    const terms = read.map((tap) => ({ text: this.kind === "max" ? said(this.pixel(tap)) : factor(this.pixel(tap)), zero: !this.pixel(tap) }));
    const around = { max: ["max(", ")"], average: ["(", `) / ${this.kernel ** 2}`], sum: ["", ""] }[this.kind];
    const note = this.kind === "max" ? this.outside(taps, "is padding, which is never the largest", "are padding, which is never the largest")
      : this.outside(taps, "is padding, and counts as 0", "are padding, and count as 0");
    return { lines: [{ name: "", terms, around, comma: this.kind === "max" }], note };
  }
  outside(taps, one, several) {
    const number = taps.filter((tap) => tap.pixel < 0).length;
    return number ? `${number} of the ${taps.length} ${number === 1 ? one : several}.` : "";
  }
  inputSaid(at) {
    const pixel = this.index(at, this.side), fed = this.feeds[pixel];
    const wins = fed.filter(([output]) => this.largest(this.taps(...this.place(output, this.out))).pixel === pixel).length;
    const most = this.kind === "max" && fed.length ? ` It is the largest of ${counted(wins, "window")}.` : "";
    const note = fed.length ? `It feeds ${fed.length} of the ${counted(this.values.length, "output")}.${most}` : `${this.transposed ? "Nothing of it is left in the output" : "No window reads it"}.`;
    return { title: `Input channel ${at[0]}, row ${at[1]}, column ${at[2]}`, lines: [], note, result: said(this.image[pixel]) };
  }
  weightSaid(filter, at) {
    const weight = this.weightAt(filter, ...at), uses = this.uses[weight], padding = uses.filter(([, pixel]) => pixel < 0).length;
    const each = this.transposed ? "" : `: once for every output of filter ${filter}`;
    const note = `It is used ${uses.length === 1 ? "once" : `${uses.length} times`}${each}${padding ? `, ${padding} of them on padding` : ""}.`;
    return { title: `Weight of filter ${filter} for channel ${this.firstChannel(filter) + at[0]}, row ${at[1]}, column ${at[2]}`, lines: [], note, result: said(this.weights[weight]) };
  }
}
