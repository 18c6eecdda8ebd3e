// Softmax regression on the ink of digits, trained by mini-batch gradient descent on their cross-entropy.

export const CLASSES = 10;
export const PIXELS = 64;
const BATCH = 16;
const RATE = 0.35;
const ROW = PIXELS + 1; // a class's weights, and its bias

/**
 * The same things in an order drawn at random.
 * @template T
 * @param {T[]} things
 * @param {() => number} random from 0 to below 1
 */
export const shuffled = (things, random) => {
  const order = [...things];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
};

export class Softmax {
  /**
   * @param {ArrayLike<number>[]} inputs ink from 0 to 1, 64 values each
   * @param {number[]} labels
   * @param {() => number} [random]
   */
  constructor(inputs, labels, random = Math.random) {
    this.inputs = inputs;
    this.labels = labels;
    this.random = random;
    const all = labels.map((_, i) => i);
    this.train = all.filter((i) => i % 5);
    this.test = all.filter((i) => i % 5 === 0); // every fifth is held out
    this.weights = new Float32Array(CLASSES * ROW);
    this.step = 0;
    this.order = [...this.train];
  }

  /** Steps an epoch. */
  get steps() {
    return Math.ceil(this.train.length / BATCH);
  }

  get epoch() {
    return this.step / this.steps;
  }

  /**
   * How likely each class is.
   * @param {ArrayLike<number>} ink
   */
  forward(ink) {
    const logits = new Float32Array(CLASSES);
    for (let c = 0; c < CLASSES; c++) {
      const at = c * ROW;
      let sum = this.weights[at + PIXELS];
      for (let p = 0; p < PIXELS; p++) sum += this.weights[at + p] * ink[p];
      logits[c] = sum;
    }
    const high = Math.max(...logits); // else the exponential of a large one is no number
    const powers = logits.map((v) => Math.exp(v - high));
    const total = powers.reduce((a, b) => a + b, 0);
    return powers.map((v) => v / total);
  }

  /** A step of gradient descent. */
  learn() {
    const at = this.step % this.steps;
    if (at === 0) this.order = shuffled(this.order, this.random);
    const batch = this.order.slice(at * BATCH, (at + 1) * BATCH);
    const gradient = this.gradient(batch);
    for (let k = 0; k < gradient.length; k++) this.weights[k] -= RATE * gradient[k];
    this.step++;
  }

  /**
   * The gradient of the mean loss of some scans, by the weights.
   * @param {number[]} batch
   */
  gradient(batch) {
    const gradient = new Float32Array(this.weights.length);
    for (const i of batch) {
      const p = this.forward(this.inputs[i]);
      for (let c = 0; c < CLASSES; c++) {
        const share = (p[c] - (c === this.labels[i] ? 1 : 0)) / batch.length;
        for (let k = 0; k < PIXELS; k++) gradient[c * ROW + k] += share * this.inputs[i][k];
        gradient[c * ROW + PIXELS] += share;
      }
    }
    return gradient;
  }

  /**
   * The mean loss of some scans, and how many are read correctly.
   * @param {number[]} which
   */
  measure(which) {
    let loss = 0;
    let right = 0;
    for (const i of which) {
      const p = this.forward(this.inputs[i]);
      loss -= Math.log(Math.max(p[this.labels[i]], 1e-9));
      if (p.indexOf(Math.max(...p)) === this.labels[i]) right++;
    }
    return { loss: loss / which.length, right };
  }

  /**
   * The weights of a class, without its bias: positive where ink speaks for it.
   * @param {number} c
   */
  template(c) {
    return this.weights.subarray(c * ROW, c * ROW + PIXELS);
  }
}
