// What Streamlit gives a component, and the one view that a component keeps in its element from run to run of the page.

/**
 * @template Data
 * @typedef {object} Mount
 * @property {Data} data
 * @property {HTMLElement & { host?: Element }} parentElement
 * @property {(name: string, value: unknown) => void} setStateValue
 * @property {(name: string, value: unknown) => void} setTriggerValue
 */

/** @type {WeakMap<Element, any>} */
const VIEWS = new WeakMap();

/**
 * The element in which a component draws.
 * @param {ParentNode} parent
 * @param {string} name
 */
export const rootOf = (parent, name) => /** @type {HTMLElement} */ (parent.querySelector(`.${name}`));

/**
 * The view of an element, made when there is none.
 * @template View
 * @param {Element} parent
 * @param {() => View} make
 * @returns {View}
 */
export const viewIn = (parent, make) => {
  if (!VIEWS.has(parent)) VIEWS.set(parent, make());
  return VIEWS.get(parent);
};

/**
 * The view of an element, if there is one.
 * @param {Element} parent
 */
export const viewOf = (parent) => VIEWS.get(parent);

/** @param {Element} parent an element whose component leaves */
export const forget = (parent) => {
  VIEWS.delete(parent);
};
