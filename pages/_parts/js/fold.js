// Papers draw a convolution with its normalisation and its activation as one box; this finds which layers go into which.
// An activation after a sum belongs to the sum; what stands before a convolution, as in DenseNet, goes into it from above.

const HEADS = new Set(["Conv2d", "ConvTranspose2d", "Linear", "add"]);
const small = (step) => ["norm", "bend"].includes(family(step.type)) || step.type.startsWith("Dropout");

const foldSteps = (steps) => {
  const byIndex = new Map(steps.map((s) => [s.i, s])), readers = new Map();
  for (const step of steps) for (const from of step.inputs) readers.set(from, [...(readers.get(from) ?? []), step]);
  const into = new Map(), around = new Map();
  const join = (step, head, before) => {
    into.set(step.i, head);
    const told = around.get(head) ?? { before: [], after: [] };
    if (before) told.before.unshift(step.type); else told.after.push(step.type);
    around.set(head, told);
  };
  for (const step of steps) {
    if (!small(step) || step.inputs.length !== 1) continue;
    const from = step.inputs[0], head = into.get(from) ?? from, read = byIndex.get(head);
    if (read && HEADS.has(read.type) && readers.get(from).length === 1) join(step, head, false);
  }
  for (const step of [...steps].reverse()) {
    if (!small(step) || into.has(step.i) || step.inputs.length !== 1) continue;
    const next = readers.get(step.i) ?? [];
    if (next.length !== 1) continue;
    const head = into.get(next[0].i) ?? next[0].i;
    if (HEADS.has(byIndex.get(head).type) && byIndex.get(head).type !== "add" && (next[0].i === head || small(next[0]))) join(step, head, true);
  }
  return { into, around };
};

// A layer as papers write it: "3×3 conv, 64, /2".
const paperTitle = (step) => {
  if (step.type === "Linear") return `fc, ${step.shape}`;
  if (!/^Conv/.test(step.type)) return `${step.type}${step.kernel ? ` ${step.kernel}` : ""}`;
  const kernel = String(step.kernel), sides = kernel.includes("×") ? kernel : `${kernel}×${kernel}`, maps = String(step.shape).split("×")[0];
  const kind = step.groups ? (String(step.groups) === maps ? "depthwise" : `conv in ${step.groups}`) : step.type === "Conv2d" ? "conv" : "up-conv";
  return `${sides} ${kind}, ${maps}${step.stride && String(step.stride) !== "1" ? `, /${step.stride}` : ""}`;
};
const shortName = (type) => (type.startsWith("BatchNorm") ? "BN" : type === "LocalResponseNorm" ? "LRN" : type.startsWith("Dropout") ? "dropout" : type);
