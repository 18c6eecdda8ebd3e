// Which pixels of a row each output reads; of a transposed convolution, which of them reach it.

/** @import { WindowsData } from "../types.js" */

/**
 * The places that output `i` reads, those of the padding too, which lie outside; of a transposed convolution, the
 * inputs that reach it.
 * @param {WindowsData} window
 * @param {number} i
 */
export const tapsOf = ({ kernel, stride, padding, dilation, transposed, side }, i) => {
  const taps = Array.from({ length: kernel }, (_, k) => k * dilation);
  if (!transposed) return taps.map((tap) => i * stride - padding + tap);
  return taps.map((tap) => (i + padding - tap) / stride).filter((at) => Number.isInteger(at) && at >= 0 && at < side);
};

/**
 * What output `i` reads, in a sentence.
 * @param {WindowsData} window
 * @param {number} i
 */
export const saidOf = (window, i) => {
  const taps = tapsOf(window, i);
  const own = taps.filter((at) => at >= 0 && at < window.side).sort((a, b) => a - b);
  if (!own.length) return window.transposed ? `No input reaches output ${i}.` : `Output ${i} sees only padding.`;
  const inputs = own.length > 8 ? `${own[0]} to ${own[own.length - 1]}` : own.join(", ");
  const outside = taps.length - own.length;
  const padding = outside && !window.transposed ? ` and ${outside} of padding` : "";
  return `Output ${i} ${window.transposed ? "gets from" : "reads"} input ${inputs}${padding}.`;
};
