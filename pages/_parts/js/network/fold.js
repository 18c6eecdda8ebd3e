// Papers draw a convolution with its normalisation and its activation as one box; this finds which layers go into which.
// An activation after a sum belongs to the sum; what stands before a convolution, as in DenseNet, goes into it from above.

import { family } from "./tree.js";

/** @import { NetworkStep } from "../types.js" */

/**
 * @typedef {object} Fold
 * @property {Map<number, number>} into the layer in whose box a layer is drawn, by their indices
 * @property {Map<number, Around>} around the types of those that a box holds besides
 */
/** @typedef {{ before: string[], after: string[] }} Around */

const HEADS = new Set(["Conv2d", "ConvTranspose2d", "Linear", "add"]);

/** @param {NetworkStep} step */
const small = (step) => ["norm", "bend"].includes(family(step.type)) || step.type.startsWith("Dropout");

/** @param {NetworkStep | undefined} step */
const isHead = (step) => step !== undefined && HEADS.has(step.type);

/**
 * @param {NetworkStep[]} steps
 * @returns {Fold}
 */
export const foldSteps = (steps) => {
  /** @type {Fold} */
  const fold = { into: new Map(), around: new Map() };
  const byIndex = new Map(steps.map((step) => [step.index, step]));
  const readers = readersOf(steps);
  const alone = steps.filter((step) => small(step) && step.inputs.length === 1);
  for (const step of alone) {
    const [from] = step.inputs;
    const head = fold.into.get(from) ?? from;
    if (isHead(byIndex.get(head)) && readers.get(from)?.length === 1) join(fold, step, head, "after");
  }
  for (const step of alone.reverse()) {
    const next = readers.get(step.index) ?? [];
    if (fold.into.has(step.index) || next.length !== 1) continue;
    const head = fold.into.get(next[0].index) ?? next[0].index;
    const isReader = next[0].index === head || small(next[0]);
    if (isHead(byIndex.get(head)) && byIndex.get(head)?.type !== "add" && isReader) join(fold, step, head, "before");
  }
  return fold;
};

/**
 * The steps that read what each one gives.
 * @param {NetworkStep[]} steps
 */
const readersOf = (steps) => {
  /** @type {Map<number, NetworkStep[]>} */
  const readers = new Map();
  for (const step of steps) for (const from of step.inputs) readers.set(from, [...(readers.get(from) ?? []), step]);
  return readers;
};

/**
 * @param {Fold} fold
 * @param {NetworkStep} step
 * @param {number} head the box that it goes into
 * @param {"before" | "after"} side
 */
const join = ({ into, around }, step, head, side) => {
  into.set(step.index, head);
  const told = around.get(head) ?? { before: [], after: [] };
  if (side === "before") told.before.unshift(step.type);
  else told.after.push(step.type);
  around.set(head, told);
};

/**
 * A layer as papers write it: "3×3 conv, 64, /2".
 * @param {NetworkStep} step
 */
export const paperTitle = (step) => {
  if (step.type === "Linear") return `fc, ${step.output_shape}`;
  if (isCrop(step)) return "crop";
  if (!/^Conv/.test(step.type)) return plainTitle(step);
  const kernel = String(step.kernel);
  const sides = kernel.includes("×") ? kernel : `${kernel}×${kernel}`;
  const stride = step.stride && step.stride !== "1" ? `, /${step.stride}` : "";
  return `${sides} ${convolutionKind(step)}, ${mapsOf(step)}${stride}`;
};

/**
 * A layer by its type, and the sides of its windows.
 * @param {NetworkStep} step
 */
export const plainTitle = (step) => `${step.type}${step.kernel ? ` ${step.kernel}` : ""}`;

/** @param {NetworkStep} step */
const convolutionKind = (step) => {
  if (step.groups) return String(step.groups) === mapsOf(step) ? "depthwise" : `conv in ${step.groups}`;
  return step.type === "Conv2d" ? "conv" : "up-conv";
};

/** @param {NetworkStep} step */
const mapsOf = (step) => String(step.output_shape).split("×")[0];

/**
 * A slice that takes all maps and fewer rows or columns; in steps it would be a stride, as in a shortcut.
 * @param {NetworkStep} step
 */
const isCrop = (step) => {
  const [before, after] = [step.input_shape, step.output_shape].map((shape) => String(shape).split("×"));
  return step.type === "slice" && after.length === 3 && before[0] === after[0] && before[1] !== after[1];
};

/** @param {string} type */
export const shortName = (type) => {
  if (type.startsWith("BatchNorm")) return "BN";
  if (type === "LocalResponseNorm") return "LRN";
  return type.startsWith("Dropout") ? "dropout" : type;
};
