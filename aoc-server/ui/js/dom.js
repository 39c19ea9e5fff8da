// Builds elements. There is no way here from a string to markup: event text can only become text.

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} Props */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An HTML element. Props are attributes; a function under `onclick`, `onkeydown` … becomes a listener.
 * @param {string} tag @param {Props} [props] @param {...(Child | Child[])} children @returns {any}
 */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** An SVG element, made like `h`. @param {string} tag @param {Props} [props] @param {...(Child | Child[])} children @returns {any} */
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

/** The element with this id, which the page must have. @param {string} id @returns {any} */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found;
}

/**
 * Puts children into a parent, touching nothing when they are there already in this order, and keeps the
 * focus on the element with the same `data-key`.
 * @param {Element} parent @param {Child[]} children
 */
export function replace(parent, children) {
  const next = children.filter(present);
  const same = parent.childNodes.length === next.length && next.every((node, i) => node === parent.childNodes[i]);
  if (same) return;
  const focused = document.activeElement;
  const key = focused && parent.contains(focused) ? focused.getAttribute("data-key") : null;
  parent.replaceChildren(.../** @type {Node[]} */ (next));
  if (key === null || parent.contains(document.activeElement)) return;
  /** @type {HTMLElement | null} */ (parent.querySelector(`[data-key="${CSS.escape(key)}"]`))?.focus();
}

/**
 * Text of an event, made safe to look at: characters that reorder, hide or break text are shown by number.
 * @param {unknown} text
 */
export function visible(text) {
  return String(text).replace(DECEIVING, (c) => `[U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);
}

/** A text of an event, isolated from the writing direction around it. @param {unknown} text @param {Props} [props] */
export function quoted(text, props = {}) {
  return h("bdi", props, visible(text));
}

// Controls other than tab and line breaks, direction overrides and isolates, and the invisible blank.
const DECEIVING = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** @param {Child} child */
function present(child) {
  return child !== null && child !== undefined && child !== false;
}

/** @param {Element} element @param {Props} props @param {(Child | Child[])[]} children */
function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  const nodes = /** @type {(Node | string)[]} */ (children.flat().filter(present));
  element.append(...nodes);
  return element;
}
