// The curves of several runs over one another, in one chart a quantity; with a `url`, pushed as they happen.

const VIEWS = new WeakMap();
const percent = (v) => `${(100 * v).toFixed(1)} %`;
const whole = (v) => `${Math.round(100 * v)} %`;

const QUALITY = {
  val_accuracy: { title: "Validation accuracy", format: percent, tick: whole, high: 1, fit: true },
  val_loss: { title: "Validation loss", format: (v) => short(v), low: 0 },
};
const ERRORS = {
  train_error: { title: "Training error", format: percent, tick: whole, low: 0 },
  val_error: { title: "Validation error", format: percent, tick: whole, low: 0 },
};

class Comparison {
  constructor(root, live, drawn) {
    this.charts = Object.entries(drawn).map(([key, options]) => [key, new LineChart(options)]);
    this.stats = html("div", { class: "stats" });
    this.verdict = html("p", { class: "verdict", role: "status", "aria-live": "polite" });
    const charts = html("div", { class: "charts" }, ...this.charts.map(([, chart]) => chart.root));
    const hint = html("p", { class: "hint", text: "Drag over a chart to zoom, double-click to see all of it." });
    root.replaceChildren(...(live ? [this.stats, this.verdict] : []), charts, hint);
    this.root = root;
    this.past = new Map();
  }
  show(runs, colours) {
    this.runs = runs.map((run, i) => ({ ...run, colour: colours[i % colours.length] ?? "#2a5fd0" }));
    this.draw();
  }
  take(event) {
    if (!this.past.has(event.run)) this.past.set(event.run, { state: "queued", epochs: [], seconds: 0 });
    const run = this.past.get(event.run);
    if (event.event === "state") {
      run.state = event.state;
      if (event.state === "running") run.since = event.at - run.seconds;
    } else if (event.event === "stopping") run.state = "stopping";
    else if (event.event === "finished") run.stopped = event.stopped;
    else if (event.event === "started") run.epochs = run.epochs.filter((e) => e.epoch <= event.resumed_from_epoch);
    else if (event.event === "epoch") run.epochs.push(event);
    if (run.since !== undefined) run.seconds = event.at - run.since;
    if (!this.dirty) {
      this.dirty = true;
      requestAnimationFrame(() => { this.dirty = false; this.draw(); });
    }
  }
  over() { return this.runs.every((run) => ["done", "failed", "cancelled"].includes(this.of(run).state)); }
  of(run) { return this.past.get(run.id) ?? { state: "queued", epochs: run.epochs ?? [], seconds: 0 }; }
  draw() {
    const series = (key) => this.runs.map((run) => ({ name: run.name, className: "own", style: `color: ${run.colour}`, dots: true, points: this.of(run).epochs.map((e) => [e.epoch, e[key]]) }));
    for (const [key, chart] of this.charts) chart.update(series(key));
    const best = this.runs.map((run) => this.of(run).epochs.reduce((a, e) => (!a || e.val_accuracy > a.val_accuracy ? e : a), null));
    this.stats.replaceChildren(...this.runs.map((run, i) => {
      const { state, stopped, epochs, seconds } = this.of(run);
      const note = `${stateWord(state, stopped)}${epochs.length ? ` · epoch ${epochs[epochs.length - 1].epoch} after ${seconds.toFixed(seconds < 10 ? 1 : 0)} s` : ""}`;
      return html("div", { class: "stat", "data-run": run.id }, html("span", { class: "key" }, html("i", { style: `color: ${run.colour}` }), run.name), html("b", { text: best[i] ? percent(best[i].val_accuracy) : "–" }), html("small", { text: note }));
    }));
    this.root.dataset.states = this.runs.map((run) => this.of(run).state).join(" ");
    if (best.length === 2 && best.every(Boolean)) {
      const ahead = best[0].val_accuracy - best[1].val_accuracy, [more, less] = ahead >= 0 ? this.runs : [...this.runs].reverse();
      const points = (100 * Math.abs(ahead)).toFixed(1);
      this.verdict.textContent = +points === 0 ? "Both are equally good so far." : `${more.name} is ${points} points ahead of ${less.name.toLowerCase()}${this.over() ? "" : " so far"}.`;
      this.root.dataset.ahead = (100 * ahead).toFixed(1);
    } else this.verdict.textContent = "";
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".live");
  const host = parentElement.host ?? parentElement;
  const colours = getComputedStyle(host).getPropertyValue("--st-chart-categorical-colors").split(",").map((c) => c.trim()).filter(Boolean);
  let state = VIEWS.get(parentElement);
  if (!state || state.url !== data.url) {
    state?.leave?.();
    const view = new Comparison(root, !!data.url, data.errors ? ERRORS : QUALITY);
    state = { url: data.url, view };
    VIEWS.set(parentElement, state);
    view.show(data.runs, colours);
    if (data.url) state.leave = watch(data.url, (event) => view.take(event));
  } else state.view.show(data.runs, colours);
  return () => { VIEWS.get(parentElement)?.leave?.(); VIEWS.delete(parentElement); };
}
