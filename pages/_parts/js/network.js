// A network as a diagram: stages open into blocks and blocks into layers; skips and branches are drawn.
// Drawn as papers do, a convolution, its normalisation and its activation are one box.
// Every box can be reached by keyboard: Enter opens a group or chooses a layer, Escape closes the group around it.

const NETWORKS = new WeakMap();
const BOX = { width: 212, height: 46, gapX: 30, gapY: 28, dot: 30, pad: 14, head: 22, foot: 8 };
const SYMBOLS = { add: "+", mul: "×", cat: "‖" };

class Diagram {
  constructor(root, send) {
    this.root = root;
    this.send = send;
    this.scale = 1;
    this.canvas = html("div", { class: "canvas" });
    const button = (text, label, act) => {
      const node = html("button", { type: "button", title: label, "aria-label": label, text });
      node.onclick = act;
      return node;
    };
    this.style = button("", "Draw a convolution with its normalisation and activation as one box", () => { this.folded = !this.folded; this.draw(); this.fit(1); });
    this.bar = html("div", { class: "tools" },
      button("−", "Smaller", () => this.zoom(1 / 1.25)), button("+", "Larger", () => this.zoom(1.25)), button("Fit", "Fit the width", () => this.fit()),
      button("Open all stages", "Open all stages", () => this.openStages()), button("Close all", "Close all groups", () => { this.open.clear(); this.changed(); }), this.style);
    root.replaceChildren(this.bar, this.canvas);
  }
  show(data) {
    if (this.key !== data.key) {
      this.key = data.key;
      this.steps = data.steps;
      this.byIndex = new Map(data.steps.map((s) => [s.i, s]));
      this.tree = buildTree(data.steps.filter((s) => s.type !== "not run"));
      this.groups = new Map();
      const note = (group) => { this.groups.set(group.id, group); group.children.forEach(note); };
      note(this.tree);
      this.fold = foldSteps(data.steps);
      this.folded ??= data.folded;
      this.open = new Set(data.open.filter((id) => this.groups.has(id)));
      this.fresh = true;
    }
    this.selected = data.selected;
    this.draw();
    if (this.fresh) { this.fresh = false; this.fit(1); }
  }
  openStages() {
    this.tree.children.forEach((stage) => { if (stage.count > 1) this.open.add(stage.id); });
    this.changed();
  }
  changed() {
    this.draw();
    this.send("open", [...this.open]);
  }
  toggle(id) {
    if (this.open.has(id)) [...this.open].filter((o) => o === id || o.startsWith(`${id}/`)).forEach((o) => this.open.delete(o));
    else this.open.add(id);
    this.focus = `g:${id}`;
    this.changed();
  }
  zoom(by) {
    this.scale = Math.min(3, Math.max(0.15, this.scale * by));
    this.size();
  }
  fit(most = 3) {
    const room = this.root.clientWidth - 24;
    if (this.width && room > 0) this.scale = Math.min(most, Math.max(0.15, room / this.width));
    this.size();
  }
  size() {
    this.svg?.setAttribute("width", this.width * this.scale);
    this.svg?.setAttribute("height", this.height * this.scale);
  }
  // What is on show: closed groups and the layers of open ones, in the order in which they run.
  visible() {
    const nodes = [], owner = new Map();
    const walk = (group, around) => {
      for (const { step, inner } of group.items) {
        if (step && this.folded && this.fold.into.has(step.i)) continue;
        if (step) {
          const node = { id: `s:${step.i}`, step, at: step.i, around };
          nodes.push(node);
          owner.set(step.i, node);
        } else if (this.open.has(inner.id)) walk(inner, [...around, inner.id]);
        else {
          const node = { id: `g:${inner.id}`, group: inner, at: inner.first, around };
          nodes.push(node);
          const claim = (g) => { g.steps.forEach((s) => owner.set(s.i, node)); g.children.forEach(claim); };
          claim(inner);
        }
      }
    };
    walk(this.tree, []);
    const input = { id: "input", input: true, at: -1, around: [] };
    owner.set(-1, input);
    if (this.folded) for (const [index, head] of this.fold.into) owner.set(index, owner.get(head));
    const all = [input, ...nodes];
    const seen = new Set(), edges = [];
    for (const step of this.steps) {
      const to = owner.get(step.i);
      for (const index of step.inputs) {
        const from = owner.get(index), key = from && to && `${from.id}>${to.id}`;
        if (!from || !to || from === to || seen.has(key) || from.at > to.at) continue;
        seen.add(key);
        edges.push({ from, to });
      }
    }
    return { nodes: all, edges };
  }
  layout() {
    const { nodes, edges } = this.visible();
    nodes.forEach((n) => { n.layer = 0; n.before = []; n.after = []; n.x = 0; });
    edges.forEach(({ from, to }) => { to.before.push(from); from.after.push(to); });
    nodes.forEach((n) => { n.forks = n.after.length > 1; });
    for (const node of nodes) node.layer = node.before.length ? 1 + Math.max(...node.before.map((b) => b.layer)) : node.input ? 0 : 1;
    // long edges pass through a place of their own in every layer between, so that nothing lies on them
    const layers = [];
    const put = (node) => (layers[node.layer] ??= []).push(node);
    nodes.forEach(put);
    for (const edge of edges) {
      edge.via = [];
      let last = edge.from;
      for (let layer = edge.from.layer + 1; layer < edge.to.layer; layer++) {
        const bend = { bend: true, layer, before: [last], after: [], x: 0 };
        last.after.push(bend);
        put(bend);
        edge.via.push(bend);
        last = bend;
      }
      if (edge.via.length) { last.after.push(edge.to); edge.to.before = edge.to.before.map((b) => (b === edge.from ? last : b)); }
    }
    const wide = (n) => (n.bend ? 14 : SYMBOLS[n.step?.type] ? BOX.dot : BOX.width);
    const spread = (layer, near) => {
      const wish = new Map(layer.map((n) => [n, n[near].length ? n[near].reduce((a, b) => a + b.x, 0) / n[near].length : n.x]));
      layer.sort((a, b) => wish.get(a) - wish.get(b));
      let edgeX = -Infinity;
      for (const n of layer) {
        n.x = Math.max(wish.get(n), edgeX + wide(n) / 2);
        edgeX = n.x + wide(n) / 2 + BOX.gapX;
      }
      const shift = layer.reduce((a, n) => a + wish.get(n) - n.x, 0) / layer.length;
      layer.forEach((n) => { n.x += shift; });
    };
    layers.forEach((layer) => { layer.forEach((n, i) => { n.x = i * (BOX.width + BOX.gapX); }); });
    for (let pass = 0; pass < 4; pass++) {
      for (const layer of layers) spread(layer, "before");
      for (const layer of [...layers].reverse()) spread(layer, "after");
    }
    for (const layer of layers) spread(layer, "before");
    const everyone = layers.flat();
    const left = Math.min(...everyone.map((n) => n.x - wide(n) / 2));
    const tops = this.rooms(nodes, layers.length);
    everyone.forEach((n) => { n.x -= left - BOX.pad * 3; n.y = tops[n.layer] + BOX.height / 2; });
    this.width = Math.max(...everyone.map((n) => n.x + wide(n) / 2)) + BOX.pad * 3;
    return { nodes, edges, wide };
  }
  // Where each layer begins: open groups that begin there need room for their names, those that end for their frames.
  rooms(nodes, count) {
    const first = new Map(), last = new Map();
    for (const n of nodes) for (const id of n.around) {
      first.set(id, Math.min(first.get(id) ?? Infinity, n.layer));
      last.set(id, Math.max(last.get(id) ?? -Infinity, n.layer));
    }
    const head = Array(count).fill(0), foot = Array(count).fill(0);
    for (const n of nodes) {
      n.begin = n.around.filter((id) => first.get(id) === n.layer);
      n.end = n.around.filter((id) => last.get(id) === n.layer);
      head[n.layer] = Math.max(head[n.layer], n.begin.length * BOX.head);
      foot[n.layer] = Math.max(foot[n.layer], n.end.length * BOX.foot);
    }
    let y = BOX.pad;
    const tops = head.map((room, layer) => {
      const top = y + room;
      y = top + BOX.height + foot[layer] + BOX.gapY;
      return top;
    });
    this.height = y;
    return tops;
  }
  draw() {
    this.style.textContent = this.folded ? "Every layer" : "As in papers";
    this.style.setAttribute("aria-label", this.style.textContent);
    const { nodes, edges, wide } = this.layout();
    const parts = [];
    this.frames(nodes, wide).forEach((frame) => parts.push(frame));
    for (const { from, to, via } of edges) {
      const points = [[from.x, from.y + this.half(from)], ...via.flatMap((b) => [[b.x, b.y - BOX.height / 2], [b.x, b.y + BOX.height / 2]]), [to.x, to.y - this.half(to)]];
      let d = `M${points[0][0]} ${points[0][1]}`;
      for (let i = 1; i < points.length; i++) {
        const [x0, y0] = points[i - 1], [x1, y1] = points[i], mid = (y0 + y1) / 2;
        d += x0 === x1 ? `L${x1} ${y1}` : `C${x0} ${mid} ${x1} ${mid} ${x1} ${y1}`;
      }
      parts.push(el("path", { class: via.length && (from.forks || to.step?.type === "add") ? "edge skip" : "edge", d, "marker-end": "url(#arrow)" }));
    }
    nodes.forEach((node) => parts.push(this.node(node)));
    const marker = el("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" }, el("path", { d: "M0 0L8 4L0 8z", class: "tip-end" }));
    this.svg = el("svg", { viewBox: `0 0 ${this.width} ${this.height}`, role: "group", "aria-label": "Diagram of the network" }, el("defs", {}, marker), ...parts);
    this.canvas.replaceChildren(this.svg);
    this.size();
    if (this.focus) { this.svg.querySelector(`[data-id="${CSS.escape(this.focus)}"]`)?.focus({ preventScroll: true }); this.focus = null; }
  }
  half(node) { return node.step && SYMBOLS[node.step.type] ? BOX.dot / 2 : BOX.height / 2; }
  // A frame around everything that an open group shows, with its name, which closes it.
  frames(nodes, wide) {
    const around = new Map();
    nodes.forEach((n) => n.around.forEach((id, depth) => {
      const box = around.get(id) ?? { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity, depth };
      box.left = Math.min(box.left, n.x - wide(n) / 2);
      box.right = Math.max(box.right, n.x + wide(n) / 2);
      const begin = n.begin.indexOf(id), end = n.end.indexOf(id);
      box.top = Math.min(box.top, n.y - BOX.height / 2 - (begin < 0 ? 0 : (n.begin.length - begin) * BOX.head - 4));
      box.bottom = Math.max(box.bottom, n.y + BOX.height / 2 + (end < 0 ? 0 : (n.end.length - end) * BOX.foot));
      around.set(id, box);
    }));
    const deepest = Math.max(0, ...[...around.values()].map((b) => b.depth));
    return [...around].sort((a, b) => a[1].depth - b[1].depth).map(([id, box]) => {
      const room = 8 + 5 * (deepest - box.depth), group = this.groups.get(id);
      const frame = el("rect", { class: `frame depth${box.depth % 3}`, x: box.left - room, y: box.top, width: box.right - box.left + 2 * room, height: box.bottom - box.top, rx: 10 });
      const label = el("text", { class: "frame-name", x: box.left - room + 8, y: box.top + 14 });
      label.textContent = `− ${group.title}`;
      const handle = el("g", { class: "handle", tabindex: 0, role: "button", "aria-expanded": "true", "aria-label": `Close ${group.title}`, "data-id": `g:${id}` }, frame, label);
      this.listen(handle, () => this.toggle(id), null);
      return handle;
    });
  }
  node(node) {
    const text = (value, attributes) => { const t = el("text", attributes); t.textContent = value; return t; };
    const place = `translate(${node.x},${node.y})`;
    if (node.input) return el("g", { class: "node input", transform: place }, el("rect", { x: -BOX.width / 2, y: -BOX.height / 2, width: BOX.width, height: BOX.height, rx: 23 }), text("input", { y: -3, class: "title" }), text(this.steps[0]?.input ?? "", { y: 14, class: "note" }));
    const clip = (s, n) => (s.length > n ? `${s.slice(0, n - 1)}…` : s);
    if (node.step) {
      const step = node.step, symbol = SYMBOLS[step.type], chosen = step.i === this.selected, folded = this.folded;
      const { before, after } = (folded && this.fold.around.get(step.i)) || { before: [], after: [] };
      const [ahead, behind] = [before, after].map((types) => types.map(shortName).join(", "));
      const name = folded ? paperTitle(step) : `${step.type}${step.kernel ? ` ${step.kernel}` : ""}`;
      const label = `${step.name}, ${[...before, step.type, ...after].join(", ")}, gives ${step.shape}${step.params ? `, ${step.params.toLocaleString("en")} parameters` : ""}`;
      const shape = symbol ? [el("circle", { r: BOX.dot / 2 }), text(symbol, { y: 6, class: "symbol" }), ...(behind ? [text(behind, { x: BOX.dot / 2 + 8, y: 5, class: "note beside" })] : [])]
        : [el("rect", { x: -BOX.width / 2, y: -BOX.height / 2, width: BOX.width, height: BOX.height, rx: 8 }), el("rect", { class: "stripe", x: -BOX.width / 2, y: -BOX.height / 2, width: 6, height: BOX.height, rx: 3 }),
          text(clip(`${ahead ? `${ahead}, ` : ""}${name}`, 27), { y: -3, class: "title" }), text(clip([behind, step.shape].filter(Boolean).join(" · "), 29), { y: 14, class: "note" })];
      const g = el("g", { class: `node ${family(step.type)}${chosen ? " chosen" : ""}`, transform: place, tabindex: 0, role: "button", "aria-pressed": chosen, "aria-label": label, "data-id": node.id }, ...shape);
      const title = el("title");
      title.textContent = `${step.name}: ${label}`;
      g.append(title);
      this.listen(g, () => { this.focus = node.id; this.selected = step.i; this.draw(); this.send("step", step.i); }, node.around.at(-1));
      return g;
    }
    const group = node.group, inside = `${steps_said(group)} · ${short_count(group.params)} parameters`;
    const last = this.byIndex.get(group.last);
    const g = el("g", { class: "node group", transform: place, tabindex: 0, role: "button", "aria-expanded": "false", "aria-label": `Open ${group.title}: ${inside}, gives ${last?.shape ?? ""}`, "data-id": node.id },
      el("rect", { class: "behind", x: -BOX.width / 2 + 5, y: -BOX.height / 2 + 5, width: BOX.width, height: BOX.height, rx: 8 }), el("rect", { x: -BOX.width / 2, y: -BOX.height / 2, width: BOX.width, height: BOX.height, rx: 8 }),
      text(`+ ${clip(group.title, 13)} → ${last?.shape ?? ""}`, { y: -3, class: "title" }), text(inside, { y: 14, class: "note" }));
    this.listen(g, () => this.toggle(group.id), node.around.at(-1));
    return g;
  }
  listen(node, act, around) {
    node.onclick = (event) => { event.stopPropagation(); act(); };
    node.onkeydown = (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); event.stopPropagation(); act(); }
      if (event.key === "Escape" && around) { event.stopPropagation(); this.toggle(around); }
    };
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".network");
  let state = NETWORKS.get(parentElement);
  if (!state) {
    state = { diagram: new Diagram(root, (name, value) => state.set(name, value)) };
    NETWORKS.set(parentElement, state);
  }
  state.set = setStateValue;
  state.diagram.show(data);
  return () => NETWORKS.delete(parentElement);
}
