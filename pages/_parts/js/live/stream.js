// Live events over one connection a page: components that watch the same runs share it, and latecomers get what was.
// Browsers allow six connections a host, so one a component would block a student's third tab.

import { forget, rootOf, viewIn, viewOf } from "../shared/mount.js";

/** @import { FollowData, StateChanged, Told } from "../types.js" */
/** @import { Mount } from "../shared/mount.js" */

/**
 * Any event of any run; which ones a run tells depends on its kind.
 * @typedef {Told & { event: string }} Heard
 */

/** @typedef {(event: any) => void} Taker */

/**
 * @typedef {object} Stream
 * @property {Heard[]} past
 * @property {Set<Taker>} takers
 * @property {EventSource} source
 */

/** @typedef {typeof globalThis & { transferLabStreams?: Map<string, Stream> }} Shared the page, which components share */

/** @returns {Map<string, Stream>} */
const streams = () => {
  const page = /** @type {Shared} */ (globalThis);
  page.transferLabStreams ??= new Map();
  return page.transferLabStreams;
};

/**
 * @param {string} url
 * @returns {Stream}
 */
const opened = (url) => {
  /** @type {Stream} */
  const stream = { past: [], takers: new Set(), source: new EventSource(url) };
  stream.source.onmessage = (message) => {
    for (const event of JSON.parse(message.data)) {
      stream.past.push(event);
      for (const take of stream.takers) take(event);
    }
  };
  return stream;
};

/**
 * Hand all events of a stream on, those that were first; returns what ends that.
 * @param {string} url
 * @param {Taker} take
 */
export const watch = (url, take) => {
  const known = streams();
  const stream = known.get(url) ?? opened(url);
  known.set(url, stream);
  stream.past.forEach(take);
  stream.takers.add(take);
  return () => {
    stream.takers.delete(take);
    if (stream.takers.size) return;
    stream.source.close();
    if (known.get(url) === stream) known.delete(url);
  };
};

/**
 * What shows a run, or a run and the one beside it; an event may bring what the page draws.
 * @typedef {object} View
 * @property {Taker} take
 * @property {Taker} [takeBeside]
 * @property {(event: Heard) => boolean} [brings]
 * @property {() => void} later
 */

/** @typedef {FollowData & { beside?: string | null }} Follow */
/** @typedef {(name: string, value: unknown) => void} Trigger */

/**
 * @template {View} V
 * @typedef {object} Followed
 * @property {string} url
 * @property {string} run
 * @property {V} view
 * @property {() => void} leave
 * @property {Trigger} trigger
 * @property {number} waiting the timer that will tell the page, 0 if none does
 */

const GATHERED = 1000; // milliseconds in which events that bring something are put together

/**
 * One run's view in an element: made once, fed with the run's events, told of reruns; `changed` fires when the state of
 * a run that the page shows does, its twin's too, after what the page knew of it. So it does a while after an event
 * that brings what the page draws, once for all of them that come meanwhile.
 * @template {View} V
 * @template {Follow} Data
 * @param {new (root: HTMLElement) => V} Kind
 * @param {Mount<Data>} mount
 * @param {(view: V, data: Data) => void} [told]
 */
export const follow = (Kind, { data, parentElement, setTriggerValue }, told = () => {}) => {
  const make = () => {
    const view = new Kind(rootOf(parentElement, "live"));
    told(view, data);
    return followed(view, data, setTriggerValue);
  };
  let state = viewIn(parentElement, make);
  if (state.url !== data.url || state.run !== data.run) {
    state.leave();
    forget(parentElement);
    state = viewIn(parentElement, make);
  }
  state.trigger = setTriggerValue;
  told(state.view, data);
  state.view.later();
  return () => {
    viewOf(parentElement)?.leave();
    forget(parentElement);
  };
};

/**
 * @template {View} V
 * @param {V} view
 * @param {Follow} data
 * @param {Trigger} trigger
 * @returns {Followed<V>}
 */
const followed = (view, { url, run, known, beside }, trigger) => {
  /** @type {Followed<V>} */
  const state = { url, run, view, leave: () => {}, trigger, waiting: 0 };
  const change = (/** @type {string} */ word) => {
    clearTimeout(state.waiting);
    state.waiting = 0;
    state.trigger("changed", word);
  };
  const leave = watch(url, (/** @type {Heard} */ event) => {
    if (event.run === run) view.take(event);
    else if (event.run === beside) view.takeBeside?.(event);
    const isNew = event.id > known[event.run];
    if (isNew && isState(event)) change(`${event.id}:${event.state}`);
    else if (isNew && view.brings?.(event)) state.waiting ||= setTimeout(change, GATHERED, `${event.id}`);
  });
  state.leave = () => {
    clearTimeout(state.waiting);
    leave();
  };
  return state;
};

/**
 * @param {Heard} event
 * @returns {event is Told & StateChanged}
 */
const isState = (event) => event.event === "state";
