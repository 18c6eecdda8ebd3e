// What the events of a training run come to so far. Nothing is drawn here.

/** @import { Answer, Epoch, Finished, FlowSeen, PhaseStarted, Progress, Started, Step, Told, TrainEvent } from "../types.js" */
/** @import { Point } from "../shared/chart.js" */

export class TrainingModel {
  constructor() {
    this.state = "queued";
    this.message = "";
    this.place = ""; // where it waits, in words
    this.epochsInAll = 0;
    /** @type {Point[]} */
    this.steps = []; // each batch's loss, by the epochs that were done with it
    /** @type {Epoch[]} */
    this.epochs = [];
    /** @type {Answer[]} */
    this.answers = []; // of a classifier on the images seen so far
    /** @type {FlowSeen[]} */
    this.flows = [];
    /** @type {string[]} */
    this.notices = [];
    /** @type {Started | null} */
    this.started = null;
    /** @type {PhaseStarted | null} */
    this.phase = null;
    /** @type {Progress | null} */
    this.progress = null;
    /** @type {Step | null} */
    this.step = null;
    /** @type {Finished | null} */
    this.finished = null;
  }

  get last() {
    return this.epochs.at(-1);
  }

  /** The epoch whose model is kept. */
  get best() {
    return this.epochs.findLast((epoch) => epoch.best);
  }

  /** Whether the classifier is solved for in one go: it has no learning rate. */
  get solved() {
    return (this.last ?? this.step)?.lr === 0;
  }

  get isOver() {
    return !["queued", "running", "stopping"].includes(this.state);
  }

  /** @param {Told & TrainEvent} event */
  take(event) {
    switch (event.event) {
      case "state":
        this.state = event.state;
        this.message = event.message ?? "";
        if (event.state === "queued") this.progress = null;
        break;
      case "place":
        this.place = event.words;
        break;
      case "started":
        this.begin(event);
        break;
      case "progress":
        this.progress = event;
        break;
      case "phase":
        this.phase = event;
        this.progress = null;
        break;
      case "step":
        this.steps.push([event.epoch - 1 + event.step / event.steps, event.loss]);
        this.step = event;
        this.progress = null;
        break;
      case "epoch":
        this.epochs.push(event);
        this.step = null;
        this.progress = null;
        this.epochsInAll = event.epochs; // fewer, once a phase has ended early
        break;
      case "answer":
        this.answers = this.answers.filter((answer) => answer.looked < event.looked);
        this.answers.push(event);
        break;
      case "flow":
        this.flows.push(event);
        break;
      case "notice": // an attempt says again what the one before it said
        if (!this.notices.includes(event.message)) this.notices.push(event.message);
        break;
      case "stopping":
        this.state = "stopping";
        break;
      case "finished":
        this.finished = event;
        this.progress = null;
    }
  }

  /**
   * The run has begun, or goes on from an epoch: what came after that did not last.
   * @param {Started} event
   */
  begin(event) {
    this.started = event;
    this.epochsInAll = event.epochs;
    this.steps = this.steps.filter(([at]) => at <= event.resumed_from_epoch);
    this.epochs = lasting(this.epochs, event);
    this.flows = this.flows.filter((flow) => flow.after < event.resumed_from_epoch);
  }

  /** How many epochs are done, with the part of the one that is on its way. */
  get done() {
    if (this.step) return this.step.epoch - 1 + this.step.step / this.step.steps;
    return this.last?.epoch ?? 0;
  }

  /** How many seconds an epoch takes, by the last few. */
  get secondsAnEpoch() {
    const recent = this.epochs.slice(-5);
    return recent.reduce((sum, epoch) => sum + epoch.seconds, 0) / recent.length;
  }

  /** Where one phase of the training gives way to the next, and what the curves then start anew from. */
  get marks() {
    const { epochs } = this;
    return epochs
      .slice(1)
      .flatMap((epoch, i) => (epoch.phase === epochs[i].phase ? [] : [{ at: epochs[i].epoch, name: epoch.phase }]));
  }
}

/**
 * The epochs that still count when a run goes on.
 * @param {Epoch[]} epochs
 * @param {Started} event
 */
export const lasting = (epochs, event) => epochs.filter((epoch) => epoch.epoch <= event.resumed_from_epoch);
