// Sentences with the events that prove them.
import { sentence as capital } from "./api.js";
import { h, quoted, visible } from "./dom.js";
import { briefTime, counted, number, timeElement } from "./format.js";
import { link } from "./links.js";

/**
 * @typedef {{dedupe_key: string, timestamp: string, service: string, operation: string, result: string, actor_display: string|null,
 *   actor_upn: string|null, actor_ip: string|null, target_displays: string[], display_summary: string}} Told  an event in short
 * @typedef {{text: string, events: string[], status: "stored"|"verified"|"corrected"|"removed", reason?: string}} Claim
 */

/** How many sentences, and events of one, are shown at first. */
const FEW = 12;
const CITED = 5;
/** Times in sentences: that of an event, at the beginning, and those of a range. */
const TIMES = /^(\d{4}-\d\d-\d\dT[\d:]+(?:Z|[+-]\d\d:\d\d)):(?= )|(\d{4}-\d\d-\d\d \d\d:\d\d [+-]\d\d:\d\d)/;
const TIME = /^\d{4}-\d\d-\d\d[T ][\d:]+(?:Z| ?[+-]\d\d:\d\d)$/;

/** The sentences that stand, each with links to its events. @param {Claim[]} claims @param {Told[]} told what is known of events @param {string} [own] an event that needs no link */
export function sentences(claims, told, own = "") {
  const standing = claims.filter(({ status }) => status !== "removed");
  /** @type {Map<string, number>} */
  const numbers = new Map();
  const known = new Map(told.map((event) => [event.dedupe_key, event]));
  const items = standing.map((claim) => sentence(claim, claim.events.filter((key) => key !== own).map((key) => {
    numbers.set(key, numbers.get(key) ?? numbers.size + 1);
    return reference(key, numbers.get(key) ?? 0, known.get(key));
  })));
  return [h("ul", { class: "sentences" }, items), folded(items, FEW, `Show all ${counted(items.length, "sentence")}`)];
}

/** What a model said and the events do not, folded; and why it did not help. @param {Claim[]} claims @param {string|null} error @param {boolean} used */
export function ofTheModel(claims, error, used) {
  const reasons = claims.filter(({ status }) => status === "removed").map(({ reason }) => reason ?? "");
  return [
    used && h("p", { class: "hint" }, "Sentences with a mark are by a language model and were checked against their events; the others are made of what is stored."),
    error && h("p", { class: "remark" }, visible(capital(error)), used ? " What it said until then was checked." : "", " All else is made of what is stored."),
    reasons.length > 0 && h("details", { class: "left-out" },
      h("summary", {}, `${counted(reasons.length, "sentence")} ${reasons.length === 1 ? "was" : "were"} left out, because the events do not say so`),
      h("ul", { class: "remarks" }, reasons.map((reason) => h("li", {}, quoted(reason))))),
  ];
}

/** A sentence, with its times in the reader's zone. @param {string} text */
export function phrase(text) {
  return text.split(TIMES).filter(Boolean).map((part) => (TIME.test(part) ? timeElement(part.replace(" ", "T").replace(" ", ""), briefTime) : quoted(part)));
}

/** An event in a line. @param {Told} event @param {string | null | undefined} about the word it ends with */
export function eventLine({ dedupe_key, timestamp, operation, result, display_summary }, about) {
  const failed = result === "failure" && h("span", { class: "bad" }, " failed");
  return h("li", { title: visible(display_summary) }, h("span", { class: "also" }, timeElement(timestamp, briefTime)), " ",
    link({ event: dedupe_key }, {}, quoted(operation)), failed, h("span", { class: "also" }, " ", quoted(about ?? "")));
}

/** Hides all but the first and returns the button that shows them, if it is needed. @param {HTMLElement[]} items @param {number} few @param {string} label */
export function folded(items, few, label) {
  for (const item of items.slice(few)) item.hidden = true;
  const more = h("button", { type: "button", class: "more", onclick: () => {
    for (const item of items) item.hidden = false;
    const next = items[few];
    next.tabIndex = next.matches("a") ? 0 : -1;
    next.focus();
    more.remove();
  } }, label);
  return items.length > few && more;
}

/** @param {Claim} claim @param {HTMLElement[]} links */
function sentence({ text, status, reason }, links) {
  const more = folded(links, CITED, `+${number(links.length - CITED)}`);
  return h("li", { class: text.startsWith("Note: ") ? "hint" : null }, phrase(text), " ", h("span", { class: "refs" }, links, more), mark(status, reason),
    status === "corrected" && reason && h("span", { class: "hint" }, " ", quoted(reason)));
}

/** @param {string} key @param {number} count @param {Told | undefined} event */
function reference(key, count, event) {
  const about = visible(event?.display_summary ?? key);
  return link({ event: key }, { class: "ref", title: about, "aria-label": `Event ${count}: ${about}` }, count);
}

/** Whether a model said it, and what became of it. @param {Claim["status"]} status @param {string} [reason] */
function mark(status, reason) {
  if (status === "verified") return h("span", { class: "mark good", title: "Said by a language model, and found in the events it names" }, "✓ checked");
  if (status === "corrected") return h("span", { class: "mark late", title: visible(reason ?? "What was wrong was replaced by what is stored") }, "✓ corrected");
  return null;
}
