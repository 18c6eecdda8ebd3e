// A grid of images that can be picked; the picked ids are the component's state.

import { html } from "../shared/dom.js";
import { rootOf } from "../shared/mount.js";

/** @import { GalleryData, Picture } from "../types.js" */
/** @import { Mount } from "../shared/mount.js" */

/** @param {Mount<GalleryData>} mount */
export default function ({ data, parentElement, setStateValue }) {
  const root = rootOf(parentElement, "gallery");
  const shown = data.images.map((image) => [image.id, image.blob ?? image.src, image.title, image.caption]);
  const key = JSON.stringify([shown, data.picked, data.single]);
  if (root.dataset.key === key) return;
  root.dataset.key = key;
  root.style.setProperty("--side", `${data.side}px`);
  const picked = new Set(data.picked);
  const tiles = data.images.map(tile);
  const mark = () => {
    data.images.forEach(({ id }, place) => tiles[place].setAttribute("aria-pressed", String(picked.has(id))));
  };
  data.images.forEach(({ id }, place) => {
    tiles[place].onclick = () => {
      pick(picked, id, data.single);
      mark();
      setStateValue("picked", [...picked]);
    };
  });
  mark();
  root.replaceChildren(...tiles);
}

/**
 * Pick an image, or let it go; of a single one, instead of any other.
 * @param {Set<number>} picked
 * @param {number} id
 * @param {boolean} single
 */
const pick = (picked, id, single) => {
  const was = picked.has(id);
  if (single) picked.clear();
  if (was) picked.delete(id);
  else picked.add(id);
};

/** @param {Picture} image */
const tile = ({ src, blob, title, caption }) => {
  const picture = html("img", { src: src ?? `/api/image/${blob}`, alt: title, loading: "lazy" });
  const node = html("button", { type: "button", title }, picture);
  if (caption) node.append(html("span", { text: caption }));
  return node;
};
