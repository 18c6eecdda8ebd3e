// The layer table: stages and blocks that open and close, with their sums; a number that is clicked shows its working.

const TABLES = new WeakMap();
const COLUMNS = [
  ["type", "Layer", "text"], ["kernel", "Kernel", "text"], ["stride", "Stride", "text"], ["padding", "Padding", "text"], ["dilation", "Dilation", "text"], ["groups", "Groups", "text"],
  ["in", "Input", "text"], ["shape", "Output", "output"], ["params", "Parameters", "params"], ["macs", "MACs", "macs"], ["memory", "Memory", "memory"], ["field", "Field", "field"],
];
const bytes = (n) => (n >= 1e6 ? `${(n / 1e6).toFixed(1)} MB` : n >= 1e3 ? `${(n / 1e3).toFixed(1)} kB` : `${n} B`);
const shown = (key, value) => (value === null || value === undefined || value === "" ? "" : key === "memory" ? bytes(value) : typeof value === "number" ? value.toLocaleString("en") : `${value}`);

class LayerTable {
  constructor(root, send) {
    this.root = root;
    this.send = send;
    this.open = new Set();
  }
  show(data) {
    if (this.key !== data.key) {
      this.key = data.key;
      this.data = data;
      this.tree = buildTree(data.steps);
      this.open = new Set(data.open);
      if (this.tree.children.size === 1) this.open.add([...this.tree.children.keys()][0]);
    }
    this.chosen = data.chosen;
    this.draw();
  }
  draw() {
    const head = html("tr", {}, html("th", { text: "Name", scope: "col", class: "name" }), ...COLUMNS.map(([key, title]) => html("th", { text: title, scope: "col", class: key })), html("th", { text: "Share", scope: "col", class: "share", title: "Share of all parameters (above) and of all multiply-adds (below)" }));
    const body = html("tbody");
    const walk = (group, depth) => {
      for (const { step, inner } of group.items) {
        if (step) body.append(this.row(step, depth));
        else {
          body.append(this.groupRow(inner, depth));
          if (this.open.has(inner.id)) walk(inner, depth + 1);
        }
      }
    };
    walk(this.tree, 0);
    const total = html("tr", { class: "total" }, html("th", { text: "Whole network", scope: "row", class: "name" }), ...COLUMNS.map(([key]) => html("td", { class: key, text: ["params", "macs", "memory"].includes(key) ? shown(key, this.data.totals[key]) : "" })), html("td", { text: "" }));
    const table = html("table", {}, html("thead", {}, head), body, html("tfoot", {}, total));
    const all = html("button", { type: "button", text: "Open all" }), none = html("button", { type: "button", text: "Close all" });
    all.onclick = () => { const add = (g) => g.children.forEach((c) => { this.open.add(c.id); add(c); }); add(this.tree); this.draw(); };
    none.onclick = () => { this.open.clear(); this.draw(); };
    this.root.replaceChildren(html("div", { class: "tools" }, all, none), html("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Layer table" }, table));
    if (this.focus) { this.root.querySelector(`[data-group="${CSS.escape(this.focus)}"]`)?.focus(); this.focus = null; }
  }
  groupRow(group, depth) {
    const open = this.open.has(group.id), last = this.data.steps.find((s) => s.i === group.last);
    const button = html("button", { type: "button", class: "toggle", "aria-expanded": open, "data-group": group.id, text: `${open ? "▾" : "▸"} ${group.title}` });
    button.onclick = () => { open ? this.open.delete(group.id) : this.open.add(group.id); this.focus = group.id; this.draw(); };
    const sums = { type: steps_said(group), shape: last?.shape, params: group.params, macs: group.macs, memory: group.memory, field: last?.field };
    return html("tr", { class: "group" }, html("th", { scope: "row", class: "name", style: `padding-left: ${0.5 + 0.9 * depth}rem` }, button), ...COLUMNS.map(([key]) => html("td", { class: key, text: shown(key, sums[key]) })), this.share(group));
  }
  row(step, depth) {
    const cells = COLUMNS.map(([key, , working]) => {
      const cell = html("td", { class: key }), text = shown(key, step[key]);
      if (working === "text" || !text || text === "0") cell.textContent = text;
      else {
        const pressed = this.chosen?.[0] === step.i && this.chosen?.[1] === working;
        const button = html("button", { type: "button", class: "number", "aria-pressed": pressed, title: "Show the working", text });
        button.onclick = () => { this.chosen = [step.i, working]; this.draw(); this.send("chosen", [step.i, working]); };
        cell.append(button);
      }
      return cell;
    });
    const name = html("th", { scope: "row", class: `name ${family(step.type)}`, style: `padding-left: ${0.5 + 0.9 * depth}rem`, title: step.name, text: step.name });
    return html("tr", step.type === "not run" ? { class: "idle" } : {}, name, ...cells, this.share(step));
  }
  share(part) {
    const { params, macs } = this.data.totals, of = (value, all) => (all ? value / all : 0);
    const bar = (share, kind, what) => html("i", { class: kind, style: `width: ${(100 * share).toFixed(1)}%`, title: `${(100 * share).toFixed(1)} % of all ${what}` });
    return html("td", { class: "share" }, bar(of(part.params, params), "p", "parameters"), bar(of(part.macs, macs), "m", "multiply-adds"));
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".layers");
  let state = TABLES.get(parentElement);
  if (!state) {
    state = { table: new LayerTable(root, (name, value) => state.set(name, value)) };
    TABLES.set(parentElement, state);
  }
  state.set = setStateValue;
  state.table.show(data);
  return () => TABLES.delete(parentElement);
}
