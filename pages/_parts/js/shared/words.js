// Times in words, as tlcore.wording says them: those that are guessed, and those that were measured; counts; states.

/** @param {number} count */
const rounded = (count) => (count < 9.5 ? Math.max(1, Math.floor(count + 0.5)) : 5 * Math.floor(count / 5 + 0.5));

/**
 * @param {number} count
 * @param {string} thing
 */
export const several = (count, thing) => `${count} ${thing}${count === 1 ? "" : "s"}`;

/** @param {number} seconds that are guessed */
export const about = (seconds) => {
  if (seconds < 0.5) return "a moment";
  if (seconds < 55) return `about ${several(rounded(seconds), "second")}`;
  const minutes = seconds / 60;
  if (minutes < 1.5) return "about a minute";
  if (minutes < 52.5) return `about ${several(rounded(minutes), "minute")}`;
  const halves = Math.max(2, Math.floor(minutes / 30 + 0.5));
  return halves === 2 ? "about an hour" : `about ${Math.floor(halves / 2)}${halves % 2 ? "½" : ""} hours`;
};

/** @param {number} seconds that were measured */
export const took = (seconds) => {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const full = Math.floor(seconds + 0.5);
  if (full < 60) return `${full} s`;
  if (full < 3600) return `${Math.floor(full / 60)} min ${full % 60} s`;
  const minutes = Math.floor(full / 60 + 0.5);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

/** What a run does whose place in the queue is not known. */
export const WAITS = "waiting for its turn";

/**
 * A run's state in a word, as the list of runs says it.
 * @param {string} state
 * @param {boolean} [stopped]
 * @param {string} [running]
 */
export const stateWord = (state, stopped = false, running = "training") => {
  if (state === "done" && stopped) return "stopped";
  /** @type {Record<string, string>} */
  const words = { queued: "waiting", running, done: "finished" };
  return words[state] ?? state;
};
