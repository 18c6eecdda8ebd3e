// The network as a strip of stages: what is locked, what learns, and how far back gradients flow.

const node = (name, className, text) => {
  const element = document.createElement(name);
  element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};
const compact = (n) => (n >= 1e6 ? `${(n / 1e6).toFixed(n >= 1e7 ? 1 : 2)} M` : n >= 1e3 ? `${(n / 1e3).toFixed(1)} k` : `${n}`);

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".strip");
  const boxes = node("div", "boxes");
  boxes.append(node("div", "end", "image"));
  for (const stage of data.stages) {
    const box = node("div", `stage ${stage.learns ? "learns" : "locked"}`);
    box.append(node("b", "", stage.name), node("span", "count", compact(stage.parameters)), node("span", "state", stage.learns ? "learns" : "locked"));
    box.title = `${stage.name}: ${stage.parameters.toLocaleString()} parameters, ${stage.learns ? `learns at rate ${stage.rate}` : "stays as it is"}`;
    boxes.append(box);
  }
  boxes.append(node("div", "end", "loss"));
  const flow = node("div", "flow");
  const locked = data.stages.filter((s) => !s.learns).length, learning = data.stages.length - locked;
  flow.style.gridTemplateColumns = `2.6rem ${data.stages.map(() => "minmax(0, 1fr)").join(" ")} 2.6rem`;
  boxes.style.gridTemplateColumns = flow.style.gridTemplateColumns;
  if (locked) {
    const off = node("div", "off", data.stages.length > 3 && locked > 1 ? "no gradient" : "");
    off.style.gridColumn = `2 / ${2 + locked}`;
    flow.append(off);
  }
  const on = node("div", "on", learning > 1 ? "gradient flows back" : "");
  on.style.gridColumn = `${2 + locked} / ${3 + data.stages.length}`;
  flow.append(on);
  const trainable = data.stages.reduce((a, s) => a + (s.learns ? s.parameters : 0), 0);
  const total = data.stages.reduce((a, s) => a + s.parameters, 0);
  const share = (100 * trainable) / total;
  const sum = node("p", "sum");
  sum.append(node("b", "", `${compact(trainable)} of ${compact(total)} parameters learn`), ` (${share < 0.1 ? share.toPrecision(1) : share.toFixed(share < 10 ? 1 : 0)} %). ${data.note}`);
  root.replaceChildren(boxes, flow, sum);
}
