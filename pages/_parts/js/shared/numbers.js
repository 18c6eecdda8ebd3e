// Numbers as they are written.

/** @param {number} share */
export const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** @param {number} share */
export const whole = (share) => `${Math.round(100 * share)} %`;

/**
 * With at most three digits after the point, and fewer of what is larger.
 * @param {number} value
 */
export const short = (value) => {
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : `${+value.toFixed(size >= 1 ? 2 : 3)}`;
};

/**
 * A count in thousands or millions: 11.7 M.
 * @param {number} count
 */
export const compact = (count) => {
  if (count >= 1e6) return `${(count / 1e6).toFixed(count >= 1e7 ? 1 : 2)} M`;
  return count >= 1e3 ? `${(count / 1e3).toFixed(1)} k` : `${count}`;
};

/**
 * A count of a network's weights or sums, in full while it has no more than four digits.
 * @param {number} count
 */
export const shortCount = (count) => {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} G`;
  if (count >= 1e6) return `${(count / 1e6).toFixed(count >= 1e8 ? 0 : 2)} M`;
  return count >= 1e4 ? `${(count / 1e3).toFixed(1)} k` : count.toLocaleString("en");
};

/** @param {number} count */
export const bytes = (count) => {
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} MB`;
  return count >= 1e3 ? `${(count / 1e3).toFixed(1)} kB` : `${count} B`;
};

/**
 * With so many digits after the point at most, and a true minus.
 * @param {number} value
 * @param {number} [digits]
 */
export const signed = (value, digits = 4) => {
  const text = String(+value.toFixed(digits));
  return text === "-0" ? "0" : text.replace("-", "−");
};

/**
 * As it stands in a product: a negative number in brackets.
 * @param {number} value
 */
export const factor = (value) => (value < 0 ? `(${signed(value)})` : signed(value));
