// The whole lab in miniature: real scans of digits, a classifier that learns them in this browser, and a pad to try it.
// Softmax regression on 64 ink values, trained by mini-batch gradient descent; every number shown is computed here.

const MINIS = new WeakMap();
const make = (name, className, text) => {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};
const CLASSES = 10, PIXELS = 64, BATCH = 16, RATE = 0.35, EPOCHS = 12;

class Mini {
  constructor(root, data) {
    const bytes = Uint8Array.from(atob(data.ink), (c) => c.charCodeAt(0));
    this.labels = data.labels;
    this.inputs = this.labels.map((_, i) => Float32Array.from(bytes.subarray(i * PIXELS, (i + 1) * PIXELS), (v) => v / 16));
    // every fifth scan is held out
    this.train = this.labels.map((_, i) => i).filter((i) => i % 5);
    this.test = this.labels.map((_, i) => i).filter((i) => i % 5 === 0);
    this.build(root);
    this.reset();
  }
  build(root) {
    const panel = (title, note, ...nodes) => {
      const box = make("section", "panel");
      box.append(make("h4", "", title), make("p", "note", note), ...nodes);
      return box;
    };
    this.grid = make("canvas", "pixels");
    this.grid.width = 10 * 9;
    this.grid.height = 5 * 9;
    this.grid.setAttribute("role", "img");
    this.grid.setAttribute("aria-label", "Scans of handwritten digits");
    this.templates = make("canvas", "pixels");
    this.templates.width = 5 * 9;
    this.templates.height = 2 * 9;
    this.templates.setAttribute("role", "img");
    this.templates.setAttribute("aria-label", "What the classifier looks for, one picture a digit");
    this.chart = new LineChart({ title: "Loss", format: (v) => short(v), low: 0, xHigh: () => EPOCHS });
    this.says = make("p", "says");
    this.again = make("button", "small", "Forget and learn again");
    this.again.type = "button";
    this.again.onclick = () => this.reset();
    this.pad = make("canvas", "pad");
    this.pad.width = this.pad.height = 160;
    this.pad.setAttribute("role", "img");
    this.pad.setAttribute("aria-label", "A pad to draw a digit on");
    this.clear = make("button", "small", "Clear");
    this.clear.type = "button";
    this.clear.onclick = () => this.clearPad();
    this.answer = make("div", "answer");
    const tryIt = make("div", "try");
    tryIt.append(this.pad, this.answer);
    root.replaceChildren(
      panel("1 · Data", `${this.labels.length} scans of digits, written by many hands`, this.grid),
      panel("2 · Train", "a classifier learns them now, in your browser", this.chart.root, this.says, this.templates, this.again),
      panel("3 · Try", "draw a digit with the mouse or a finger", tryIt, this.clear),
    );
    this.drawData();
    this.listen();
    this.clearPad();
  }
  reset() {
    this.weights = new Float32Array(CLASSES * (PIXELS + 1));
    this.epoch = 0;
    this.step = 0;
    this.history = { train: [], test: [] };
    this.order = [...this.train];
    this.note();
    if (!this.running) this.loop();
  }
  loop() {
    this.running = true;
    const tick = () => {
      if (!this.pad.isConnected) { this.running = false; return; }
      for (let i = 0; i < 3 && this.epoch < EPOCHS; i++) this.trainBatch();
      this.show();
      if (this.epoch < EPOCHS) requestAnimationFrame(tick);
      else this.running = false;
    };
    requestAnimationFrame(tick);
  }
  forward(x) {
    const out = new Float32Array(CLASSES);
    let high = -Infinity;
    for (let c = 0; c < CLASSES; c++) {
      const at = c * (PIXELS + 1);
      let sum = this.weights[at + PIXELS];
      for (let p = 0; p < PIXELS; p++) sum += this.weights[at + p] * x[p];
      out[c] = sum;
      high = Math.max(high, sum);
    }
    let total = 0;
    for (let c = 0; c < CLASSES; c++) total += out[c] = Math.exp(out[c] - high);
    return out.map((v) => v / total);
  }
  trainBatch() {
    const per = Math.ceil(this.order.length / BATCH);
    if (this.step % per === 0) this.order.sort(() => Math.random() - 0.5);
    const start = (this.step % per) * BATCH, batch = this.order.slice(start, start + BATCH);
    const gradient = new Float32Array(this.weights.length);
    for (const i of batch) {
      const p = this.forward(this.inputs[i]);
      for (let c = 0; c < CLASSES; c++) {
        const d = p[c] - (c === this.labels[i] ? 1 : 0), at = c * (PIXELS + 1);
        for (let k = 0; k < PIXELS; k++) gradient[at + k] += d * this.inputs[i][k];
        gradient[at + PIXELS] += d;
      }
    }
    for (let k = 0; k < gradient.length; k++) this.weights[k] -= (RATE * gradient[k]) / batch.length;
    this.step++;
    this.epoch = this.step / per;
    if (this.step % Math.ceil(per / 3) === 0) this.note();
  }
  measure(which) {
    let loss = 0, right = 0;
    for (const i of which) {
      const p = this.forward(this.inputs[i]);
      loss -= Math.log(Math.max(p[this.labels[i]], 1e-9));
      right += p.indexOf(Math.max(...p)) === this.labels[i];
    }
    return [loss / which.length, right];
  }
  note() {
    const [train] = this.measure(this.train), [test, right] = this.measure(this.test);
    this.history.train.push([this.epoch, train]);
    this.history.test.push([this.epoch, test]);
    this.right = right;
  }
  show() {
    this.chart.update([
      { name: "training", className: "train", points: this.history.train },
      { name: "held out", className: "val", points: this.history.test },
    ]);
    this.says.replaceChildren(make("b", "", `${this.right} of ${this.test.length}`), " held-out scans are read correctly now");
    this.drawTemplates();
    if (this.drawn) this.predict();
  }
  drawData() {
    const context = this.grid.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, this.grid.width, this.grid.height);
    for (let n = 0; n < 50; n++) {
      const i = (n * 37) % this.labels.length;
      const picture = context.createImageData(8, 8);
      this.inputs[i].forEach((v, k) => { const g = 255 - v * 235; picture.data.set([g, g, g, 255], k * 4); });
      context.putImageData(picture, (n % 10) * 9, Math.floor(n / 10) * 9);
    }
  }
  drawTemplates() {
    const context = this.templates.getContext("2d");
    let high = 1e-6;
    for (let c = 0; c < CLASSES; c++) for (let k = 0; k < PIXELS; k++) high = Math.max(high, Math.abs(this.weights[c * (PIXELS + 1) + k]));
    for (let c = 0; c < CLASSES; c++) {
      const picture = context.createImageData(8, 8);
      for (let k = 0; k < PIXELS; k++) {
        const v = this.weights[c * (PIXELS + 1) + k] / high, a = Math.abs(v) ** 0.8;
        const tint = v > 0 ? [42, 95, 208] : [217, 115, 13];
        picture.data.set([...tint.map((t) => 245 + (t - 245) * a), 255], k * 4);
      }
      context.putImageData(picture, (c % 5) * 9, Math.floor(c / 5) * 9);
    }
  }
  listen() {
    const context = this.pad.getContext("2d");
    const at = (event) => {
      const box = this.pad.getBoundingClientRect();
      return [((event.clientX - box.left) / box.width) * 160, ((event.clientY - box.top) / box.height) * 160];
    };
    this.pad.onpointerdown = (event) => {
      if (!this.drawn) this.clearPad(true);
      this.last = at(event);
      this.pad.setPointerCapture(event.pointerId);
      event.preventDefault();
    };
    this.pad.onpointermove = (event) => {
      if (!this.last) return;
      const next = at(event);
      context.lineWidth = 15;
      context.lineCap = "round";
      context.strokeStyle = "#141821";
      context.beginPath();
      context.moveTo(...this.last);
      context.lineTo(...next);
      context.stroke();
      this.last = next;
      this.drawn = true;
      this.predict();
    };
    this.pad.onpointerup = () => { this.last = null; };
  }
  clearPad(empty) {
    const context = this.pad.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, 160, 160);
    this.drawn = false;
    if (!empty) {
      context.fillStyle = "#8a93a5";
      context.font = "15px sans-serif";
      context.textAlign = "center";
      context.fillText("draw here", 80, 84);
    }
    this.answer.replaceChildren();
  }
  // The scans were cut out, scaled to fill their box and counted in 8 x 8 cells; a drawing is treated the same.
  ink() {
    const pixels = this.pad.getContext("2d").getImageData(0, 0, 160, 160).data;
    const dark = (x, y) => pixels[(y * 160 + x) * 4] < 128;
    let [x0, y0, x1, y1] = [160, 160, 0, 0];
    for (let y = 0; y < 160; y++) for (let x = 0; x < 160; x++) if (dark(x, y)) { x0 = Math.min(x0, x); x1 = Math.max(x1, x); y0 = Math.min(y0, y); y1 = Math.max(y1, y); }
    const side = Math.max(x1 - x0, y1 - y0, 8) + 1, left = (x0 + x1 - side) / 2, top = (y0 + y1 - side) / 2;
    const out = new Float32Array(PIXELS), cell = side / 8;
    for (let r = 0; r < 8; r++) for (let c = 0; c < 8; c++) {
      let on = 0;
      for (let j = 0; j < 6; j++) for (let i = 0; i < 6; i++) {
        const x = Math.floor(left + (c + (i + 0.5) / 6) * cell), y = Math.floor(top + (r + (j + 0.5) / 6) * cell);
        on += x >= 0 && y >= 0 && x < 160 && y < 160 && dark(x, y);
      }
      out[r * 8 + c] = on / 36;
    }
    return out;
  }
  predict() {
    const p = this.forward(this.ink());
    const best = [...p.keys()].sort((a, b) => p[b] - p[a]).slice(0, 3);
    this.answer.replaceChildren(make("strong", "digit", `${best[0]}`), ...best.map((c) => {
      const row = make("div", "guess");
      const bar = make("i");
      bar.style.width = `${100 * p[c]}%`;
      const track = make("span", "track");
      track.append(bar);
      row.append(make("span", "", c), track, make("span", "", `${Math.round(100 * p[c])} %`));
      return row;
    }));
  }
}

export default function ({ data, parentElement }) {
  if (!MINIS.has(parentElement)) MINIS.set(parentElement, new Mini(parentElement.querySelector(".mini"), data));
  return () => MINIS.delete(parentElement);
}
