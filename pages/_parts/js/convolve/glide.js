// A window glides to its next place, unless less motion is wanted.

/** @import { Frame } from "./together.js" */

const LONGEST = 160; // milliseconds

export class Glide {
  /** @param {() => void} draw called at every frame on the way */
  constructor(draw) {
    this.draw = draw;
    /** @type {Frame | null} */
    this.from = null;
    this.began = 0;
    this.lasts = LONGEST;
  }

  /**
   * Begin to glide along a row.
   * @param {Frame | null} before
   * @param {Frame | null} after
   * @param {number} most milliseconds
   */
  start(before, after, most) {
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (isCalm || !before || !after || before.side !== after.side || before.row !== after.row) return;
    this.from = before;
    this.began = performance.now();
    this.lasts = Math.min(LONGEST, most);
    const tick = () => {
      if (!this.from) return;
      this.draw();
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  /**
   * Where the window is on its way; there, once the time is over or somebody points elsewhere.
   * @param {Frame} frame
   * @param {boolean} isLeft
   */
  at(frame, isLeft) {
    const share = (performance.now() - this.began) / this.lasts;
    if (!this.from || share >= 1 || isLeft) {
      this.from = null;
      return frame;
    }
    const { row, column } = this.from;
    return { ...frame, row: row + (frame.row - row) * share, column: column + (frame.column - column) * share };
  }
}
