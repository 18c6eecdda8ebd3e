// Round values at which an axis is marked.

/**
 * The multiples of 1, 2 or 5 times a power of ten that lie within a range, about so many.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 */
export const ticks = (low, high, count) => {
  const rough = (high - low || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? 10 * power;
  /** @type {number[]} */
  const found = [];
  for (let v = Math.ceil(low / step) * step; v <= high + 1e-9; v += step) found.push(Math.abs(v) < 1e-12 ? 0 : v);
  return found;
};
