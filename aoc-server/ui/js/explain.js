// Explains an event in its panel: what happened, whether it is usual, what it implies, what to do.
import { Latest, send, words } from "./api.js";
import { eventLine, folded, ofTheModel, sentences } from "./claims.js";
import { copyButton } from "./copy.js";
import { h, quoted, replace, visible } from "./dom.js";
import { number } from "./format.js";

/**
 * @typedef {import("./claims.js").Told} Told
 * @typedef {{event: Told, claims: import("./claims.js").Claim[], history?: {events: number, same_operation: number},
 *   implications: string[], next_steps: string[], inverse?: {language: string, text: string},
 *   related: {why: string, events: Told[]}[], related_count: number, llm_used: boolean, llm_error: string|null}} Explanation
 */

/** @type {Record<string, string>} */
const WHY = { same_action: "Of the same action", same_actor: "By the same actor, within an hour", same_target: "About the same target, within a day" };
const LANGUAGES = /** @type {Record<string, string>} */ ({ graph: "Microsoft Graph", power_shell: "PowerShell of Exchange Online" });
/** How many related events of a kind are shown at first. */
const FEW = 5;

/** What was explained since the page was opened, for the way back. @type {Map<string, Explanation>} */
const KNOWN = new Map();

/** @param {string} key of the event */
export function explainSection(key) {
  const answer = h("div", { class: "explanation", tabindex: -1 });
  const status = h("p", { class: "hint", role: "status" });
  const reading = new Latest();
  const button = h("button", { type: "button", class: "button", onclick: () => ask() }, "Explain");
  const fill = (/** @type {Explanation} */ explanation) => {
    button.hidden = true;
    replace(answer, shown(explanation));
  };
  const ask = async () => {
    status.textContent = "Looking at what happened around it…";
    try {
      const body = JSON.stringify({ utc_offset_minutes: -new Date().getTimezoneOffset() });
      /** @type {Explanation | undefined} */
      const explanation = await reading.run((signal) => send("POST", `/api/events/${encodeURIComponent(key)}/explain`, body, signal));
      if (!explanation) return;
      KNOWN.set(key, explanation);
      fill(explanation);
      answer.focus({ preventScroll: true });
    } catch (error) {
      replace(answer, [h("p", { class: "notice", role: "alert" }, "The event could not be explained. ", visible(words(error)))]);
    }
    status.textContent = "";
  };
  const known = KNOWN.get(key);
  if (known) fill(known);
  return h("section", { class: "explain", "aria-label": "Explanation" }, h("div", { class: "section-head" }, h("h3", {}, "Explanation"), button), status, answer);
}

/** @param {Explanation} explanation */
function shown({ event, claims, history, implications, next_steps, inverse, related, llm_used, llm_error }) {
  // What is listed as related, with its events, is not said twice.
  const said = claims.filter(({ text, status }) => status !== "stored" || !text.startsWith("Related: "));
  const told = related.flatMap(({ events }) => events);
  return [
    history && usual(history),
    ...sentences(said, told, event.dedupe_key), ...ofTheModel(claims, llm_error, llm_used),
    list("What it implies", implications), list("What to do next", next_steps),
    inverse && undo(inverse),
    ...related.map(({ why, events }) => relatedList(WHY[why] ?? why, events, why === "same_actor")),
  ];
}

/** Whether the actor does so; the numbers are in the sentences. @param {{events: number, same_operation: number}} history */
function usual({ events, same_operation }) {
  if (same_operation > 0) return h("p", {}, h("span", { class: "mark good" }, "Usual for this actor"));
  return h("p", {}, h("span", { class: "mark late" }, events === 0 ? "Unusual: nothing else by this actor in 30 days" : "Unusual: the first time in 30 days"));
}

/** @param {string} title @param {string[]} texts */
function list(title, texts) {
  return texts.length > 0 && h("div", {}, h("h4", {}, title), h("ul", { class: "conditions" }, texts.map((text) => h("li", {}, quoted(text)))));
}

/** @param {{language: string, text: string}} inverse */
function undo({ language, text }) {
  return h("div", { class: "undo" }, h("div", { class: "section-head" }, h("h4", {}, `How it could be undone, in ${LANGUAGES[language] ?? language}`), copyButton("Copy", () => text)),
    h("pre", { class: "code", tabindex: 0, "aria-label": "The call that undoes it" }, visible(text)),
    h("p", { class: "hint" }, "AOC never runs this. It is for people to read, check and run themselves."));
}

/** @param {string} title @param {Told[]} events @param {boolean} known whether the actor is the event's own */
function relatedList(title, events, known) {
  const lines = events.map((event) => eventLine(event, known ? event.target_displays[0] : event.actor_display ?? event.actor_upn));
  return h("div", { class: "related" }, h("h4", {}, `${title} (${number(events.length)})`), h("ul", {}, lines), folded(lines, FEW, `Show all ${number(events.length)}`));
}
