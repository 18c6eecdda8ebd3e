// The curves of several runs over one another, in one chart a quantity.

const VIEWS = new WeakMap();
const percent = (v) => `${(100 * v).toFixed(1)} %`;
const whole = (v) => `${Math.round(100 * v)} %`;

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".live");
  let view = VIEWS.get(parentElement);
  if (!view) {
    view = {
      loss: new LineChart({ title: "Validation loss", format: (v) => short(v), low: 0 }),
      accuracy: new LineChart({ title: "Validation accuracy", format: percent, tick: whole, high: 1, fit: true }),
    };
    VIEWS.set(parentElement, view);
    const charts = html("div", { class: "charts" }, view.loss.root, view.accuracy.root);
    root.replaceChildren(charts, html("p", { class: "hint", text: "Drag over a chart to zoom, double-click to see all of it." }));
  }
  const host = parentElement.host ?? parentElement;
  const colours = getComputedStyle(host).getPropertyValue("--st-chart-categorical-colors").split(",").map((c) => c.trim()).filter(Boolean);
  const series = (key) => data.runs.map((run, i) => ({ name: run.name, className: "own", style: `color: ${colours[i % colours.length] ?? "#2a5fd0"}`, dots: true, points: run.epochs.map((e) => [e.epoch, e[key]]) }));
  view.loss.update(series("val_loss"));
  view.accuracy.update(series("val_accuracy"));
  return () => VIEWS.delete(parentElement);
}
