// A photo on which one points: a click (or the arrow keys) chooses a position; boxes are drawn over it.

const SPOTS = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".spot");
  let state = SPOTS.get(parentElement);
  if (!state) {
    const image = html("img", { alt: "" }), mark = html("i", { class: "mark" }), box = html("i", { class: "box" });
    const frame = html("div", { class: "frame", tabindex: 0, role: "application" }, image, box, mark);
    root.replaceChildren(frame);
    state = { image, mark, box, frame };
    SPOTS.set(parentElement, state);
    frame.onclick = (event) => {
      const area = image.getBoundingClientRect();
      state.choose((event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height);
    };
    frame.onkeydown = (event) => {
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!by) return;
      event.preventDefault();
      const [x, y] = state.data.at ?? [0.5, 0.5], step = state.data.step ?? [0.05, 0.05];
      state.choose(x + by[0] * step[0], y + by[1] * step[1]);
    };
  }
  state.data = data;
  state.choose = (x, y) => setStateValue("at", [Math.min(0.999, Math.max(0, x)), Math.min(0.999, Math.max(0, y))]);
  state.image.src = data.picture;
  state.image.alt = data.alt;
  state.frame.setAttribute("aria-label", `${data.alt}. Click, or use the arrow keys, to choose a position.`);
  const place = (node, [left, top, width, height]) => Object.assign(node.style, { left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * width}%`, height: `${100 * height}%` });
  state.mark.hidden = !data.at;
  state.box.hidden = !data.box;
  if (data.at) place(state.mark, [data.at[0], data.at[1], 0, 0]);
  if (data.box) place(state.box, data.box);
  return () => SPOTS.delete(parentElement);
}
