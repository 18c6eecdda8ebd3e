// A recurrent network that learns a text, as it happens: bits per character, the gradient's norm, and what it writes.

const bits = (v) => `${v.toFixed(2)} bits`;
const RULES = [["uniform", "any character", "2 4"], ["unigram", "how often each is", "6 4"], ["bigram", "what follows on each", "12 4"]];

class WritingRun {
  constructor(root) {
    this.root = root;
    this.pill = html("span", { class: "pill" });
    this.what = html("span");
    this.left = html("span", { class: "eta" });
    this.bar = html("div", { class: "bar", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": "Progress of the lesson" }, html("i"));
    this.stats = html("div", { class: "stats" });
    this.notices = html("div");
    this.loss = new LineChart({ title: "Bits per character", format: bits, tick: (v) => short(v), xTitle: "step", low: 0 });
    this.norm = new LineChart({ title: "The gradient's norm, before clipping", format: (v) => v.toPrecision(3), tick: (v) => short(v), xTitle: "step", low: 0 });
    this.charts = html("div", { class: "charts" }, this.loss.root, this.norm.root);
    this.title = html("h4");
    this.sample = html("pre", { tabindex: 0, role: "group", "aria-label": "What it wrote", style: "white-space: pre-wrap; overflow-wrap: anywhere; font-family: var(--st-code-font); font-size: 0.85rem; margin: 0; padding: 0.6rem 0.8rem; border-radius: var(--st-base-radius); background: var(--st-secondary-background-color); min-height: 7em; max-height: 16em; overflow: auto;" });
    root.replaceChildren(html("div", { class: "top" }, this.pill, this.what, this.left), this.bar, this.stats, this.notices, this.charts, this.title, this.sample);
    this.forget();
  }
  forget() { this.model = { state: "queued", learned: [], tried: [], notices: [] }; }
  take(event) {
    const m = this.model;
    if (event.event === "state") Object.assign(m, { state: event.state, message: event.message ?? "" });
    else if (event.event === "started") { this.forget(); Object.assign(this.model, { state: "running", started: event }); }
    else if (event.event === "learned") m.learned.push(event);
    else if (event.event === "tried") m.tried.push(event);
    else if (event.event === "notice") m.notices.push(event.message);
    else if (event.event === "finished") m.finished = event;
    this.later();
  }
  later() {
    if (this.dirty) return;
    this.dirty = true;
    requestAnimationFrame(() => { this.dirty = false; this.draw(); });
  }
  draw() {
    const m = this.model, last = m.learned[m.learned.length - 1], tried = m.tried[m.tried.length - 1], total = m.started?.steps ?? 0;
    const done = last?.step ?? 0;
    this.root.dataset.state = m.state;
    this.root.dataset.step = done;
    this.pill.textContent = stateWord(m.state, m.finished?.stopped, "learning");
    this.pill.className = `pill ${m.state}`;
    this.what.textContent = total ? `step ${done} of ${total}` : m.state === "queued" ? "waiting for its turn" : "";
    const speed = last ? done / Math.max(0.1, last.at - m.started.at) : 0;
    this.left.textContent = m.state === "running" && speed ? `about ${Math.ceil((total - done) / speed)} s left` : "";
    this.bar.firstChild.style.width = `${total ? (100 * done) / total : 0}%`;
    this.bar.setAttribute("aria-valuenow", total ? Math.round((100 * done) / total) : 0);
    const shown = m.notices.concat(m.state === "failed" && m.message ? [m.message] : []);
    this.notices.replaceChildren(...shown.map((text) => html("p", { class: "notice", text })));
    this.drawStats(last);
    this.drawCharts(total);
    this.charts.style.display = m.tried.length ? "" : "none";
    this.title.textContent = tried ? `What it writes after ${tried.step} ${tried.step === 1 ? "step" : "steps"}` : "";
    this.sample.style.display = tried ? "" : "none";
    this.sample.textContent = tried?.sample ?? "";
  }
  drawStats(last) {
    const m = this.model, best = m.tried.reduce((a, t) => (!a || t.held_out < a.held_out ? t : a), null);
    const rows = [
      ["On the held-out text", best ? bits(best.held_out) : "–", best ? `best, after ${best.step} steps` : ""],
      ["On what it learns", last ? bits(last.bits) : "–", last ? `of the last ${last.steps} steps` : ""],
      ["Longest gradient", last ? Math.max(...m.learned.map((l) => l.largest_norm)).toPrecision(3) : "–", last ? `clipped in ${m.learned.reduce((a, l) => a + l.clipped, 0)} steps` : ""],
      ["Learns", m.started ? `${m.started.parameters.toLocaleString("en")} weights` : "–", last ? `${Math.round(last.characters_per_second).toLocaleString("en")} characters a second` : ""],
    ];
    this.stats.replaceChildren(...rows.map(([name, value, note]) => html("div", { class: "stat" }, html("span", { text: name }), html("b", { text: value }), html("small", { text: note }))));
  }
  drawCharts(total) {
    const m = this.model, counted = m.started?.baselines;
    this.loss.options.xHigh = this.norm.options.xHigh = () => total;
    const rules = counted ? RULES.map(([key, name, dash]) => ({ name: `${name} (${counted[key].toFixed(2)})`, className: "faint", style: `stroke-dasharray: ${dash}; opacity: 0.9`, points: [[0, counted[key]], [total, counted[key]]] })) : [];
    this.loss.update([...rules, { name: "text that it learns", className: "train", points: m.learned.map((l) => [l.step, l.bits]) }, { name: "held-out text", className: "val", points: m.tried.map((t) => [t.step, t.held_out]), dots: true }]);
    this.norm.update([{ name: "longest", className: "faint", points: m.learned.map((l) => [l.step, l.largest_norm]) }, { name: "mean", className: "train", points: m.learned.map((l) => [l.step, l.grad_norm]) }]);
  }
}

export default (mount) => follow(WritingRun, mount);
