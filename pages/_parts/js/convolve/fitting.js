// The largest cells with which panels of maps find room.

/**
 * @typedef {object} Sized
 * @property {string[]} maps
 * @property {(cell: number, across: number) => number} width with so many maps side by side
 * @property {(cell: number, across: number) => number} height
 */

const LARGEST = 46;
const SMALLEST = 5;

/**
 * All ways to choose how many maps of each panel stand side by side.
 * @param {Sized[]} panels
 * @returns {number[][]}
 */
const arrangements = (panels) => {
  /** @type {number[][]} */
  let found = [[]];
  for (const { maps } of panels) found = found.flatMap((chosen) => maps.map((_, n) => [...chosen, n + 1]));
  return found;
};

/**
 * The side of a cell, and how many maps of each panel stand side by side, if the panels do.
 * @param {Sized[]} panels
 * @param {number} room how wide all of them may be together
 * @param {number} high how high each may be
 */
export const largestCells = (panels, room, high) => {
  const choices = arrangements(panels);
  for (let cell = LARGEST; cell > SMALLEST; cell--)
    for (const across of choices) {
      const width = panels.reduce((sum, panel, n) => sum + panel.width(cell, across[n]), 0);
      if (width <= room && panels.every((panel, n) => panel.height(cell, across[n]) <= high)) return { cell, across };
    }
  return { cell: SMALLEST, across: panels.map((panel) => Math.min(2, panel.maps.length)) };
};
