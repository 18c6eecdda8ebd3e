// One of the three panels: maps of numbers side by side on a canvas that is sharp at any pixel density.

import { categorical, contrast, mixed, property, rgbOf } from "../shared/colours.js";
import { html, penOf } from "../shared/dom.js";
import { signed } from "../shared/numbers.js";

/** @import { Rgb } from "../shared/colours.js" */
/** @import { Place } from "./sums.js" */
/** @import { At, Frame, Side } from "./together.js" */

/**
 * How a cell looks.
 * @typedef {object} Look
 * @property {number} [value] none is written if there is none
 * @property {boolean} lit
 * @property {string} by what is written below the value
 * @property {boolean} [best] the largest of its window
 * @property {boolean} [hatched]
 * @property {boolean} [faint]
 */

/** @typedef {Look & { row: number, column: number, inside: boolean }} Cell */

/** @typedef {(map: number, row: number, column: number, inside: boolean) => Look} Looks */

/**
 * @typedef {object} Owner
 * @property {(at: At | null) => void} hovered
 * @property {(at: At) => void} clicked
 * @property {(event: KeyboardEvent, panel: Panel) => void} pressed
 */

/** @typedef {{ maps: string[], side: number, ring: number, title: string }} Shape */

/** @typedef {ReturnType<typeof themeColours>} Colours */

const MAP_GAP = 14;
const NAME = 22; // how high a map's name is
const LEAST_NUMBER = 7.5; // smaller ones can't be read
const ROOM_FOR_TWO = 28; // the side of a cell in which two numbers stand

/**
 * The colours of the theme as numbers.
 * @param {Element} root
 */
export const themeColours = (root) => {
  const of = (/** @type {string} */ name) => rgbOf(property(root, name));
  const [positive, negative] = categorical(root).map(rgbOf);
  return {
    paper: of("--st-background-color"),
    quiet: of("--st-secondary-background-color"),
    line: of("--st-border-color"),
    ink: of("--st-text-color"),
    positive,
    negative,
    font: getComputedStyle(root).fontFamily,
  };
};

/**
 * @param {readonly number[]} rgb
 * @param {number} [alpha]
 */
const css = (rgb, alpha = 1) => `rgb(${rgb.join(" ")} / ${alpha})`;

export class Panel {
  /**
   * @param {Side} side
   * @param {Owner} owner
   */
  constructor(side, owner) {
    this.side = side;
    /** @type {string[]} */
    this.maps = []; // what each is called
    this.cells = 0; // along a side of a map
    this.ring = 0; // cells around each map that are drawn without a number of their own
    this.name = 0;
    this.cell = 0;
    this.across = 1;
    this.letters = 2;
    this.head = html("div", { class: "head" });
    this.canvas = html("canvas", { tabindex: 0, role: "application" });
    this.pen = penOf(this.canvas);
    this.root = html("div", { class: `panel ${side}` }, this.head, this.canvas);
    this.canvas.onpointermove = (event) => {
      if (event.pointerType !== "touch") owner.hovered(this.hit(event));
    };
    this.canvas.onpointerleave = () => owner.hovered(null);
    this.canvas.onclick = (event) => {
      const at = this.hit(event);
      if (at) owner.clicked(at);
    };
    this.canvas.onkeydown = (event) => owner.pressed(event, this);
  }

  /** @param {Shape} shape */
  shape({ maps, side, ring, title }) {
    Object.assign(this, { maps, cells: side, ring, name: maps.some(Boolean) ? NAME : 0 });
    this.head.textContent = title;
    const keys = "Arrow keys move, Enter pins, Space plays.";
    const change = this.side === "o" ? "" : " A digit, plus or minus changes the value.";
    this.canvas.setAttribute("aria-label", `${title}. ${keys}${change}`);
  }

  /**
   * Never narrower than the words above it.
   * @param {number} cell
   * @param {number} across
   */
  width(cell, across) {
    const maps = across * (this.cells + 2 * this.ring) * cell + (across - 1) * MAP_GAP + 2;
    return Math.max(this.side === "w" ? 118 : 96, maps);
  }

  /**
   * @param {number} cell
   * @param {number} across
   */
  height(cell, across) {
    return Math.ceil(this.maps.length / across) * ((this.cells + 2 * this.ring) * cell + this.name) + 2;
  }

  /**
   * @param {number} cell
   * @param {number} across
   */
  size(cell, across) {
    Object.assign(this, { cell, across });
  }

  /**
   * Where a cell begins.
   * @param {number} map
   * @param {number} row
   * @param {number} column
   * @returns {[number, number]}
   */
  corner(map, row, column) {
    const span = (this.cells + 2 * this.ring) * this.cell;
    const left = (map % this.across) * (span + MAP_GAP);
    const top = this.name + Math.floor(map / this.across) * (span + this.name);
    return [1 + left + (column + this.ring) * this.cell, 1 + top + (row + this.ring) * this.cell];
  }

  /**
   * @param {MouseEvent} event
   * @returns {At | null}
   */
  hit(event) {
    for (let map = 0; map < this.maps.length; map++) {
      const [left, top] = this.corner(map, 0, 0);
      const row = Math.floor((event.offsetY - top) / this.cell);
      const column = Math.floor((event.offsetX - left) / this.cell);
      /** @type {Place} */
      const place = [map, row, column];
      if (this.within(row) && this.within(column)) return { side: this.side, place, filter: 0 };
    }
    return null;
  }

  /** @param {number} n */
  within(n) {
    return n >= 0 && n < this.cells;
  }

  /**
   * @param {Colours} colours
   * @param {number} largest the top of the scale
   * @param {Looks} look
   * @param {Omit<Frame, "side">[]} frames
   */
  draw(colours, largest, look, frames) {
    this.clear();
    const looks = this.maps.map((_, map) => this.looksOf(map, look));
    const written = looks.flat().map(({ value }) => (value === undefined ? 0 : signed(value, 2).length));
    this.letters = Math.max(2, ...written);
    this.maps.forEach((name, map) => {
      this.drawName(colours, name, map);
      for (const cell of looks[map]) this.drawCell(colours, this.corner(map, cell.row, cell.column), cell, largest);
    });
    this.pen.strokeStyle = css(colours.ink);
    looks.forEach((cells, map) => {
      for (const { row, column, best } of cells.filter(({ lit }) => lit))
        this.outline(map, row, column, 1, best ? Math.max(3, this.cell / 10) : Math.max(1.25, this.cell / 24));
    });
    for (const frame of frames) for (const map of frame.maps) this.drawFrame(colours, frame, map);
  }

  /** A canvas of the right size, with nothing on it. */
  clear() {
    const scale = globalThis.devicePixelRatio || 1;
    const width = this.width(this.cell, this.across);
    const height = this.height(this.cell, this.across);
    Object.assign(this.canvas, { width: Math.round(width * scale), height: Math.round(height * scale) });
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    this.pen.scale(scale, scale);
    this.pen.textBaseline = "middle";
  }

  /**
   * The cells of a map, with those of its ring.
   * @param {number} map
   * @param {Looks} look
   * @returns {Cell[]}
   */
  looksOf(map, look) {
    const rows = Array.from({ length: this.cells + 2 * this.ring }, (_, n) => n - this.ring);
    return rows.flatMap((row) =>
      rows.map((column) => {
        const inside = this.within(row) && this.within(column);
        return { row, column, inside, ...look(map, row, column, inside) };
      }),
    );
  }

  /**
   * @param {Colours} colours
   * @param {string} name
   * @param {number} map
   */
  drawName(colours, name, map) {
    const [left, top] = this.corner(map, -this.ring, -this.ring);
    this.pen.textAlign = "left";
    this.pen.fillStyle = css(colours.ink, 0.85);
    this.pen.font = `13px ${colours.font}`;
    this.pen.fillText(name, left, top - this.name / 2);
  }

  /**
   * @param {Colours} colours
   * @param {Omit<Frame, "side">} frame
   * @param {number} map
   */
  drawFrame(colours, { row, column, span, double }, map) {
    this.outline(map, row, column, span, Math.max(2.5, this.cell / (double ? 6 : 12)));
    if (!double) return;
    this.pen.strokeStyle = css(colours.paper);
    this.outline(map, row, column, span, Math.max(1, this.cell / 20));
    this.pen.strokeStyle = css(colours.ink);
  }

  /**
   * @param {number} map
   * @param {number} row
   * @param {number} column
   * @param {number} span
   * @param {number} thick
   */
  outline(map, row, column, span, thick) {
    const [x, y] = this.corner(map, row, column);
    this.pen.lineWidth = thick;
    this.pen.strokeRect(x + 0.5, y + 0.5, span * this.cell - 1, span * this.cell - 1);
  }

  /**
   * @param {Colours} colours
   * @param {[number, number]} corner
   * @param {Cell} look
   * @param {number} largest
   */
  drawCell(colours, [x, y], look, largest) {
    const { cell: side, pen } = this;
    const { value, by, inside } = look;
    const share = value === undefined || !largest ? 0 : Math.min(1, Math.abs(value) / largest);
    const hue = value !== undefined && value < 0 ? colours.negative : colours.positive;
    const fill = inside ? mixed(colours.paper, hue, share ? 0.1 + 0.82 * share : 0) : colours.quiet;
    pen.globalAlpha = look.faint ? 0.22 : 1;
    this.drawSquare(colours, x, y, fill, inside);
    if (look.hatched) this.hatch(colours, x, y);
    const letters = contrast(colours.ink, fill) >= contrast(colours.paper, fill) ? colours.ink : colours.paper;
    const hasTwo = by !== "" && side >= ROOM_FOR_TWO;
    const middle = y + side * (hasTwo ? 0.4 : 0.53);
    if (value !== undefined)
      this.drawNumber(colours, signed(value, 2), x + side / 2, middle, css(letters, share ? 1 : 0.75));
    if (hasTwo) {
      pen.font = `600 ${Math.max(9, side * 0.26)}px ${colours.font}`;
      pen.textAlign = "right";
      pen.fillStyle = css(letters);
      pen.fillText(by, x + side - 4, y + side * 0.8);
    }
    pen.globalAlpha = 1;
  }

  /**
   * @param {Colours} colours
   * @param {number} x
   * @param {number} y
   * @param {readonly number[]} fill
   * @param {boolean} inside its edge is broken if it is not
   */
  drawSquare(colours, x, y, fill, inside) {
    const { cell: side, pen } = this;
    pen.fillStyle = css(fill);
    pen.fillRect(x, y, side, side);
    pen.strokeStyle = css(colours.line);
    pen.lineWidth = 1;
    pen.setLineDash(inside ? [] : [3, 3]);
    pen.strokeRect(x + 0.5, y + 0.5, side - 1, side - 1);
    pen.setLineDash([]);
  }

  /**
   * Numbers are as large as the longest of them allows, and left out where that could not be read.
   * @param {Colours} colours
   * @param {string} text
   * @param {number} x
   * @param {number} y
   * @param {string} colour
   */
  drawNumber(colours, text, x, y, colour) {
    const most = Math.min(this.cell * 0.42, 20, ((this.cell - 3) / this.letters) * 1.7);
    if (most < LEAST_NUMBER) return;
    this.pen.font = `${most}px ${colours.font}`;
    this.pen.textAlign = "center";
    this.pen.fillStyle = colour;
    this.pen.fillText(text, x, y);
  }

  /**
   * @param {Colours} colours
   * @param {number} x
   * @param {number} y
   */
  hatch(colours, x, y) {
    const { cell: side, pen } = this;
    pen.save();
    pen.beginPath();
    pen.rect(x, y, side, side);
    pen.clip();
    pen.beginPath();
    for (let from = -side; from < side; from += Math.max(4, side / 5)) {
      pen.moveTo(x + from, y + side);
      pen.lineTo(x + from + side, y);
    }
    pen.strokeStyle = css(colours.ink, 0.55);
    pen.stroke();
    pen.restore();
  }
}
