// Small pictures side by side, drawn pixel by pixel, one of which is chosen: a network's first filters.

const TILES = new WeakMap();

class Tiles {
  constructor(root) {
    this.root = root;
    root.setAttribute("role", "listbox");
    root.onkeydown = (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns(), ArrowDown: this.columns() }[event.key];
      const at = this.order?.indexOf(this.picked) + by;
      if (!by || !(at in this.order)) return;
      event.preventDefault();
      this.choose(this.order[at]);
      this.buttons[at].focus();
    };
  }
  columns() { return getComputedStyle(this.root).gridTemplateColumns.split(" ").length; }
  show(data, send) {
    this.send = send;
    const key = `${data.pixels}|${data.order}|${data.titles}`;
    if (this.key !== key) {
      this.key = key;
      this.build(data);
    }
    this.mark(data.picked);
  }
  build({ pixels, rows, columns, order, titles }) {
    const bytes = Uint8Array.from(atob(pixels), (c) => c.charCodeAt(0)), each = rows * columns;
    this.order = order;
    this.buttons = order.map((index) => {
      const canvas = html("canvas", { width: columns, height: rows, "aria-hidden": "true" });
      const picture = new ImageData(columns, rows);
      for (let p = 0; p < each; p++) picture.data.set([...bytes.subarray((index * each + p) * 3, (index * each + p) * 3 + 3), 255], p * 4);
      canvas.getContext("2d").putImageData(picture, 0, 0);
      const button = html("button", { type: "button", role: "option", title: titles[index], "aria-label": titles[index], "data-index": index }, canvas);
      button.onclick = () => this.choose(index);
      return button;
    });
    this.root.replaceChildren(...this.buttons);
  }
  choose(index) {
    this.mark(index);
    this.send("picked", index);
  }
  mark(picked) {
    this.picked = picked;
    this.buttons.forEach((button, place) => {
      const chosen = this.order[place] === picked;
      button.setAttribute("aria-selected", chosen);
      button.tabIndex = chosen ? 0 : -1;
    });
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".tiles");
  let view = TILES.get(parentElement);
  if (!view) {
    view = new Tiles(root);
    TILES.set(parentElement, view);
  }
  root.setAttribute("aria-label", data.label);
  view.show(data, setStateValue);
  return () => TILES.delete(parentElement);
}
