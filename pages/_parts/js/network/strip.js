// The network as a strip of stages: what is locked, what learns, and how far back gradients flow.

import { html } from "../shared/dom.js";
import { rootOf } from "../shared/mount.js";
import { compact } from "../shared/numbers.js";

/** @import { Stage, StripData } from "../types.js" */
/** @import { Mount } from "../shared/mount.js" */

/** @param {Mount<StripData>} mount */
export default function ({ data: { stages, note }, parentElement }) {
  const end = (/** @type {string} */ text) => html("div", { class: "end", text });
  const columns = `grid-template-columns: var(--end) ${stages.map(() => "minmax(0, 1fr)").join(" ")} var(--end)`;
  const boxes = html("div", { class: "boxes", style: columns }, end("image"), ...stages.map(box), end("loss"));
  const flow = html("div", { class: "flow", style: columns }, ...flows(stages));
  rootOf(parentElement, "strip").replaceChildren(boxes, flow, sum(stages, note));
}

/** @param {Stage} stage */
const box = ({ name, parameters, learns, rate }) => {
  const word = learns ? "learns" : "locked";
  const how = rate ? `learns at rate ${rate}` : "is solved for";
  const said = learns ? how : "stays as it is";
  return html(
    "div",
    { class: `stage ${word}`, title: `${name}: ${parameters.toLocaleString()} parameters, ${said}` },
    html("b", { text: name }),
    html("span", { class: "count", text: compact(parameters) }),
    html("span", { class: "state", text: word }),
  );
};

/**
 * How far gradients flow back, in the columns of the stages.
 * @param {Stage[]} stages
 */
const flows = (stages) => {
  const locked = stages.filter((stage) => !stage.learns).length;
  const learning = stages.length - locked;
  const on = html("div", {
    class: "on",
    text: learning > 1 ? "gradient flows back" : "",
    style: `grid-column: ${2 + locked} / ${3 + stages.length}`,
  });
  if (!locked) return [on];
  const text = stages.length > 3 && locked > 1 ? "no gradient" : "";
  return [html("div", { class: "off", text, style: `grid-column: 2 / ${2 + locked}` }), on];
};

/**
 * @param {Stage[]} stages
 * @param {string} note
 */
const sum = (stages, note) => {
  const trainable = stages.reduce((total, stage) => total + (stage.learns ? stage.parameters : 0), 0);
  const total = stages.reduce((all, stage) => all + stage.parameters, 0);
  const share = (100 * trainable) / total;
  const said = share < 0.1 ? share.toPrecision(1) : share.toFixed(share < 10 ? 1 : 0);
  const learn = html("b", { text: `${compact(trainable)} of ${compact(total)} parameters learn` });
  return html("p", { class: "sum" }, learn, ` (${said} %). ${note}`);
};
