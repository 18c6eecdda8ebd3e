// Two pictures of the same size over each other; a line is drawn across, left of it lies the one, right of it the other.
// The line is a range input that fills the frame, so that mouse, touch and arrow keys all come with it.

const WIPES = new WeakMap();

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".wipe");
  let state = WIPES.get(parentElement);
  if (!state) {
    const pictures = [html("img", { alt: "" }), html("img", { alt: "" })];
    const names = [html("span", { class: "name left" }), html("span", { class: "name right" })];
    const line = html("i", { class: "line" });
    const range = html("input", { type: "range", min: 0, max: 100, step: 0.5, value: 50 });
    const frame = html("div", { class: "frame" }, ...pictures, line, ...names, range);
    root.replaceChildren(frame);
    state = { pictures, names, line, range };
    pictures[0].onload = () => frame.style.setProperty("--ratio", pictures[0].naturalWidth / pictures[0].naturalHeight);
    WIPES.set(parentElement, state);
    range.oninput = () => place(state);
  }
  const [left, right] = data.titles;
  state.titles = data.titles;
  // the picture below shows the right one, the one above is cut off at the line
  [data.pictures[1], data.pictures[0]].forEach((picture, i) => { if (state.pictures[i].src !== picture) state.pictures[i].src = picture; });
  state.pictures[0].alt = `The response to ${right}`;
  state.pictures[1].alt = `The response to ${left}`;
  state.names[0].textContent = left;
  state.names[1].textContent = right;
  state.range.setAttribute("aria-label", `Wipe between ${left} and ${right}`);
  place(state);
  return () => WIPES.delete(parentElement);
}

function place({ pictures, line, range, titles }) {
  const share = +range.value;
  pictures[1].style.clipPath = `inset(0 ${100 - share}% 0 0)`;
  line.style.left = `${share}%`;
  range.setAttribute("aria-valuetext", `${titles[0]} on the left ${Math.round(share)} %, ${titles[1]} on the rest`);
}
