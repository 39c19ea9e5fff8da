// Why a rule makes an alert of an event, or none.
import { get, Latest, words } from "./api.js";
import { h, quoted, replace, visible } from "./dom.js";
import { addressOf } from "./rule-panel.js";

/** @typedef {{condition: string, holds: boolean, saw?: string[], steps?: Step[]}} Step */
/** @typedef {{rule: string, title: string, matches: boolean, enabled: boolean, step: Step, remarks: string[]}} WhyNot */

/** @param {string} key of the event */
export function whySection(key) {
  const answer = h("div", { class: "why-answer", role: "status" });
  const chooser = h("div", { class: "why-choice" });
  const button = h("button", { type: "button", class: "button", onclick: () => offer(key, button, chooser, answer) }, "Why (not)?");
  return h("section", { class: "why", "aria-label": "Rules" }, h("div", { class: "section-head" }, h("h3", {}, "Rules"), button), chooser, answer);
}

/** Offers the rules that are in force. @param {string} key @param {HTMLButtonElement} button @param {HTMLElement} chooser @param {HTMLElement} answer */
async function offer(key, button, chooser, answer) {
  button.disabled = true;
  try {
    /** @type {import("./rules.js").RuleList} */
    const { items } = await get("/api/rules");
    const rules = items.filter(({ in_force }) => in_force).sort((a, b) => a.name.localeCompare(b.name));
    if (rules.length === 0) return replace(answer, [h("p", { class: "hint" }, "No rule is in force.")]);
    const reading = new Latest();
    const select = h("select", { id: "why-rule", onchange: () => ask(reading, select.value, key, answer) }, h("option", { value: "" }, "Choose a rule…"),
      rules.map(({ id, name }) => h("option", { value: id }, visible(name))));
    replace(chooser, [h("label", { for: "why-rule" }, "Rule"), select]);
    button.hidden = true;
    select.focus();
  } catch (error) {
    replace(answer, [notice(error)]);
  } finally {
    button.disabled = false;
  }
}

/** @param {Latest} reading @param {string} rule @param {string} key @param {HTMLElement} answer */
async function ask(reading, rule, key, answer) {
  reading.cancel();
  if (!rule) return replace(answer, []);
  try {
    /** @type {WhyNot | undefined} */
    const why = await reading.run((signal) => get(`${addressOf(rule)}/why-not`, new URLSearchParams({ event: key }), signal));
    if (why) replace(answer, shown(why));
  } catch (error) {
    replace(answer, [notice(error)]);
  }
}

/** @param {WhyNot} why */
function shown({ matches, step, remarks }) {
  const sentence = matches ? "The rule looks for this event." : "The rule does not look for this event.";
  return [h("p", {}, h("b", {}, sentence)),
    remarks.length > 0 && h("ul", { class: "remarks" }, remarks.map((remark) => h("li", {}, quoted(remark)))),
    h("ul", { class: "steps" }, condition(step))];
}

/** @param {Step} step @returns {HTMLElement} */
function condition({ condition: text, holds, saw = [], steps = [] }) {
  const seen = saw.length > 0 ? [" – saw ", ...saw.flatMap((value, i) => [i > 0 && ", ", quoted(value, { class: "mono" })])] : steps.length === 0 && !holds ? [" – saw nothing"] : [];
  return h("li", { class: holds ? "holds" : "fails" },
    h("i", { "aria-hidden": true }, holds ? "✓" : "✕"), h("span", { class: "hidden" }, holds ? "Holds: " : "Does not hold: "),
    h("span", {}, quoted(text), h("span", { class: "saw" }, seen)),
    steps.length > 0 && h("ul", { class: "steps" }, steps.map(condition)));
}

/** @param {unknown} error */
function notice(error) {
  return h("p", { class: "notice", role: "alert" }, "The rules could not be asked. ", visible(words(error)));
}
