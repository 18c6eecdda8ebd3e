// Elements of HTML and of SVG, with their attributes and children; text is only ever text.

const NAMESPACE = "http://www.w3.org/2000/svg";

/** @typedef {Record<string, string | number | boolean>} Attributes */

/**
 * An element of SVG.
 * @template {keyof SVGElementTagNameMap} Name
 * @param {Name} name
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 * @returns {SVGElementTagNameMap[Name]}
 */
export const el = (name, attributes = {}, ...children) => {
  const node = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  node.append(...children);
  return node;
};

/**
 * Words in an SVG.
 * @param {string | number} words
 * @param {Attributes} attributes
 */
export const label = (words, attributes) => el("text", attributes, String(words));

/**
 * An element of HTML; `text` among its attributes is what it says.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export const html = (name, attributes = {}, ...children) => {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "text") node.textContent = String(value);
    else node.setAttribute(key, String(value));
  }
  node.append(...children);
  return node;
};

/**
 * A button, and what it does.
 * @param {string} text
 * @param {Attributes} attributes
 * @param {() => void} act
 */
export const button = (text, attributes, act) => {
  const node = html("button", { type: "button", ...attributes, text });
  node.onclick = act;
  return node;
};

/**
 * The pen of a canvas.
 * @param {HTMLCanvasElement} canvas
 * @returns {CanvasRenderingContext2D}
 */
export const penOf = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
