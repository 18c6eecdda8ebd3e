// A training run in words and figures: how far it is, how good, how fast, and on what.

import { compact, percent, whole } from "../shared/numbers.js";
import { WAITS } from "../shared/words.js";

/** @import { Figure } from "./figures.js" */
/** @import { TrainingModel } from "./model.js" */
/** @import { Answer } from "../types.js" */

/** @type {Record<string, string>} */
const WORK = {
  decode: "reading images",
  features: "running views of the images through the frozen stages,",
  validate: "trying the model on the validation images,",
  evaluate: "trying the best model on images that are held out,",
};

/** @typedef {{ share: number, text: string, seconds: number | null }} SaidProgress */

/**
 * How far a run is: the share that is done, in words, and how many seconds are left where that can be guessed.
 * @param {TrainingModel} model
 * @returns {SaidProgress}
 */
export const progressOf = (model) => {
  if (model.state === "queued") return { share: 0, text: model.place || WAITS, seconds: null };
  if (model.progress) {
    const { phase, done, total, images_per_second: speed } = model.progress;
    const text = `${WORK[phase] ?? phase} ${done} of ${total}`;
    return { share: done / Math.max(1, total), text, seconds: speed > 0 ? (total - done) / speed : null };
  }
  return model.epochsInAll ? epochsDone(model) : { share: 0, text: "", seconds: null };
};

/**
 * @param {TrainingModel} model
 * @returns {SaidProgress}
 */
const epochsDone = (model) => {
  if (model.solved) return { share: model.last ? 1 : 0, text: solvedWords(model), seconds: null };
  const { done, epochsInAll: total } = model;
  const share = model.state === "done" && !model.finished?.stopped ? 1 : done / total;
  if (model.isOver) return { share, text: `${model.last?.epoch ?? 0} of ${total} epochs`, seconds: null };
  const phase = model.phase ? `, ${model.phase.phase}` : "";
  const text = `epoch ${Math.min(total, Math.floor(done) + 1)} of ${total}${phase}`;
  return { share, text, seconds: model.epochs.length ? (total - done) * model.secondsAnEpoch : null };
};

/** @param {TrainingModel} model */
const solvedWords = ({ last, step, phase }) => {
  if (last) return "the classifier is solved for";
  return phase || step ? "solving for the classifier" : "";
};

/**
 * @param {TrainingModel} model
 * @returns {Figure[]}
 */
export const figuresOf = (model) => [accuracy(model), speed(model), learns(model), device(model)];

/**
 * @param {TrainingModel} model
 * @returns {Figure}
 */
const accuracy = ({ best, answers, solved }) => {
  const name = solved ? "Validation accuracy" : "Best validation accuracy";
  if (!best) return firstAnswer(answers.at(-1));
  const { val_accuracy, val_correct, val_seen, epoch, val_balanced } = best;
  const balanced = val_balanced === null || val_balanced === undefined ? "" : `; balanced ${percent(val_balanced)}`;
  const when = solved ? "" : `, epoch ${epoch}`;
  return [name, percent(val_accuracy), `${val_correct} of ${val_seen} images${when}${balanced}`];
};

/**
 * What a classifier on the images seen so far reaches.
 * @param {Answer | undefined} answer
 * @returns {Figure}
 */
const firstAnswer = (answer) => {
  if (!answer) return ["Validation accuracy", "–", "none yet"];
  const { accuracy, looked, images, interval } = answer;
  const after = looked < images ? `after ${looked} of ${images} images` : `after all ${images} images`;
  return ["Validation accuracy", percent(accuracy), `${after}, between ${interval.map(whole).join(" and ")}`];
};

/**
 * @param {TrainingModel} model
 * @returns {Figure}
 */
const speed = ({ step, progress, last, phase }) => {
  const images = step?.images_per_second ?? progress?.images_per_second ?? last?.images_per_second;
  const way = phase?.cached ? "from cached features" : "through the network";
  if (!images) return ["Speed", "–", phase ? way : ""];
  const many = images < 10 ? images.toFixed(1) : Math.round(images).toLocaleString();
  return ["Speed", `${many} images/s`, phase ? way : ""];
};

/**
 * @param {TrainingModel} model
 * @returns {Figure}
 */
const learns = ({ phase }) => {
  if (!phase) return ["Learns", "–", ""];
  return ["Learns", `${compact(phase.trainable_parameters)} parameters`, `of ${compact(phase.parameters)}`];
};

/**
 * @param {TrainingModel} model
 * @returns {Figure}
 */
const device = ({ started, last }) => {
  if (!started) return ["Device", "–", ""];
  const memory = last ? `${(last.memory_bytes / 1e9).toFixed(2)} GB, ` : "";
  return ["Device", deviceName(started.device), `${memory}${started.precision}`];
};

/**
 * A processor without what its maker adds to its name.
 * @param {string} name
 */
export const deviceName = (name) =>
  name
    .replace(/\(R\)|\(TM\)|Processor|CPU @.*|@.*/g, "")
    .replace(/\s+/g, " ")
    .trim();
