// Drawing that waits for the next frame, so that a hundred events in between are drawn once.

/**
 * What draws at the next frame, however often it is called before that.
 * @param {() => void} draw
 */
export const nextFrame = (draw) => {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  };
};
