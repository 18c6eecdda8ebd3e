// Where the boxes of a network's diagram stand: what is on show, in layers one below the other, with long edges led
// around what they pass. Numbers in, numbers out: nothing is drawn here.

import { family } from "./tree.js";

/** @import { NetworkStep } from "../types.js" */
/** @import { Fold } from "./fold.js" */
/** @import { Group } from "./tree.js" */

/**
 * A place in a layer: that of a node, or a bend, where a long edge passes.
 * @typedef {object} Place
 * @property {number} layer
 * @property {number} x
 * @property {Place[]} before what it reads, in the layer above
 * @property {Place[]} after what reads it, in the layer below
 * @property {boolean} [bend]
 * @property {NetworkStep} [step]
 */

/**
 * A box: a layer (`step`), a closed `group` or an `input`.
 * @typedef {Place & Box} DiagramNode
 */
/**
 * @typedef {object} Box
 * @property {string} id
 * @property {number} at the index of its first step
 * @property {string[]} around the open groups that it stands in
 * @property {string[]} begin those of them that begin in its layer
 * @property {string[]} end those that end there
 * @property {number} y
 * @property {boolean} forks several boxes read it
 * @property {DiagramNode[]} sources what it reads, however far above
 * @property {NetworkStep} [step]
 * @property {Group} [group]
 * @property {string} [input]
 * @property {string} [shape] of an input
 */

/**
 * @typedef {object} Edge
 * @property {DiagramNode} from
 * @property {DiagramNode} to
 * @property {Place[]} via the places that it passes through between its layers
 * @property {boolean} merges what reads it puts several together
 * @property {boolean} adds it adds them
 * @property {boolean} skips
 */

/**
 * What is on show: all or, if `folded`, what is no part of another box.
 * @typedef {{ steps: NetworkStep[], tree: Group, open: Set<string>, folded: boolean, fold: Fold }} Shown
 */

export const BOX = { width: 212, height: 46, gapX: 30, gapY: 28, dot: 30, beside: 44, pad: 14, head: 22, foot: 8 };

/** @type {Record<string, string>} */
export const SYMBOLS = { add: "+", mul: "×", cat: "‖" };

/**
 * The sign of a step that is drawn as a dot.
 * @param {NetworkStep | undefined} step
 * @returns {string | undefined}
 */
export const symbolOf = (step) => step && SYMBOLS[step.type];

/** @param {Place} place */
export const wideOf = (place) => {
  if (place.bend) return 14;
  return symbolOf(place.step) ? BOX.dot : BOX.width;
};

/** @param {Place} place */
export const halfOf = (place) => (symbolOf(place.step) ? BOX.dot : BOX.height) / 2;

/**
 * Everything that has a place.
 * @param {Shown} shown
 */
export const arranged = (shown) => {
  const inputs = inputNodes(shown.steps);
  /** @type {Map<number, DiagramNode>} which node shows a step */
  const owner = new Map(inputs.map((node) => [node.at, node]));
  const nodes = [...inputs, ...openedNodes(shown, owner)];
  const edges = edgesBetween(shown.steps, owner);
  const layers = layered(nodes, edges);
  for (const edge of edges) bent(edge, layers);
  for (const edge of edges) edge.skips = isSkip(edge);
  const onwards = new Set(edges.filter((edge) => edge.skips).map((edge) => edge.from));
  for (const edge of edges) if (isCopy(edge.to) && onwards.has(edge.to)) edge.skips = true;
  besideOneAnother(layers);
  return { nodes, edges, ...placed(nodes, layers) };
};

/**
 * A node that has no place yet.
 * @param {Pick<DiagramNode, "id" | "at" | "around"> & Partial<DiagramNode>} known
 * @returns {DiagramNode}
 */
const nodeOf = (known) => ({
  ...{ layer: 0, x: 0, y: 0, before: [], after: [], begin: [], end: [], forks: false, sources: [] },
  ...known,
});

/**
 * The image, and what else the network is given, such as the regions that another program proposes.
 * @param {NetworkStep[]} steps
 */
const inputNodes = ([first]) => {
  const given = [["input", first?.input_shape ?? ""], ...(first?.more ?? [])];
  return given.map(([input, shape], place) =>
    nodeOf({ id: `input${place || ""}`, input, shape, at: -1 - place, around: [] }),
  );
};

/**
 * Closed groups and the layers of open ones, in the order in which they run; `owner` learns which node shows a step.
 * @param {Shown} shown
 * @param {Map<number, DiagramNode>} owner
 */
const openedNodes = ({ tree, open, folded, fold }, owner) => {
  /** @type {DiagramNode[]} */
  const nodes = [];
  /** @type {(group: Group, node: DiagramNode) => void} */
  const claim = (group, node) => {
    for (const step of group.steps) owner.set(step.index, node);
    for (const inner of group.children.values()) claim(inner, node);
  };
  /** @type {(group: Group, around: string[]) => void} */
  const walk = (group, around) => {
    for (const { step, inner } of group.items) {
      if (inner && open.has(inner.id)) walk(inner, [...around, inner.id]);
      else if (inner) {
        const node = nodeOf({ id: `g:${inner.id}`, group: inner, at: inner.first, around });
        nodes.push(node);
        claim(inner, node);
      } else if (!folded || !fold.into.has(step.index)) {
        const node = nodeOf({ id: `s:${step.index}`, step, at: step.index, around });
        nodes.push(node);
        owner.set(step.index, node);
      }
    }
  };
  walk(tree, []);
  if (folded) handOver(fold, owner);
  return nodes;
};

/**
 * What is drawn as a part of another box is shown by that box.
 * @param {Fold} fold
 * @param {Map<number, DiagramNode>} owner
 */
const handOver = (fold, owner) => {
  for (const [index, head] of fold.into) {
    const node = owner.get(head);
    if (node) owner.set(index, node);
    else owner.delete(index);
  }
};

/**
 * One edge between two nodes, however many of their steps read one another; it knows whether one of them merges.
 * @param {NetworkStep[]} steps
 * @param {Map<number, DiagramNode>} owner
 */
const edgesBetween = (steps, owner) => {
  /** @type {Map<string, Edge>} */
  const found = new Map();
  for (const step of steps) {
    const to = owner.get(step.index);
    for (const index of step.inputs) {
      const from = owner.get(index);
      if (!from || !to || from === to || from.at > to.at) continue;
      const key = `${from.id}>${to.id}`;
      const edge = found.get(key) ?? { from, to, via: [], merges: false, adds: false, skips: false };
      found.set(key, edge);
      edge.merges ||= step.type in SYMBOLS;
      edge.adds ||= step.type === "add";
    }
  }
  return [...found.values()];
};

/**
 * Each node stands below all that it reads, and what is given besides the image just above its first reader.
 * @param {DiagramNode[]} nodes
 * @param {Edge[]} edges
 * @returns {Place[][]}
 */
const layered = (nodes, edges) => {
  for (const { from, to } of edges) {
    to.before.push(from);
    to.sources.push(from);
    from.after.push(to);
  }
  for (const node of nodes) {
    node.forks = node.after.length > 1;
    if (!node.input) node.layer = 1 + Math.max(0, ...node.before.map((other) => other.layer));
  }
  for (const node of nodes)
    if (node.input && node.at < -1 && node.after.length)
      node.layer = Math.min(...node.after.map((other) => other.layer)) - 1;
  const deepest = nodes.reduce((most, node) => Math.max(most, node.layer), 0);
  return Array.from({ length: deepest + 1 }, (_, layer) => nodes.filter((node) => node.layer === layer));
};

/**
 * A long edge passes through a place of its own in every layer between, so that nothing lies on it.
 * @param {Edge} edge
 * @param {Place[][]} layers
 */
const bent = (edge, layers) => {
  /** @type {Place} */
  let last = edge.from;
  for (let layer = edge.from.layer + 1; layer < edge.to.layer; layer++) {
    /** @type {Place} */
    const bend = { bend: true, layer, before: [last], after: [], x: 0 };
    last.after.push(bend);
    layers[layer].push(bend);
    edge.via.push(bend);
    last = bend;
  }
  if (!edge.via.length) return;
  last.after.push(edge.to);
  edge.to.before = edge.to.before.map((other) => (other === edge.from ? last : other));
};

/**
 * A skip goes past layers and meets their outcome again: what forks before them, or is handed on by nothing but a copy.
 * @param {Edge} edge
 */
const isSkip = ({ from, via, merges, adds }) =>
  via.length > 0 && merges && (adds || from.forks || (isCopy(from) && from.sources.some((source) => source.forks)));

/** @param {DiagramNode} node */
const isCopy = ({ step }) => step !== undefined && !step.params && !symbolOf(step) && family(step.type) === "other";

/**
 * Neighbours as near as they can be to what they read and to what reads them, in a few passes down and up.
 * @param {Place[][]} layers
 */
const besideOneAnother = (layers) => {
  for (const layer of layers)
    layer.forEach((place, n) => {
      place.x = n * (BOX.width + BOX.gapX);
    });
  for (let pass = 0; pass < 4; pass++) {
    for (const layer of layers) spread(layer, "before");
    for (const layer of [...layers].reverse()) spread(layer, "after");
  }
  for (const layer of layers) spread(layer, "before");
};

/**
 * @param {Place[]} layer
 * @param {"before" | "after"} near
 */
const spread = (layer, near) => {
  /** @param {Place} place */
  const wishOf = (place) => {
    const others = place[near];
    return others.length ? others.reduce((sum, other) => sum + other.x, 0) / others.length : place.x;
  };
  const wishes = layer.map((place) => ({ place, wish: wishOf(place) })).sort((a, b) => a.wish - b.wish);
  let edge = -Infinity;
  for (const { place, wish } of wishes) {
    place.x = Math.max(wish, edge + wideOf(place) / 2);
    edge = place.x + wideOf(place) / 2 + BOX.gapX;
  }
  const shift = wishes.reduce((sum, { place, wish }) => sum + wish - place.x, 0) / layer.length;
  for (const place of layer) place.x += shift;
  layer.splice(0, layer.length, ...wishes.map(({ place }) => place));
};

/**
 * @param {DiagramNode[]} nodes
 * @param {Place[][]} layers
 */
const placed = (nodes, layers) => {
  const everyone = layers.flat();
  const { tops, height } = rooms(nodes, layers.length);
  const left = everyone.reduce((least, place) => Math.min(least, place.x - wideOf(place) / 2), Infinity);
  for (const place of everyone) place.x -= left - BOX.pad * 3;
  for (const place of everyone) Object.assign(place, { y: tops[place.layer] + BOX.height / 2 });
  const right = everyone.reduce((most, place) => Math.max(most, place.x + wideOf(place) / 2), 0);
  return { width: right + BOX.pad * 3, height };
};

/**
 * Where each layer begins: open groups that begin there need room for their names, those that end for their frames.
 * @param {DiagramNode[]} nodes
 * @param {number} count
 */
const rooms = (nodes, count) => {
  const spans = spansOf(nodes);
  const head = Array(count).fill(0);
  const foot = Array(count).fill(0);
  for (const node of nodes) {
    node.begin = node.around.filter((id) => spans.get(id)?.first === node.layer);
    node.end = node.around.filter((id) => spans.get(id)?.last === node.layer);
    head[node.layer] = Math.max(head[node.layer], node.begin.length * BOX.head);
    foot[node.layer] = Math.max(foot[node.layer], node.end.length * BOX.foot);
  }
  let height = BOX.pad;
  const tops = head.map((room, layer) => {
    const top = height + room;
    height = top + BOX.height + foot[layer] + BOX.gapY;
    return top;
  });
  return { tops, height };
};

/**
 * The first and the last layer of each open group.
 * @param {DiagramNode[]} nodes
 */
const spansOf = (nodes) => {
  /** @type {Map<string, { first: number, last: number }>} */
  const spans = new Map();
  for (const { around, layer } of nodes)
    for (const id of around) {
      const { first, last } = spans.get(id) ?? { first: layer, last: layer };
      spans.set(id, { first: Math.min(first, layer), last: Math.max(last, layer) });
    }
  return spans;
};
