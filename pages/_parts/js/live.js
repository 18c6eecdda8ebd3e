// One training run, live: pushed over server-sent events, drawn in place. The stream reconnects by itself and replays what it missed.

const percent = (v) => `${(100 * v).toFixed(1)} %`;
const whole = (v) => `${Math.round(100 * v)} %`;
const duration = (s) => (s < 60 ? `${Math.max(0, Math.round(s))} s` : s < 3600 ? `${Math.floor(s / 60)} min ${Math.round(s % 60)} s` : `${Math.floor(s / 3600)} h ${Math.round((s % 3600) / 60)} min`);
const WORK = { decode: "reading images", features: "running views of the images through the frozen stages,", validate: "trying the model on the validation images,", evaluate: "trying the best model on images that are held out," };

class LiveRun {
  constructor(root) {
    this.root = root;
    this.model = { state: "queued", steps: [], epochs: [], flows: [], notices: [], phase: null, progress: null, started: null, message: "" };
    this.loss = new LineChart({ title: "Loss", format: (v) => short(v), low: 0, xHigh: () => this.model.started?.epochs ?? 0 });
    this.accuracy = new LineChart({ title: "Accuracy", format: percent, tick: whole, high: 1, fit: true, xHigh: () => this.model.started?.epochs ?? 0 });
    this.heat = new HeatMap();
    this.build();
    this.dirty = false;
  }
  build() {
    this.pill = html("span", { class: "pill", role: "status", "aria-live": "polite" });
    this.what = html("span", { class: "what" });
    this.eta = html("span", { class: "eta" });
    this.bar = html("div", { class: "bar", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": "Progress of the training" }, html("i"));
    this.stats = html("div", { class: "stats" });
    this.notices = html("div", { class: "notices" });
    this.wrong = html("div", { class: "wrong" });
    this.wrongBox = html("section", { class: "wrong-box", hidden: "" }, html("h4", { text: "Validation images it gets wrong now" }), this.wrong);
    this.body = html("tbody");
    const head = html("thead", {}, html("tr", {}, ...["Epoch", "Loss", "Val. loss", "Acc.", "Val. acc.", "Rate", "Time"].map((t) => html("th", { text: t, scope: "col" }))));
    this.table = html("details", { class: "epochs" }, html("summary", { text: "Epoch by epoch" }), html("div", { class: "scroll" }, html("table", {}, head, this.body)));
    this.charts = html("div", { class: "charts" }, this.loss.root, this.accuracy.root);
    this.hint = html("p", { class: "hint", text: "Drag over a chart to zoom, double-click to see all of it." });
    this.root.replaceChildren(html("div", { class: "top" }, this.pill, this.what, this.eta), this.bar, this.stats, this.notices, this.charts, this.hint, this.heat.root, this.wrongBox, this.table);
  }
  take(event) {
    const m = this.model;
    if (event.event === "state") {
      m.state = event.state;
      m.message = event.message ?? "";
      if (event.state === "queued") m.progress = null;
    } else if (event.event === "started") {
      m.started = event;
      m.steps = m.steps.filter((s) => s[0] <= event.resumed_from_epoch);
      m.epochs = m.epochs.filter((e) => e.epoch <= event.resumed_from_epoch);
      m.flows = m.flows.filter((f) => f.after < event.resumed_from_epoch);
    } else if (event.event === "progress") m.progress = event;
    else if (event.event === "phase") { m.phase = event; m.progress = null; }
    else if (event.event === "step") { m.steps.push([event.epoch - 1 + event.step / event.steps, event.loss]); m.step = event; m.progress = null; }
    else if (event.event === "epoch") { m.epochs.push(event); m.step = m.progress = null; m.last = event; }
    else if (event.event === "flow") m.flows.push(event);
    else if (event.event === "notice") m.notices.push(event.message);
    else if (event.event === "stopping") m.state = "stopping";
    else if (event.event === "finished") { m.finished = event; m.progress = null; }
    this.later();
  }
  later() {
    if (this.dirty) return;
    this.dirty = true;
    requestAnimationFrame(() => { this.dirty = false; this.draw(); });
  }
  draw() {
    const m = this.model;
    this.root.dataset.state = m.state;
    this.root.dataset.epochs = m.epochs.length;
    this.pill.textContent = stateWord(m.state, m.finished?.stopped);
    this.pill.className = `pill ${m.state}`;
    this.charts.style.display = this.hint.style.display = m.steps.length || m.epochs.length ? "" : "none";
    this.drawProgress();
    this.drawStats();
    this.notices.replaceChildren(...[...m.notices, ...(m.state === "failed" && m.message ? [m.message] : [])].map((text) => html("p", { class: "notice", text })));
    const points = (key) => m.epochs.map((e) => [e.epoch, e[key]]);
    this.loss.update([
      { name: "each batch", className: "faint", points: m.steps },
      { name: "training", className: "train", points: points("train_loss"), dots: true },
      { name: "validation", className: "val", points: points("val_loss"), dots: true },
    ]);
    this.accuracy.update([
      { name: "training", className: "train", points: points("train_accuracy"), dots: true },
      { name: "validation", className: "val", points: points("val_accuracy"), dots: true },
    ]);
    this.heat.update(m.flows, m.started?.epochs ?? 0);
    this.drawEpochs();
    this.drawWrong();
  }
  drawProgress() {
    const m = this.model, total = m.started?.epochs ?? 0, over = !["queued", "running", "stopping"].includes(m.state);
    const done = m.step ? m.step.epoch - 1 + m.step.step / m.step.steps : (m.last?.epoch ?? 0);
    let share = 0, text = "", left = "";
    if (m.state === "queued") text = "waiting for its turn";
    else if (m.progress) {
      share = m.progress.done / Math.max(1, m.progress.total);
      text = `${WORK[m.progress.phase] ?? m.progress.phase} ${m.progress.done} of ${m.progress.total}`;
      if (m.progress.images_per_second > 0) left = duration((m.progress.total - m.progress.done) / m.progress.images_per_second);
    } else if (total) {
      share = m.state === "done" && !m.finished?.stopped ? 1 : done / total;
      text = over ? `${m.last?.epoch ?? 0} of ${total} epochs` : `epoch ${Math.min(total, Math.floor(done) + 1)} of ${total}${m.phase ? `, ${m.phase.phase}` : ""}`;
      if (!over && m.epochs.length) {
        const recent = m.epochs.slice(-5);
        left = duration((total - done) * (recent.reduce((a, e) => a + e.seconds, 0) / recent.length));
      }
    }
    this.what.textContent = text;
    this.eta.textContent = left && m.state === "running" ? `about ${left} left` : "";
    this.bar.firstChild.style.width = `${100 * share}%`;
    this.bar.setAttribute("aria-valuenow", Math.round(100 * share));
    this.bar.classList.toggle("second", !!m.progress);
  }
  drawStats() {
    const m = this.model, speed = m.step?.images_per_second ?? m.progress?.images_per_second ?? m.last?.images_per_second;
    const best = m.epochs.reduce((a, e) => (!a || e.best ? (e.best ? e : a) : a), null);
    const rows = [
      ["Best validation accuracy", best ? `${percent(best.val_accuracy)}` : "–", best ? `${best.val_correct} of ${best.val_seen} images, epoch ${best.epoch}` : "none yet"],
      ["Speed", speed ? `${speed < 10 ? speed.toFixed(1) : Math.round(speed).toLocaleString()} images/s` : "–", m.phase?.cached ? "from cached features" : m.phase ? "through the network" : ""],
      ["Learns", m.phase ? `${compact(m.phase.trainable_parameters)} parameters` : "–", m.phase ? `of ${compact(m.phase.parameters)}` : ""],
      ["Device", m.started ? deviceName(m.started.device) : "–", m.last ? `${(m.last.memory_bytes / 1e9).toFixed(2)} GB, ${m.started.precision}` : (m.started?.precision ?? "")],
    ];
    this.stats.replaceChildren(...rows.map(([name, value, note]) => html("div", { class: "stat" }, html("span", { text: name }), html("b", { text: value }), html("small", { text: note }))));
  }
  drawEpochs() {
    const rows = [...this.model.epochs].reverse().slice(0, 200).map((e) => html("tr", e.best ? { class: "best" } : {}, ...[e.epoch, short(e.train_loss), short(e.val_loss), percent(e.train_accuracy), percent(e.val_accuracy), e.lr.toExponential(1), `${e.seconds.toFixed(e.seconds < 10 ? 2 : 0)} s`].map((t) => html("td", { text: t }))));
    this.body.replaceChildren(...rows);
  }
  drawWrong() {
    const wrong = this.model.last?.wrong ?? [];
    this.wrongBox.hidden = !wrong.length;
    const key = JSON.stringify(wrong.map((w) => [w.blob, w.predicted]));
    if (key === this.wrongKey) return;
    this.wrongKey = key;
    this.wrong.replaceChildren(...wrong.map((w) => html("figure", {}, html("img", { src: `/api/image/${w.blob}`, alt: `${w.name}, a photo of ${w.label}`, loading: "lazy" }), html("figcaption", {}, html("b", { text: w.predicted }), ` ${Math.round(100 * w.probability)} %`, html("small", { text: `is ${w.label}` })))));
  }
}
const compact = (n) => (n >= 1e6 ? `${(n / 1e6).toFixed(n >= 1e7 ? 1 : 2)} M` : n >= 1e3 ? `${(n / 1e3).toFixed(1)} k` : `${n}`);
const deviceName = (name) => name.replace(/\(R\)|\(TM\)|Processor|CPU @.*|@.*/g, "").replace(/\s+/g, " ").trim();

export default (mount) => follow(LiveRun, mount);
