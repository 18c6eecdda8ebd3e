// Live events over one connection a page: components that watch the same runs share it, and latecomers get what was.
// Browsers allow six connections a host, so one a component would block a student's third tab.

const watch = (url, take) => {
  const streams = (globalThis.transferLabStreams ??= new Map());
  let stream = streams.get(url);
  if (!stream) {
    stream = { past: [], takers: new Set(), source: new EventSource(url) };
    stream.source.onmessage = (message) => {
      for (const event of JSON.parse(message.data)) {
        stream.past.push(event);
        stream.takers.forEach((taker) => taker(event));
      }
    };
    streams.set(url, stream);
  }
  stream.past.forEach(take);
  stream.takers.add(take);
  return () => {
    stream.takers.delete(take);
    if (stream.takers.size) return;
    stream.source.close();
    if (streams.get(url) === stream) streams.delete(url);
  };
};

// A run's state in a word, as the list of runs says it.
const stateWord = (state, stopped, running = "training") =>
  state === "done" && stopped ? "stopped" : { queued: "waiting", running, done: "finished" }[state] ?? state;

// One run's view in an element: made once, fed with the run's events, told of reruns; `changed` fires when the state of
// a run that the page shows does, its twin's too, after what the page knew of it.
const FOLLOWED = new WeakMap();
const follow = (View, { data, parentElement, setTriggerValue }) => {
  let state = FOLLOWED.get(parentElement);
  if (!state || state.url !== data.url || state.run !== data.run) {
    state?.leave();
    state = { url: data.url, run: data.run, view: new View(parentElement.querySelector(".live")) };
    FOLLOWED.set(parentElement, state);
    const own = state;
    state.leave = watch(data.url, (event) => {
      if (event.run === own.run) own.view.take(event);
      if (event.event === "state" && event.id > data.known[event.run]) own.trigger?.("changed", `${event.id}:${event.state}`);
    });
  }
  state.trigger = setTriggerValue;
  state.view.later();
  return () => { FOLLOWED.get(parentElement)?.leave(); FOLLOWED.delete(parentElement); };
};
