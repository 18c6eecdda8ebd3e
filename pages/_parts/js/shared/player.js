// Steps that are played one after another, in a time that is set, and can be stopped and begun anew.

import { button } from "./dom.js";

/**
 * What is played: from step 0 to `last`.
 * @typedef {object} Playable
 * @property {HTMLElement} root playing ends when it leaves the page
 * @property {string} name what the button is called while it stands still
 * @property {string} className of the button
 * @property {() => number} from where it begins
 * @property {() => number} at
 * @property {() => number} last
 * @property {() => number} seconds
 * @property {(step: number) => void} show
 * @property {(isPlaying: boolean) => void} told
 */

export class Player {
  /** @param {Playable} playable */
  constructor(playable) {
    this.playable = playable;
    this.timer = 0; // 0 while it stands still
    this.button = button("", { class: playable.className }, () => {
      if (this.timer) this.stop();
      else this.start(playable.from());
    });
    this.label();
  }

  /** @param {number} from */
  start(from) {
    const { root, at, last, seconds, show } = this.playable;
    this.stop();
    show(from);
    const whole = seconds() * 1000;
    const begun = performance.now() - (from / last()) * whole;
    const tick = (/** @type {number} */ now) => {
      if (!root.isConnected) {
        this.stop();
        return;
      }
      const step = Math.min(last(), Math.max(0, Math.floor((last() * (now - begun)) / whole)));
      if (step !== at()) show(step);
      if (step >= last()) this.stop();
      else this.timer = requestAnimationFrame(tick);
    };
    this.timer = requestAnimationFrame(tick);
    this.label();
  }

  stop() {
    cancelAnimationFrame(this.timer);
    this.timer = 0;
    this.label();
  }

  label() {
    const name = this.timer ? "Pause" : this.playable.name;
    this.button.textContent = this.timer ? "❚❚" : "▶";
    this.button.setAttribute("aria-label", name);
    this.button.title = name;
    this.playable.told(this.timer !== 0);
  }
}
