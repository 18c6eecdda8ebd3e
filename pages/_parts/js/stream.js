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
