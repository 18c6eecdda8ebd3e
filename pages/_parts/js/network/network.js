// A network as a diagram: stages open into blocks and blocks into layers; skips and branches are drawn.
// Drawn as papers do at first, a convolution, its normalisation and its activation are one box.
// Every box can be reached by keyboard: Enter opens a group or chooses a layer, Escape closes the group around it.

import { button, el, html, label } from "../shared/dom.js";
import { forget, rootOf, viewIn } from "../shared/mount.js";
import { shortCount } from "../shared/numbers.js";
import { several } from "../shared/words.js";
import { foldSteps } from "./fold.js";
import { arranged, BOX } from "./layout.js";
import { arrowHead, box, clipped, framed, layerParts, line } from "./parts.js";
import { buildTree, family, groupsIn, openable } from "./tree.js";

/** @import { NetworkData, NetworkStep } from "../types.js" */
/** @import { Mount } from "../shared/mount.js" */
/** @import { DiagramNode } from "./layout.js" */
/** @import { Frame } from "./parts.js" */
/** @import { Group } from "./tree.js" */

const READABLE = 0.62; // below this scale letters are too small: what is wider scrolls inside its box
const ALL = "*"; // in place of the names of all groups, which would make a link too long
const ZOOM = 1.25;
const SMALLEST = 0.15;
const LARGEST = 3;

class Diagram {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.send = (/** @type {string} */ _name, /** @type {unknown} */ _value) => {};
    this.key = "";
    this.scale = 1;
    this.zoomed = false;
    this.folded = true;
    this.width = 0;
    this.height = 0;
    /** @type {number | null} */
    this.selected = null;
    /** @type {string | null} */
    this.focus = null;
    this.net = networkOf([]);
    /** @type {Set<string>} */
    this.open = new Set();
    this.canvas = html("div", { class: "canvas" });
    this.svg = el("svg");
    this.style = button("", { title: "" }, () => this.restyle());
    this.style.title = "Draw a convolution with its normalisation and activation as one box, or each by itself";
    root.replaceChildren(this.tools(), this.canvas);
    new ResizeObserver(() => {
      if (!this.zoomed) this.fit(1, READABLE);
    }).observe(root);
  }

  tools() {
    const tool = (/** @type {string} */ text, /** @type {string} */ said, /** @type {() => void} */ act) =>
      button(text, { title: said, "aria-label": said }, act);
    return html(
      "div",
      { class: "tools" },
      tool("−", "Smaller", () => this.zoom(1 / ZOOM)),
      tool("+", "Larger", () => this.zoom(ZOOM)),
      tool("Fit", "Fit the width", () => {
        this.zoomed = true;
        this.fit();
      }),
      tool("Open all stages", "Open all stages", () => this.reopen(this.net.all)),
      tool("Close all", "Close all groups", () => this.reopen([])),
      this.style,
    );
  }

  restyle() {
    this.folded = !this.folded;
    this.draw();
    this.fit(1, READABLE);
  }

  /** @param {NetworkData} data */
  show(data) {
    const fresh = this.key !== data.key;
    if (fresh) {
      this.key = data.key;
      this.net = networkOf(data.steps);
      const { all, groups } = this.net;
      this.open = new Set(data.open.includes(ALL) ? all : data.open.filter((id) => groups.has(id)));
    }
    this.selected = data.selected;
    this.draw();
    if (fresh) {
      this.zoomed = false;
      this.fit(1, READABLE);
    }
  }

  /** @param {string[]} ids of the groups that shall be open */
  reopen(ids) {
    this.open = new Set(ids);
    this.changed();
  }

  changed() {
    this.draw();
    const { all } = this.net;
    const isAll = all.length > 0 && this.open.size === all.length && all.every((id) => this.open.has(id));
    this.send("open", isAll ? [ALL] : [...this.open]);
  }

  /** @param {string} id of a group that opens, or closes with all that is open in it */
  toggle(id) {
    this.focus = `g:${id}`;
    const without = [...this.open].filter((other) => other !== id && !other.startsWith(`${id}/`));
    this.reopen(this.open.has(id) ? without : [...this.open, id]);
  }

  /**
   * @param {string} id of the box
   * @param {number} index
   */
  choose(id, index) {
    this.focus = id;
    this.selected = index;
    this.draw();
    this.send("step", index);
  }

  /** @param {number} by */
  zoom(by) {
    this.zoomed = true;
    this.scale = Math.min(LARGEST, Math.max(SMALLEST, this.scale * by));
    this.size();
  }

  fit(most = LARGEST, least = SMALLEST) {
    const room = this.root.clientWidth - 24;
    if (this.width && room > 0) this.scale = Math.min(most, Math.max(least, room / this.width));
    this.size();
    this.canvas.scrollLeft = (this.canvas.scrollWidth - this.canvas.clientWidth) / 2;
  }

  size() {
    this.svg.setAttribute("width", String(this.width * this.scale));
    this.svg.setAttribute("height", String(this.height * this.scale));
  }

  draw() {
    this.style.textContent = this.folded ? "Every layer" : "As in papers";
    this.style.setAttribute("aria-label", this.style.textContent);
    const { nodes, edges, width, height } = arranged({ ...this.net, open: this.open, folded: this.folded });
    Object.assign(this, { width, height });
    this.svg = el(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Diagram of the network" },
      el("defs", {}, arrowHead()),
      ...this.frames(nodes),
      ...edges.map(line),
      ...nodes.map((node) => this.node(node)),
    );
    this.canvas.replaceChildren(this.svg);
    this.size();
    if (this.focus) {
      const kept = this.svg.querySelector(`[data-id="${CSS.escape(this.focus)}"]`);
      if (kept instanceof SVGElement) kept.focus({ preventScroll: true });
      this.focus = null;
    }
  }

  /**
   * A frame around everything that an open group shows, with its name, which closes it.
   * @param {DiagramNode[]} nodes
   */
  frames(nodes) {
    const around = framed(nodes);
    const deepest = Math.max(0, ...around.map(({ depth }) => depth));
    return around.map((frame) => this.frame(frame, 8 + 5 * (deepest - frame.depth)));
  }

  /**
   * @param {Frame} frame
   * @param {number} room at its sides
   */
  frame({ id, left, right, top, bottom, depth }, room) {
    const title = this.net.groups.get(id)?.title;
    const area = { x: left - room, y: top, width: right - left + 2 * room, height: bottom - top };
    const said = { role: "button", "aria-expanded": "true", "aria-label": `Close ${title}`, "data-id": `g:${id}` };
    const handle = el(
      "g",
      { class: "handle", tabindex: 0, ...said },
      el("rect", { class: `frame depth${depth % 3}`, rx: 10, ...area }),
      label(`− ${title}`, { class: "frame-name", x: left - room + 8, y: top + 14 }),
    );
    this.listen(handle, () => this.toggle(id));
    return handle;
  }

  /** @param {DiagramNode} node */
  node(node) {
    if (node.step) return this.layer(node, node.step);
    if (node.group) return this.group(node, node.group);
    const title = label(node.input ?? "", { y: -3, class: "title" });
    const note = label(node.shape ?? "", { y: 14, class: "note" });
    return el("g", { class: "node input", ...placeOf(node) }, box({ rx: 23 }), title, note);
  }

  /**
   * @param {DiagramNode} node
   * @param {NetworkStep} step
   */
  layer(node, step) {
    const { fold } = this.net;
    const around = (this.folded && fold.around.get(step.index)) || { before: [], after: [] };
    const holds = this.folded && this.selected !== null && fold.into.get(this.selected) === step.index;
    const chosen = this.selected === step.index || holds;
    const parameters = step.params ? `, ${step.params.toLocaleString("en")} parameters` : "";
    const types = [...around.before, step.type, ...around.after].join(", ");
    const said = `${step.name}, ${types}, gives ${step.output_shape}${parameters}`;
    const drawn = el(
      "g",
      {
        class: `node ${family(step.type)}${chosen ? " chosen" : ""}`,
        tabindex: 0,
        role: "button",
        "aria-pressed": chosen,
        "aria-label": said,
        ...placeOf(node),
      },
      ...layerParts(step, around, this.folded),
      el("title", {}, `${step.name}: ${said}`),
    );
    this.listen(drawn, () => this.choose(node.id, step.index), node.around.at(-1));
    return drawn;
  }

  /**
   * @param {DiagramNode} node
   * @param {Group} group
   */
  group(node, group) {
    const inside = `${several(group.count, "step")} · ${shortCount(group.params)} parameters`;
    const gives = this.net.byIndex.get(group.last)?.output_shape ?? "";
    const said = { "aria-expanded": "false", "aria-label": `Open ${group.title}: ${inside}, gives ${gives}` };
    const drawn = el(
      "g",
      { class: "node group", tabindex: 0, role: "button", ...said, ...placeOf(node) },
      box({ class: "behind", x: -BOX.width / 2 + 5, y: -BOX.height / 2 + 5 }),
      box(),
      label(`+ ${clipped(group.title, 13)} → ${gives}`, { y: -3, class: "title" }),
      label(inside, { y: 14, class: "note" }),
    );
    this.listen(drawn, () => this.toggle(group.id), node.around.at(-1));
    return drawn;
  }

  /**
   * @param {SVGElement} node
   * @param {() => void} act
   * @param {string} [around] the group that Escape closes
   */
  listen(node, act, around) {
    node.onclick = (event) => {
      event.stopPropagation();
      act();
    };
    node.onkeydown = (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        event.stopPropagation();
        act();
      }
      if (event.key === "Escape" && around) {
        event.stopPropagation();
        this.toggle(around);
      }
    };
  }
}

/**
 * A network as it is drawn; what is not run is not.
 * @param {NetworkStep[]} steps
 */
const networkOf = (steps) => {
  const tree = buildTree(steps.filter((step) => step.type !== "not run"));
  return {
    steps,
    tree,
    byIndex: new Map(steps.map((step) => [step.index, step])),
    groups: new Map(groupsIn(tree).map((group) => [group.id, group])),
    fold: foldSteps(steps),
    all: openable(tree), // stages and the blocks in them, for it is within blocks that skips are
  };
};

/** @param {DiagramNode} node */
const placeOf = ({ x, y, id }) => ({ transform: `translate(${x},${y})`, "data-id": id });

/** @param {Mount<NetworkData>} mount */
export default function ({ data, parentElement, setStateValue }) {
  const view = viewIn(parentElement, () => new Diagram(rootOf(parentElement, "network")));
  view.send = setStateValue;
  view.show(data);
  return () => forget(parentElement);
}
