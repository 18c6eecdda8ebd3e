// A drawing, counted as the scans were: cut out, scaled to fill its box, and how dark each of 8 x 8 cells is.

const CELLS = 8;
const POINTS = 6; // along each side of a cell, at which is looked
const SMALLEST = 8;

/** @typedef {(x: number, y: number) => boolean} Dark whether a pixel is */

/**
 * The share of ink in each cell, row by row.
 * @param {Dark} dark
 * @param {number} side of the drawing in pixels
 */
export const inkOf = (dark, side) => {
  const box = boxOf(dark, side);
  const isInk = (/** @type {number} */ x, /** @type {number} */ y) =>
    x >= 0 && y >= 0 && x < side && y < side && dark(x, y);
  const cell = box.side / CELLS;
  return Float32Array.from({ length: CELLS * CELLS }, (_, index) => {
    const left = box.left + (index % CELLS) * cell;
    const top = box.top + Math.floor(index / CELLS) * cell;
    let on = 0;
    for (let j = 0; j < POINTS; j++)
      for (let i = 0; i < POINTS; i++) {
        const [x, y] = [left + ((i + 0.5) / POINTS) * cell, top + ((j + 0.5) / POINTS) * cell];
        if (isInk(Math.floor(x), Math.floor(y))) on++;
      }
    return on / POINTS ** 2;
  });
};

/**
 * The square around all that is dark.
 * @param {Dark} dark
 * @param {number} side
 */
const boxOf = (dark, side) => {
  let [x0, y0, x1, y1] = [side, side, 0, 0];
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      if (dark(x, y)) [x0, y0, x1, y1] = [Math.min(x0, x), Math.min(y0, y), Math.max(x1, x), Math.max(y1, y)];
  const long = Math.max(x1 - x0, y1 - y0, SMALLEST) + 1;
  return { left: (x0 + x1 - long) / 2, top: (y0 + y1 - long) / 2, side: long };
};
