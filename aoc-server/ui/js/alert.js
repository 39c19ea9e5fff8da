// What an alert is: an event of ours whose record names a rule, how bad it is, and the events that made it.
import { h, quoted, visible } from "./dom.js";
import { counted, lengthName, number } from "./format.js";
import { link } from "./links.js";
import { ALERTS } from "./state.js";

/**
 * @typedef {{rule: string, subject: string, severity: string, title: string, entity?: string, matched: number, events: string[],
 *   reasons: string[], labels: string[], description?: string, delay_seconds?: number}} Alert
 */

/** How bad it can be, worst first. */
export const SEVERITIES = ["critical", "high", "medium", "low", "informational"];
/** A delay that is worth a word, in seconds. */
const LATE = 15 * 60;
/** How many events are listed at first. */
const FEW = 10;

/** The alert that an event is, or null. @param {import("./api.js").Event & {raw?: any}} event @returns {Alert | null} */
export function alertOf({ source, raw }) {
  const is = source === "aoc" && typeof raw?.rule === "string" && typeof raw.severity === "string" && Array.isArray(raw.events);
  return is ? raw : null;
}

/** How bad it is, by word and colour. @param {string} severity */
export function severityMark(severity) {
  return h("span", { class: `severity ${SEVERITIES.includes(severity) ? severity : "low"}` }, visible(severity));
}

/** Where it is worth saying: how long after the event the vendor delivered it. @param {Alert} alert */
export function lateness({ delay_seconds = 0 }) {
  return delay_seconds >= LATE ? `delivered ${lengthName(delay_seconds)} late` : "";
}

/** What the panel of its event says of an alert. @param {Alert} alert */
export function alertSection(alert) {
  const labels = (alert.labels ?? []).map((label) => h("span", { class: "tag" }, visible(label)));
  return h("section", { class: "alert", "aria-label": "Alert" }, h("h3", {}, "Alert"),
    alert.description && h("p", { class: "prose" }, quoted(alert.description)),
    h("dl", { class: "facts" },
      row("Severity", severityMark(alert.severity)),
      row("Rule", link({ view: ALERTS, rule: alert.rule, event: "" }, { title: "Show this rule" }, quoted(alert.rule))),
      alert.entity && row("About", quoted(alert.entity)),
      lateness(alert) && row("Delay", h("span", { class: "late" }, lateness(alert))),
      labels.length > 0 && row("Labels", ...labels),
      alert.reasons?.length > 0 && row("Why", h("ul", { class: "reasons" }, alert.reasons.map((reason) => h("li", {}, quoted(reason)))))),
    matched(alert));
}

/** The events that made it. @param {Alert} alert */
function matched({ events, matched }) {
  const count = Math.max(matched ?? 0, events.length);
  const lines = events.map((key, i) => h("li", { hidden: i >= FEW }, link({ event: key }, { class: "mono" }, quoted(key))));
  const more = h("button", { type: "button", class: "more", onclick: () => {
    for (const line of lines) line.hidden = false;
    more.remove();
  } }, `Show all ${number(events.length)}`);
  return [h("p", { class: "sentence" }, `Made by ${counted(count, "event")}${count > events.length ? `; the first ${number(events.length)} are named` : ""}:`),
    h("ul", { class: "keys" }, lines), events.length > FEW && more];
}

/** @param {string} name @param {...Node} values */
function row(name, ...values) {
  return h("div", {}, h("dt", {}, name), h("dd", {}, values));
}
