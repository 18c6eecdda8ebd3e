// A grid of images that can be picked; the picked ids are the component's state.

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".gallery");
  const picked = new Set(data.picked ?? []);
  const tile = (image) => {
    const button = document.createElement("button");
    button.type = "button";
    button.title = image.title;
    button.setAttribute("aria-pressed", picked.has(image.id));
    const picture = document.createElement("img");
    picture.src = `/api/image/${image.blob}`;
    picture.alt = image.title;
    picture.loading = "lazy";
    button.append(picture);
    if (image.caption) {
      const caption = document.createElement("span");
      caption.textContent = image.caption;
      button.append(caption);
    }
    button.onclick = () => {
      if (data.single) {
        const was = picked.has(image.id);
        picked.clear();
        if (!was) picked.add(image.id);
        root.querySelectorAll("button").forEach((b) => b.setAttribute("aria-pressed", b === button && !was));
      } else {
        picked.has(image.id) ? picked.delete(image.id) : picked.add(image.id);
        button.setAttribute("aria-pressed", picked.has(image.id));
      }
      setStateValue("picked", [...picked]);
    };
    return button;
  };
  const key = JSON.stringify([data.images.map((i) => [i.id, i.blob, i.title, i.caption]), data.picked, data.single]);
  if (root.dataset.key === key) return;
  root.dataset.key = key;
  root.style.setProperty("--side", `${data.side ?? 96}px`);
  root.replaceChildren(...data.images.map(tile));
}
