// The table of what an event changed.
import { h, quoted } from "./dom.js";
import { counted, valueText } from "./format.js";

/** @typedef {import("./api.js").Change} Change */

const LONG = 220;
const MANY_LINES = 7;

/** @param {Change[]} changes */
export function changesSection(changes) {
  return h("section", { class: "changes", "aria-label": "Changes" },
    h("h3", {}, counted(changes.length, "change")),
    h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Property"), h("th", { scope: "col" }, "Old"), h("th", { scope: "col" }, "New"))),
      byTarget(changes).map(([target, group]) => body(target, group))));
}

/** Neighbouring changes of one target together. @param {Change[]} changes @returns {[string, Change[]][]} */
function byTarget(changes) {
  /** @type {[string, Change[]][]} */
  const groups = [];
  for (const change of changes) {
    const last = groups[groups.length - 1];
    if (last && last[0] === (change.target ?? "")) last[1].push(change);
    else groups.push([change.target ?? "", [change]]);
  }
  return groups;
}

/** @param {string} target @param {Change[]} group */
function body(target, group) {
  return h("tbody", {},
    target && h("tr", { class: "change-target" }, h("th", { colspan: 3, scope: "rowgroup" }, quoted(target))),
    group.map((change) => h("tr", {}, h("th", { scope: "row" }, quoted(change.property)), cell(change.old, "old"), cell(change.new, "new"))));
}

/** @param {unknown} value @param {"old" | "new"} side */
function cell(value, side) {
  const text = valueText(value);
  if (text === "") return h("td", { class: "absent" }, value === "" ? "empty" : "none");
  const shown = quoted(text, { class: "value" });
  if (text.length <= LONG && text.split("\n").length <= MANY_LINES) return h("td", { class: side }, shown);
  return h("td", { class: side }, folded(shown));
}

/** @param {HTMLElement} value */
function folded(value) {
  value.classList.add("folded");
  const button = h("button", { type: "button", class: "more", "aria-expanded": "false", onclick: () => {
    const isFolded = value.classList.toggle("folded");
    button.setAttribute("aria-expanded", String(!isFolded));
    button.textContent = isFolded ? "Show all" : "Show less";
  } }, "Show all");
  return [value, button];
}
