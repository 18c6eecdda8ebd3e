// The steps of a network as a tree of stages, blocks and layers; shared by the diagram and the table.
// A step is {i, name, type, stage, inputs, shape, params, macs, ...}; a group {id, title, steps, groups, first, last}.

const buildTree = (steps) => {
  const root = { id: "", title: "", children: new Map(), steps: [] };
  for (const step of steps) {
    const around = step.name.split(".").slice(0, -1);
    const path = step.stage && step.stage !== step.name ? [step.stage, ...around] : around; // a lone layer may run twice
    let group = root;
    path.forEach((part, depth) => {
      const id = path.slice(0, depth + 1).join("/");
      if (!group.children.has(id)) group.children.set(id, { id, title: part, children: new Map(), steps: [], parent: group });
      group = group.children.get(id);
    });
    group.steps.push(step);
  }
  squeeze(root);
  number(root);
  return root;
};

// A group that holds nothing but one other group, or a single step, is no level of its own.
const squeeze = (group) => {
  for (const child of [...group.children.values()]) {
    squeeze(child);
    let only = child;
    while (only.steps.length === 0 && only.children.size === 1) only = [...only.children.values()][0];
    if (only !== child) {
      const title = child.parent && child.parent.id === "" ? child.title : only.title;
      Object.assign(child, { steps: only.steps, children: only.children, title });
      for (const below of child.children.values()) below.parent = child;
    }
  }
  for (const [id, child] of [...group.children]) {
    if (child.children.size === 0 && child.steps.length === 1) {
      group.steps.push(...child.steps);
      group.children.delete(id);
    }
  }
};

const number = (group) => {
  for (const child of group.children.values()) number(child);
  const parts = [...group.children.values()];
  const indices = [...group.steps.map((s) => s.i), ...parts.map((p) => p.first)];
  group.first = Math.min(...indices);
  group.last = Math.max(...group.steps.map((s) => s.i), ...parts.map((p) => p.last), -1);
  const sum = (key) => group.steps.reduce((a, s) => a + s[key], 0) + parts.reduce((a, p) => a + p[key], 0);
  group.params = sum("params");
  group.macs = sum("macs");
  group.memory = sum("memory");
  group.count = group.steps.length + parts.reduce((a, p) => a + p.count, 0);
  group.items = [...group.steps.map((step) => ({ step, at: step.i })), ...parts.map((inner) => ({ inner, at: inner.first }))].sort((a, b) => a.at - b.at);
};

const short_count = (n) => (n >= 1e9 ? `${(n / 1e9).toFixed(2)} G` : n >= 1e6 ? `${(n / 1e6).toFixed(n >= 1e8 ? 0 : 2)} M` : n >= 1e4 ? `${(n / 1e3).toFixed(1)} k` : n.toLocaleString("en"));
const steps_said = (group) => `${group.count} ${group.count === 1 ? "step" : "steps"}`;
const families = { Conv2d: "conv", ConvTranspose2d: "conv", Linear: "dense", cat: "merge", add: "merge", mul: "merge" };
const family = (type) => families[type] ?? (/pool/i.test(type) ? "pool" : /norm/i.test(type) ? "norm" : /relu|silu|gelu|swish|sigmoid|tanh|squash/i.test(type) ? "bend" : "other");
