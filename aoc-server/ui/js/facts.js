// What an event says about itself: when, who, what. Every value is a link that filters by it.
import { h, quoted, visible } from "./dom.js";
import { fullTime, timeElement } from "./format.js";
import { empty } from "./state.js";

/**
 * @typedef {import("./api.js").Event} Event
 * @typedef {import("./state.js").State} State
 * @typedef {(changes: Partial<State>, title: string, child: Node) => HTMLElement} Link  makes a link that filters
 */

/** @param {Event} event @param {Link} link */
export function factList(event, link) {
  const by = (/** @type {keyof State} */ name, /** @type {string | null | undefined} */ value) =>
    value ? link({ [name]: name === "actor" ? value : [value] }, `Only this ${name}`, quoted(value)) : null;
  const find = (/** @type {string | null | undefined} */ value, /** @type {string} */ title) => (value ? link({ search: searchFor(value) }, title, quoted(value)) : null);
  const related = event.correlation_id ? link({ ...empty(), search: searchFor(event.correlation_id) }, "All events with this correlation ID, at any time", quoted(event.correlation_id)) : null;
  return h("dl", { class: "facts" },
    fact("When", timeElement(event.timestamp, fullTime), h("span", { class: "also" }, event.timestamp)),
    fact("Who", by("actor", event.actor_display), event.actor_upn !== event.actor_display && by("actor", event.actor_upn), alsoText(event.actor_type)),
    fact("From", find(event.actor_ip, "Events with this address")),
    fact("What", by("operation", event.operation), by("result", event.result)),
    fact(event.target_displays?.length > 1 ? "Targets" : "Target", ...(event.target_displays ?? []).map((target) => find(target, "Events with this text"))),
    fact("Correlation", related),
    fact("Service", by("service", event.service), by("source", event.source)),
    fact("Tenant", by("tenant", event.tenant)),
    fact("Tags", ...(event.tags ?? []).map((tag) => link({ include_tags: [tag] }, "Only events with this tag", h("span", { class: "tag" }, visible(tag))))),
    fact("Noted", ...(event.flags ?? []).map((flag) => h("span", { class: "flag", title: "Met while reading the record" }, visible(flag)))));
}

/** How the record came here and what it is called. @param {Event} event */
export function originList(event) {
  const mono = (/** @type {string | null | undefined} */ text) => (text ? quoted(text, { class: "mono" }) : null);
  return h("dl", { class: "facts origin" },
    fact("Available", event.available_at && timeElement(event.available_at, fullTime)),
    fact("Stored", event.ingested_at && timeElement(event.ingested_at, fullTime)),
    fact("ID", mono(event.id)),
    fact("Key", mono(event.dedupe_key)),
    fact("Read by", mono(event.normalizer)));
}

/** A search that finds this text as it stands: blanks kept together, quotation marks left out. @param {string} text */
export function searchFor(text) {
  const parts = text.split('"').map((part) => part.trim()).filter(Boolean);
  return parts.map((part) => (/\s/.test(part) || parts.length > 1 ? `"${part}"` : part)).join(" ");
}

/** A name with its values, or nothing where there is no value. @param {string} name @param {...any} values */
function fact(name, ...values) {
  const present = values.filter(Boolean);
  return present.length > 0 && h("div", {}, h("dt", {}, name), h("dd", {}, present.map((value) => h("span", { class: "fact" }, value))));
}

/** @param {string | null} text */
function alsoText(text) {
  return text ? h("span", { class: "also" }, visible(text)) : null;
}
