// How a question was understood, in words; every part can be taken away, and all of it edited.
import { h, quoted, replace } from "./dom.js";
import { briefTime, number, spanName } from "./format.js";
import { link } from "./links.js";
import { INTENTS, PlanForm } from "./plan-form.js";
import { ASK, empty, LISTS } from "./state.js";

/**
 * @typedef {Partial<Record<import("./state.js").ListName, string[]>> & {actor?: string, search?: string}} PlanFilter
 * @typedef {{intent: string, filter: PlanFilter, range: {words?: string, start?: string, end: string}, group_by?: string,
 *   limit: number, order: string, notes?: string[]}} Plan
 * @typedef {Partial<import("./state.js").State>} Changes
 */

/** What comes at the end of time. */
const NEVER = "9999";
/** @type {Record<import("./state.js").ListName, string>} */
const NAMES = {
  service: "Service", operation: "Operation", result: "Result", source: "Source", tenant: "Tenant", include_tags: "Tag", exclude_tags: "Without tag",
};

/** The list of events with what a plan looks for. @param {Plan} plan @returns {Changes} */
export function eventsOf({ filter, range }) {
  return { ...empty(), ...filter, start: range.start ?? "", end: ended(range.end) };
}

/** The plan in place of the question and of the page's filters, which are in it. @param {Plan} plan @returns {Changes} */
export function rerun({ notes, ...plan }) {
  const { question, event, ...filters } = empty();
  return { ...filters, view: ASK, plan: JSON.stringify(plan) };
}

/** @param {Plan} plan @param {number} total how many events it finds @param {(changes: Changes) => void} go */
export function planSection(plan, total, go) {
  const place = h("div");
  const edit = h("button", { type: "button", class: "button", "aria-expanded": "false", onclick: () => show(place.childElementCount === 0) }, "Edit");
  const show = (/** @type {boolean} */ open) => {
    const form = open ? new PlanForm(plan, (edited) => go(rerun(edited)), () => show(false)) : null;
    replace(place, [form && form.element]);
    edit.setAttribute("aria-expanded", String(open));
    if (form) form.focus();
    else edit.focus();
  };
  const notes = plan.notes ?? [];
  return h("section", { class: "stream plan", "aria-label": "How the question was read" },
    h("div", { class: "section-head" }, h("h3", {}, "How the question was read"),
      h("span", { class: "buttons" }, edit, link(eventsOf(plan), { class: "button" }, total === 1 ? "Show this event" : `Show these ${number(total)} events`))),
    h("p", { class: "parts" }, parts(plan)),
    notes.length > 0 && h("ul", { class: "remarks" }, notes.map((note) => h("li", {}, quoted(note)))), place);
}

/** @param {Plan} plan */
function parts(plan) {
  const { intent, filter, range, group_by, limit, order } = plan;
  const without = (/** @type {Partial<Plan>} */ changed) => ({ ...plan, ...changed });
  const filterless = (/** @type {PlanFilter} */ changed) => without({ filter: { ...filter, ...changed } });
  const asked = INTENTS[intent] ?? intent;
  const lists = LISTS.flatMap((name) => {
    const values = filter[name] ?? [];
    return values.map((value) => part(NAMES[name], value, filterless({ [name]: values.filter((other) => other !== value) })));
  });
  return [
    part("Asks", group_by ? `${asked}, by ${group_by}` : asked),
    part("Time", span(range), range.start ? without({ range: { end: range.end } }) : undefined),
    ...lists,
    filter.actor && part("Actor", filter.actor, filterless({ actor: undefined })),
    filter.search && part("Search", filter.search, filterless({ search: undefined })),
    part("Tells", `at most ${number(limit)}, the ${order} first`),
  ].filter(Boolean);
}

/** A part in words; with a plan, a link that takes it away. @param {string} name @param {string} value @param {Plan} [without] */
function part(name, value, without) {
  const words = [h("span", { class: "chip-name" }, name), quoted(value)];
  if (!without) return h("span", { class: "chip fixed" }, words);
  return link(rerun(without), { class: "chip", title: `Ask without this part: ${name}` }, words,
    h("span", { class: "chip-x", "aria-hidden": true }, "×"), h("span", { class: "hidden" }, " (remove)"));
}

/** @param {Plan["range"]} range */
function span({ words, start, end }) {
  const until = ended(end);
  const times = start ? spanName(start, until) : until ? `before ${briefTime(until)}` : "all";
  return words ? `${words}: ${times}` : times;
}

/** @param {string} end */
function ended(end) {
  return end.startsWith(NEVER) ? "" : end;
}
