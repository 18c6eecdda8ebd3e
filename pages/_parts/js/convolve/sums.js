// The arithmetic of one small layer, done in the browser: which pixels an output reads, through which weights, and the sum.
// Channels, rows and columns are counted from 0, and everything is laid out flat as PyTorch lays it out.

/** @import { ConvolveLayer } from "../types.js" */

/** @typedef {[map: number, row: number, column: number]} Place */
/** @typedef {ArrayLike<number> & Iterable<number>} Numbers */

/**
 * A term of an output: the pixel that is read and the weight that it is read through, by their places in the flat
 * arrays. A pixel of -1 is padding; pooling has no weights, and -1 for each.
 * @typedef {object} Tap
 * @property {Place} at
 * @property {number} pixel
 * @property {number} weight
 */

/** @typedef {[other: number, through: number]} Use an output and a weight, or an output and a pixel */

export class Sums {
  /**
   * @param {ConvolveLayer} layer
   * @param {Numbers} image
   * @param {Numbers | null} weights null in pooling, which takes each channel by itself
   */
  constructor(layer, image, weights) {
    this.kind = layer.kind;
    this.side = layer.side;
    this.inputs = layer.inputs;
    this.outputs = layer.outputs;
    this.kernel = layer.kernel;
    this.stride = layer.stride;
    this.padding = layer.padding;
    this.image = image;
    this.dilation = layer.dilation;
    this.weights = weights ?? [];
    this.pools = weights === null;
    this.transposed = this.kind === "transposed";
    this.reach = this.dilation * (this.kernel - 1) + 1;
    const room = this.side + 2 * this.padding - this.reach;
    const spread = (this.side - 1) * this.stride - 2 * this.padding + this.reach;
    this.out = this.transposed ? spread : Math.floor(room / this.stride) + 1;
    this.slices = this.pools ? 1 : this.inputs / layer.groups;
    this.filters = this.pools ? 1 : this.outputs / layer.groups;
    this.values = new Float64Array(this.outputs * this.out * this.out);
    /** @type {Use[][]} the outputs that each pixel feeds */
    this.feeds = Array.from(image, () => []);
    /** @type {Use[][]} where each weight is used */
    this.uses = Array.from(this.weights, () => []);
    for (let output = 0; output < this.values.length; output++) this.add(output);
  }

  /** @param {number} output */
  add(output) {
    const taps = this.taps(...this.place(output, this.out));
    this.values[output] = this.value(taps);
    for (const { pixel, weight } of taps) {
      if (pixel >= 0) this.feeds[pixel].push([output, weight]);
      if (weight >= 0) this.uses[weight].push([output, pixel]);
    }
  }

  /**
   * The output to begin with: nearest to the middle of the first channel, but one whose terms are not all zero.
   * @returns {Place}
   */
  telling() {
    const middle = this.out >> 1;
    const far = (/** @type {Place} */ [map, row, column]) =>
      map * this.out * 2 + Math.abs(row - middle) + Math.abs(column - middle);
    const places = Array.from(this.values, (_, index) => this.place(index, this.out)).sort((a, b) => far(a) - far(b));
    const says = (/** @type {Tap} */ tap) => this.pixel(tap) && (tap.weight < 0 || this.weights[tap.weight]);
    return places.find((place) => this.taps(...place).some(says)) ?? places[0];
  }

  /**
   * The place of a number in the flat array of maps of that side.
   * @param {number} index
   * @param {number} side
   * @returns {Place}
   */
  place(index, side) {
    return [Math.floor(index / (side * side)), Math.floor(index / side) % side, index % side];
  }

  /**
   * @param {Place} place
   * @param {number} side
   */
  index([map, row, column], side) {
    return (map * side + row) * side + column;
  }

  /**
   * The first of the channels that a filter reads.
   * @param {number} filter
   */
  firstChannel(filter) {
    return this.pools ? filter : Math.floor(filter / this.filters) * this.slices;
  }

  /**
   * @param {number} filter
   * @param {Place} place
   */
  weightAt(filter, [slice, row, column]) {
    const across = (this.firstChannel(filter) + slice) * this.filters + (filter % this.filters);
    const pair = this.transposed ? across : filter * this.slices + slice;
    return (pair * this.kernel + row) * this.kernel + column;
  }

  /**
   * The pixel that a tap of the window at `position` reads; of a transposed layer, the one that reaches it by that tap,
   * or null if none does.
   * @param {number} position
   * @param {number} tap
   */
  reads(position, tap) {
    if (!this.transposed) return position * this.stride - this.padding + tap * this.dilation;
    const at = (position + this.padding - tap * this.dilation) / this.stride;
    return Number.isInteger(at) && at >= 0 && at < this.side ? at : null;
  }

  /**
   * Every term of one output.
   * @param {number} filter
   * @param {number} row
   * @param {number} column
   */
  taps(filter, row, column) {
    /** @type {Tap[]} */
    const found = [];
    const first = this.firstChannel(filter);
    for (let slice = 0; slice < this.slices; slice++)
      for (let y = 0; y < this.kernel; y++)
        for (let x = 0; x < this.kernel; x++) {
          const [down, across] = [this.reads(row, y), this.reads(column, x)];
          if (down === null || across === null) continue;
          const inside = Math.min(down, across) >= 0 && Math.max(down, across) < this.side;
          /** @type {Place} */
          const at = [first + slice, down, across];
          const weight = this.pools ? -1 : this.weightAt(filter, [slice, y, x]);
          found.push({ at, pixel: inside ? this.index(at, this.side) : -1, weight });
        }
    return found;
  }

  /**
   * What a term reads; padding is 0.
   * @param {Tap} tap
   */
  pixel({ pixel }) {
    return pixel < 0 ? 0 : this.image[pixel];
  }

  /**
   * The term that wins in a maximum; the first of equals, and never one of padding.
   * @param {Tap[]} taps
   */
  largest(taps) {
    const inside = taps.filter((tap) => tap.pixel >= 0);
    return inside.reduce((best, tap) => (this.image[tap.pixel] > this.image[best.pixel] ? tap : best), inside[0]);
  }

  /** @param {Tap[]} taps */
  value(taps) {
    if (this.kind === "max") return this.image[this.largest(taps).pixel];
    const sum = taps.reduce((total, tap) => total + this.pixel(tap) * (this.pools ? 1 : this.weights[tap.weight]), 0);
    return this.kind === "average" ? sum / this.kernel ** 2 : sum;
  }

  /** How many pixels no window reads. */
  get unread() {
    return this.feeds.filter((outputs) => !outputs.length).length;
  }
}
