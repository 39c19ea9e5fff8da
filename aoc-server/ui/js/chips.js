// The active filters as chips, each a link that takes it away, and what to try when nothing is found.
import { h, quoted, replace } from "./dom.js";
import { empty, filtered, href, LISTS, toggled } from "./state.js";
import { spanName } from "./format.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {{name: string, value: string, without: Partial<State>}} Active */

/** @type {Record<import("./state.js").ListName, string>} */
const NAMES = {
  service: "Service", result: "Result", operation: "Operation", source: "Source", tenant: "Tenant",
  include_tags: "Tag", exclude_tags: "Without tag",
};

/** @param {Element} host @param {State} state */
export function showChips(host, state) {
  const chips = activeFilters(state).map(({ name, value, without }) =>
    h("a", { class: "chip", href: href(state, without), title: `Remove this filter: ${name} ${value}` },
      h("span", { class: "chip-name" }, name), quoted(value), h("span", { class: "chip-x", "aria-hidden": true }, "×"), h("span", { class: "hidden" }, " (remove)")));
  if (chips.length > 1) chips.push(h("a", { class: "chip-clear", href: cleared(state) }, "Clear all"));
  replace(host, chips);
}

/** Every filter that is set, with the change of state that unsets it. @param {State} state @returns {Active[]} */
export function activeFilters(state) {
  const lists = LISTS.flatMap((list) => state[list].map((value) => ({ name: NAMES[list], value, without: { [list]: toggled(state[list], value) } })));
  return [
    ...(state.search ? [{ name: "Search", value: state.search, without: { search: "" } }] : []),
    ...(state.range ? [{ name: "Last", value: state.range, without: { range: "" } }] : []),
    ...(state.start || state.end ? [{ name: "Time", value: spanName(state.start, state.end), without: { start: "", end: "" } }] : []),
    ...(state.actor ? [{ name: "Actor", value: state.actor, without: { actor: "" } }] : []),
    ...lists,
  ];
}

/** What an empty list says: what to try next. @param {State} state */
export function nothingFound(state) {
  if (!filtered(state)) return storeIsEmpty();
  const tries = activeFilters(state).map(({ name, value, without }) =>
    h("li", {}, h("a", { href: href(state, without) }, "Without ", h("b", {}, name), " ", quoted(value))));
  return h("div", { class: "blank" },
    h("h2", {}, "No event matches all of this"),
    h("p", {}, "Every word of a search must occur in the event. Some records reach Microsoft's feeds hours after they happened."),
    h("ul", {}, tries),
    tries.length > 1 && h("p", {}, h("a", { class: "button", href: cleared(state) }, "Remove all filters")));
}

function storeIsEmpty() {
  return h("div", { class: "blank" },
    h("h2", {}, "No events yet"),
    h("p", {}, "Events appear here as soon as a source has been read. To begin:"),
    h("ul", {},
      h("li", {}, h("code", {}, "aoc fetch"), " reads the configured sources now"),
      h("li", {}, h("code", {}, "aoc import PATH"), " reads files you already have"),
      h("li", {}, h("code", {}, "aoc demo"), " starts with sample events")));
}

/** @param {State} state */
function cleared(state) {
  const { event, view, question, plan } = state;
  return href(empty(), { event, view, question, plan });
}
