// A colour scale from dark to bright.

const VIRIDIS = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
]; // which greys keep in order

/**
 * The colour of a share: dark at 0, bright at 1.
 * @param {number} share
 */
export const ramp = (share) => {
  const last = VIRIDIS.length - 1;
  const place = Math.min(last - 1e-9, Math.max(0, share) * last);
  const at = Math.floor(place);
  const rgb = VIRIDIS[at].map((low, i) => Math.round(low + (place - at) * (VIRIDIS[at + 1][i] - low)));
  return `rgb(${rgb.join(",")})`;
};
