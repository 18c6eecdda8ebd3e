// How large gradients are, in words and as a colour: against the last state's, over so many decades either way.

const DECADES = 9;

/**
 * A share of the last state's gradient, in few letters.
 * @param {number} share
 */
export const exponent = (share) => {
  if (share === 0) return "0";
  return share >= 0.01 && share < 1000 ? `${+share.toPrecision(2)}` : share.toExponential(0).replace("+", "");
};

/**
 * A size, with three digits.
 * @param {number | null} value
 */
export const precise = (value) => {
  if (value === null) return "no finite number";
  return value === 0 ? "0" : value.toPrecision(3).replace("e+", "e");
};

/**
 * A gradient as a share of the last state's; null where one of both is no finite number.
 * @param {(number | null)[]} norms by how many steps before the end
 * @param {number} back
 */
export const shareAt = (norms, back) => {
  const [last, norm] = [norms[0], norms[back]];
  if (last === null || norm === null) return null;
  return last ? norm / last : 0;
};

/**
 * From nothing over the theme's own colour at the last state to red.
 * @param {number | null} share
 */
export const shareColour = (share) => {
  if (share === null) return "var(--st-red-color)";
  if (share === 0) return "transparent";
  const level = Math.max(-1, Math.min(1, Math.log10(share) / DECADES));
  const [colour, under, part] =
    level < 0
      ? ["var(--st-primary-color)", "transparent", 1 + level]
      : ["var(--st-red-color)", "var(--st-primary-color)", level];
  return `color-mix(in oklab, ${colour} ${(100 * Number(part)).toFixed(1)}%, ${under})`;
};
