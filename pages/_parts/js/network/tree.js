// The steps of a network as a tree of stages, blocks and layers; shared by the diagram and the table.

/** @import { NetworkStep } from "../types.js" */

/**
 * A stage or a block, and what its steps come to.
 * @typedef {object} Group
 * @property {string} id the names on the way to it
 * @property {string} title
 * @property {Map<string, Group>} children
 * @property {NetworkStep[]} steps those that lie in no child
 * @property {Item[]} items its steps and children in the order in which they run
 * @property {number} first the index of its first step
 * @property {number} last
 * @property {number} count of all steps in it
 * @property {number} params
 * @property {number} macs
 * @property {number} activation_bytes
 * @property {number} meetings how many lines meet in it beyond one a step
 */

/** @typedef {{ step: NetworkStep, inner?: undefined, at: number }} Leaf */
/** @typedef {{ inner: Group, step?: undefined, at: number }} Branch */
/** @typedef {Leaf | Branch} Item */

/**
 * @param {string} id
 * @param {string} title
 * @returns {Group}
 */
const groupOf = (id, title) => {
  const sums = { first: 0, last: 0, count: 0, params: 0, macs: 0, activation_bytes: 0, meetings: 0 };
  return { id, title, children: new Map(), steps: [], items: [], ...sums };
};

/** @param {NetworkStep[]} steps */
export const buildTree = (steps) => {
  const root = groupOf("", "");
  for (const step of steps) {
    const around = step.name.split(".").slice(0, -1);
    const path = step.stage && step.stage !== step.name ? [step.stage, ...around] : around; // a lone layer may run twice
    let group = root;
    path.forEach((part, depth) => {
      const id = path.slice(0, depth + 1).join("/");
      const child = group.children.get(id) ?? groupOf(id, part);
      group.children.set(id, child);
      group = child;
    });
    group.steps.push(step);
  }
  squeeze(root);
  number(root);
  return root;
};

/**
 * A group that holds nothing but one other group, or a single step, is no level of its own.
 * @param {Group} group
 */
const squeeze = (group) => {
  for (const child of group.children.values()) {
    squeeze(child);
    let only = child;
    while (only.steps.length === 0 && only.children.size === 1) only = [...only.children.values()][0];
    if (only !== child) {
      const title = group.id === "" ? child.title : only.title; // a stage keeps its name
      Object.assign(child, { steps: only.steps, children: only.children, title });
    }
  }
  for (const [id, child] of [...group.children]) {
    if (child.children.size === 0 && child.steps.length === 1) {
      group.steps.push(...child.steps);
      group.children.delete(id);
    }
  }
};

/**
 * Where groups begin and end, and what they come to.
 * @param {Group} group
 */
const number = (group) => {
  const parts = [...group.children.values()];
  parts.forEach(number);
  const sum = (/** @type {"params" | "macs" | "activation_bytes"} */ key) =>
    group.steps.reduce((a, s) => a + s[key], 0) + parts.reduce((a, p) => a + p[key], 0);
  group.first = Math.min(...group.steps.map((s) => s.index), ...parts.map((p) => p.first));
  group.last = Math.max(...group.steps.map((s) => s.index), ...parts.map((p) => p.last), -1);
  group.params = sum("params");
  group.macs = sum("macs");
  group.activation_bytes = sum("activation_bytes");
  group.meetings = group.steps.reduce((a, s) => a + s.inputs.length - 1, 0) + parts.reduce((a, p) => a + p.meetings, 0);
  group.count = group.steps.length + parts.reduce((a, p) => a + p.count, 0);
  /** @type {Item[]} */
  const items = [
    ...group.steps.map((step) => ({ step, at: step.index })),
    ...parts.map((inner) => ({ inner, at: inner.first })),
  ];
  group.items = items.sort((a, b) => a.at - b.at);
};

/**
 * All groups within one.
 * @param {Group} group
 * @returns {Group[]}
 */
export const groupsIn = (group) => [...group.children.values()].flatMap((child) => [child, ...groupsIn(child)]);

const MOST_MEETINGS = 120;

/**
 * The groups that can be open at once: all but those in which too many lines meet to be followed, as in a large DenseNet.
 * @param {Group} group
 * @returns {string[]}
 */
export const openable = (group) => {
  const children = [...group.children.values()];
  const inner = children.flatMap(openable);
  const closed = children.filter((child) => !inner.includes(child.id));
  const lines = group.meetings - closed.reduce((a, child) => a + child.meetings, 0);
  return group.id && lines > MOST_MEETINGS ? [] : [...(group.id ? [group.id] : []), ...inner];
};

/** @type {Record<string, string>} */
const FAMILIES = { Conv2d: "conv", ConvTranspose2d: "conv", Linear: "dense", cat: "merge", add: "merge", mul: "merge" };

/**
 * What a type of layer is drawn like.
 * @param {string} type
 */
export const family = (type) => {
  if (FAMILIES[type]) return FAMILIES[type];
  if (/pool/i.test(type)) return "pool";
  if (/norm/i.test(type)) return "norm";
  return /relu|silu|gelu|swish|sigmoid|tanh|squash/i.test(type) ? "bend" : "other";
};
