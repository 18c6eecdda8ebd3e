// A pad to draw a digit on, with the mouse or a finger.

import { html, penOf } from "../shared/dom.js";
import { inkOf } from "./ink.js";

const PAD = 160;
const INK = "#141821";
const PAPER = "#ffffff";
const HINT = "#8a93a5";

export class Pad {
  /** @param {() => void} drew called after each stroke */
  constructor(drew) {
    this.drew = drew;
    this.isDrawn = false;
    /** @type {[number, number] | null} */
    this.last = null;
    const size = { width: PAD, height: PAD };
    this.root = html("canvas", { class: "pad", role: "img", "aria-label": "A pad to draw a digit on", ...size });
    this.pen = penOf(this.root);
    this.root.onpointerdown = (event) => this.begin(event);
    this.root.onpointermove = (event) => this.go(this.at(event));
    this.root.onpointerup = () => {
      this.last = null;
    };
    this.clear();
  }

  /**
   * @param {PointerEvent} event
   * @returns {[number, number]}
   */
  at(event) {
    const box = this.root.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * PAD, ((event.clientY - box.top) / box.height) * PAD];
  }

  /** @param {PointerEvent} event */
  begin(event) {
    if (!this.isDrawn) this.wipe();
    this.last = this.at(event);
    this.root.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  /** @param {[number, number]} next */
  go(next) {
    if (!this.last) return;
    this.pen.lineWidth = 15;
    this.pen.lineCap = "round";
    this.pen.strokeStyle = INK;
    this.pen.beginPath();
    this.pen.moveTo(...this.last);
    this.pen.lineTo(...next);
    this.pen.stroke();
    this.last = next;
    this.isDrawn = true;
    this.drew();
  }

  wipe() {
    this.pen.fillStyle = PAPER;
    this.pen.fillRect(0, 0, PAD, PAD);
    this.isDrawn = false;
  }

  clear() {
    this.wipe();
    this.pen.fillStyle = HINT;
    this.pen.font = "15px sans-serif";
    this.pen.textAlign = "center";
    this.pen.fillText("draw here", PAD / 2, PAD / 2 + 4);
  }

  /** What is drawn, as a classifier of the scans reads it. */
  get ink() {
    const pixels = this.pen.getImageData(0, 0, PAD, PAD).data;
    return inkOf((x, y) => pixels[(y * PAD + x) * 4] < 128, PAD);
  }
}
