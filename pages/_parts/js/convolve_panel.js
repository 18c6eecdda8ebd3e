// One of the three panels: maps of numbers side by side on a canvas that is sharp at any pixel density.

const MAP_GAP = 14;

// Theme colours as numbers; the canvas itself turns any way of writing a colour into #rrggbb.
const palette = (root) => {
  const style = getComputedStyle(root), pen = document.createElement("canvas").getContext("2d");
  const colour = (name, or) => { pen.fillStyle = or; pen.fillStyle = name.trim(); return [1, 3, 5].map((i) => parseInt(pen.fillStyle.slice(i, i + 2), 16)); };
  const of = (name, or) => colour(style.getPropertyValue(name), or), tints = style.getPropertyValue("--st-chart-categorical-colors").split(",");
  return {
    paper: of("--st-background-color", "#ffffff"), quiet: of("--st-secondary-background-color", "#eeeeee"), line: of("--st-border-color", "#cccccc"),
    ink: of("--st-text-color", "#222222"), positive: colour(tints[0] ?? "", "#2a5fd0"), negative: colour(tints[1] ?? "", "#d9730d"),
    font: style.fontFamily,
  };
};
const css = (rgb, alpha = 1) => `rgb(${rgb.join(" ")} / ${alpha})`;
const mixed = (from, to, share) => from.map((v, i) => Math.round(v + (to[i] - v) * share));
const luminance = (rgb) => rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const contrast = (a, b) => { const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y); return (high + 0.05) / (low + 0.05); };

class Panel {
  // owner: hovered(at), clicked(at), pressed(event, panel); `side` is "i", "w" or "o"
  constructor(side, owner) {
    this.side = side;
    this.head = html("div", { class: "head" });
    this.canvas = html("canvas", { tabindex: 0, role: "application" });
    this.root = html("div", { class: `panel ${side}` }, this.head, this.canvas);
    this.canvas.onpointermove = (event) => { if (event.pointerType !== "touch") owner.hovered(this.hit(event)); };
    this.canvas.onpointerleave = () => owner.hovered(null);
    this.canvas.onclick = (event) => { const at = this.hit(event); if (at) owner.clicked(at); };
    this.canvas.onkeydown = (event) => owner.pressed(event, this);
  }
  // maps: what each is called; a ring of cells around each is drawn without a number of its own
  shape({ maps, side, ring, title }) {
    Object.assign(this, { maps, cells: side, ring, name: maps.some(Boolean) ? 22 : 0 });
    this.head.textContent = title;
    this.canvas.setAttribute("aria-label", `${title}. Arrow keys move, Enter pins, Space plays.${this.side === "o" ? "" : " A digit, plus or minus changes the value."}`);
  }
  // never narrower than the words above it
  width(cell, across) { return Math.max(this.side === "w" ? 118 : 96, across * (this.cells + 2 * this.ring) * cell + (across - 1) * MAP_GAP + 2); }
  height(cell, across) { return Math.ceil(this.maps.length / across) * ((this.cells + 2 * this.ring) * cell + this.name) + 2; }
  size(cell, across) { Object.assign(this, { cell, across }); }
  corner(map, row, column) {
    const span = (this.cells + 2 * this.ring) * this.cell;
    return [1 + (map % this.across) * (span + MAP_GAP) + (column + this.ring) * this.cell, 1 + this.name + Math.floor(map / this.across) * (span + this.name) + (row + this.ring) * this.cell];
  }
  hit(event) {
    for (let map = 0; map < this.maps.length; map++) {
      const [left, top] = this.corner(map, 0, 0), row = Math.floor((event.offsetY - top) / this.cell), column = Math.floor((event.offsetX - left) / this.cell);
      if (Math.min(row, column) >= 0 && Math.max(row, column) < this.cells) return { side: this.side, place: [map, row, column] };
    }
    return null;
  }
  // look(map, row, column, inside) says how a cell looks: {value, lit, best, by, hatched, faint}; largest is the top of the scale
  draw(colours, largest, look, frames) {
    const scale = globalThis.devicePixelRatio || 1, width = this.width(this.cell, this.across), height = this.height(this.cell, this.across);
    Object.assign(this.canvas, { width: Math.round(width * scale), height: Math.round(height * scale) });
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    const pen = this.canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.textBaseline = "middle";
    const lit = [], looks = this.maps.map((_, map) => this.each((row, column, inside) => ({ row, column, inside, ...look(map, row, column, inside) })));
    this.letters = Math.max(2, ...looks.flat().map((cell) => (cell.value === undefined ? 0 : said(cell.value, 2).length)));
    this.maps.forEach((name, map) => {
      pen.textAlign = "left";
      pen.fillStyle = css(colours.ink, 0.85);
      pen.font = `13px ${colours.font}`;
      pen.fillText(name, this.corner(map, 0, -this.ring)[0], this.corner(map, -this.ring, 0)[1] - this.name / 2);
      for (const cell of looks[map]) {
        this.drawCell(pen, colours, this.corner(map, cell.row, cell.column), cell, largest);
        if (cell.lit) lit.push([map, cell]);
      }
    });
    pen.strokeStyle = css(colours.ink);
    for (const [map, cell] of lit) this.outline(pen, map, cell.row, cell.column, 1, cell.best ? Math.max(3, this.cell / 10) : Math.max(1.25, this.cell / 24));
    for (const { maps, row, column, span, double } of frames) for (const map of maps) {
      this.outline(pen, map, row, column, span, Math.max(2.5, this.cell / (double ? 6 : 12)));
      if (!double) continue;
      pen.strokeStyle = css(colours.paper);
      this.outline(pen, map, row, column, span, Math.max(1, this.cell / 20));
      pen.strokeStyle = css(colours.ink);
    }
  }
  outline(pen, map, row, column, span, thick) {
    const [x, y] = this.corner(map, row, column);
    pen.lineWidth = thick;
    pen.strokeRect(x + 0.5, y + 0.5, span * this.cell - 1, span * this.cell - 1);
  }
  each(make) {
    const rows = Array.from({ length: this.cells + 2 * this.ring }, (_, n) => n - this.ring), within = (n) => n >= 0 && n < this.cells;
    return rows.flatMap((row) => rows.map((column) => make(row, column, within(row) && within(column))));
  }
  drawCell(pen, colours, [x, y], look, largest) {
    const side = this.cell, inside = look.inside, share = look.value === undefined || !largest ? 0 : Math.min(1, Math.abs(look.value) / largest);
    const fill = inside ? mixed(colours.paper, look.value < 0 ? colours.negative : colours.positive, share ? 0.1 + 0.82 * share : 0) : colours.quiet;
    pen.globalAlpha = look.faint ? 0.22 : 1;
    pen.fillStyle = css(fill);
    pen.fillRect(x, y, side, side);
    pen.strokeStyle = css(colours.line);
    pen.lineWidth = 1;
    pen.setLineDash(inside ? [] : [3, 3]);
    pen.strokeRect(x + 0.5, y + 0.5, side - 1, side - 1);
    pen.setLineDash([]);
    if (look.hatched) this.hatch(pen, colours, x, y);
    const dark = contrast(colours.ink, fill) >= contrast(colours.paper, fill) ? colours.ink : colours.paper;
    if (look.value !== undefined) this.number(pen, colours, said(look.value, 2), x + side / 2, y + side * (look.by && side >= 28 ? 0.4 : 0.53), css(dark, share ? 1 : 0.75));
    if (look.by && side >= 28) {
      pen.font = `600 ${Math.max(9, side * 0.26)}px ${colours.font}`;
      pen.textAlign = "right";
      pen.fillStyle = css(dark);
      pen.fillText(look.by, x + side - 4, y + side * 0.8);
    }
    pen.globalAlpha = 1;
  }
  // numbers are as large as the longest of them allows, and left out where that could not be read
  number(pen, colours, text, x, y, colour) {
    const most = Math.min(this.cell * 0.42, 20, ((this.cell - 3) / this.letters) * 1.7);
    if (most < 7.5) return;
    pen.font = `${most}px ${colours.font}`;
    pen.textAlign = "center";
    pen.fillStyle = colour;
    pen.fillText(text, x, y);
  }
  hatch(pen, colours, x, y) {
    const side = this.cell;
    pen.save();
    pen.beginPath();
    pen.rect(x, y, side, side);
    pen.clip();
    pen.beginPath();
    for (let from = -side; from < side; from += Math.max(4, side / 5)) { pen.moveTo(x + from, y + side); pen.lineTo(x + from + side, y); }
    pen.strokeStyle = css(colours.ink, 0.55);
    pen.stroke();
    pen.restore();
  }
}
