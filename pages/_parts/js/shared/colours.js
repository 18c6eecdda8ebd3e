// Colours of the theme and of the palette, for what is drawn on a canvas.

import { html, penOf } from "./dom.js";

/**
 * The value of a custom property of CSS where an element stands.
 * @param {Element} root
 * @param {string} name
 */
export const property = (root, name) => getComputedStyle(root).getPropertyValue(name).trim();

/**
 * The colours that tell apart what is compared.
 * @param {Element} root
 */
export const categorical = (root) =>
  property(root, "--st-chart-categorical-colors")
    .split(",")
    .map((colour) => colour.trim())
    .filter(Boolean);

/** @typedef {[number, number, number]} Rgb red, green and blue from 0 to 255 */

/** @type {CanvasRenderingContext2D | null} */
let reader = null;

/**
 * A colour as numbers; a canvas turns any way of writing one into #rrggbb.
 * @param {string} colour
 * @returns {Rgb}
 */
export const rgbOf = (colour) => {
  reader ??= penOf(html("canvas"));
  reader.fillStyle = "#000000"; // what can't be read changes nothing
  reader.fillStyle = colour;
  return hexRgb(reader.fillStyle);
};

/**
 * @param {string} hex
 * @returns {Rgb}
 */
export const hexRgb = (hex) => {
  const at = (/** @type {number} */ i) => Number.parseInt(hex.slice(i, i + 2), 16);
  return [at(1), at(3), at(5)];
};

/**
 * From one colour on to another.
 * @param {readonly number[]} from
 * @param {readonly number[]} to
 * @param {number} share
 */
export const mixed = (from, to, share) => from.map((value, i) => Math.round(value + (to[i] - value) * share));

/**
 * The relative luminance of the Web Content Accessibility Guidelines: 0 of black, 1 of white.
 * @param {readonly number[]} rgb
 */
const luminance = (rgb) => {
  const linear = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
};

/**
 * How well one colour stands out from another: from 1, not at all, to 21, black on white.
 * @param {readonly number[]} one
 * @param {readonly number[]} other
 */
export const contrast = (one, other) => {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};
