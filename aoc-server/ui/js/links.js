// Links that change part of the address: what they leave alone is as it is when they are followed.
import { h } from "./dom.js";
import { empty, href } from "./state.js";

/** @typedef {Partial<import("./state.js").State>} Changes */

/** @type {WeakMap<Element, Changes>} */
const CHANGES = new WeakMap();

/** A link; opened elsewhere, it shows nothing but what it changes. @param {Changes} changes @param {import("./dom.js").Props} props @param {...any} children @returns {HTMLAnchorElement} */
export function link(changes, props, ...children) {
  const element = h("a", { href: href(empty(), changes), ...props }, ...children);
  CHANGES.set(element, changes);
  return element;
}

/** What a link changes; undefined for those that name a whole address. @param {Element} element */
export function changesOf(element) {
  return CHANGES.get(element);
}
