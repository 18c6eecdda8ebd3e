// What was recorded of trainings: which frame each has reached, and how far the axes must go.

/** @import { FitData, FitRun } from "../types.js" */

export const LEAST_ERROR = 1e-4;

/** @param {FitData} data */
export const lastFrame = ({ runs }) => Math.max(...runs.map((run) => run.steps.length)) - 1;

/**
 * The frame of a run that is shown; one that has ended waits for the other.
 * @param {FitRun} run
 * @param {number} at
 */
export const reached = (run, at) => Math.min(at, run.steps.length - 1);

/**
 * Whether a run has stopped early, and gone back to its best weights.
 * @param {FitRun} run
 * @param {number} at
 */
export const isBack = (run, at) => run.stopped && at >= run.steps.length - 1;

/**
 * The frame whose curve is shown.
 * @param {FitRun} run
 * @param {number} at
 */
export const curveFrame = (run, at) => (isBack(run, at) ? run.kept : reached(run, at));

/**
 * The lowest and the highest value, with some room.
 * @param {FitData} data
 * @returns {[number, number]}
 */
export const valueRange = ({ train, val, truth }) => {
  const values = [...train[1], ...val[1], ...truth[1]];
  return [Math.min(...values) - 0.4, Math.max(...values) + 0.4];
};

/**
 * The powers of ten between which the errors lie.
 * @param {FitData} data
 * @returns {[number, number]}
 */
export const errorRange = ({ runs }) => {
  const all = runs.flatMap((run) => [...run.train, ...run.val]).filter((error) => error > 0);
  return [Math.log10(Math.max(LEAST_ERROR, Math.min(...all))), Math.log10(Math.max(...all))];
};

/**
 * Where a run is, in a sentence.
 * @param {FitRun} run
 * @param {number} at
 */
export const saidAt = (run, at) => {
  const i = reached(run, at);
  const errors = `training error ${run.train[i].toFixed(3)}, validation error ${run.val[i].toFixed(3)}`;
  const back = isBack(run, at) ? `; stopped, back to step ${run.steps[run.kept]}` : "";
  return `${run.title}: step ${run.steps[i]}, ${errors}${back}.`;
};
