// The rules: a table of them, and one that is opened or written.
import { SEVERITIES, severityMark } from "./alert.js";
import { get } from "./api.js";
import { h, quoted, replace, visible } from "./dom.js";
import { counted } from "./format.js";
import { link } from "./links.js";
import { followRow } from "./list.js";
import { Refreshed } from "./refreshed.js";
import { RuleEditor } from "./rule-editor.js";
import { RulePanel } from "./rule-panel.js";
import { ALERTS } from "./state.js";

/**
 * @typedef {{id: string, name: string, message?: string, description?: string, enabled: boolean, severity: string, filter: Record<string, any>,
 *   conditions?: {field: string, op: string, value?: any}[], exclude_services?: string[], schedule?: any, threshold?: any, suppress?: any,
 *   labels?: string[], origin: "stored"|"file"|"starter", file: string, language: "native"|"sigma", editable: boolean, in_force: boolean}} Rule
 * @typedef {{origin: string, file?: string, id: string|null, title: string|null, reason: string, earlier_stays: boolean}} Refused
 * @typedef {{items: Rule[], refused: Refused[]}} RuleList
 * @typedef {{saved: (rule: Rule) => Promise<void>, deleted: () => Promise<void>, edit: (rule: Rule) => void, close: () => void}} Actions
 */

const ORIGINS = { stored: "stored", file: "file", starter: "starter pack" };
const LANGUAGES = { native: "AOC", sigma: "Sigma" };
const COLUMNS = ["Severity", "Rule", "Origin", "Language", "State"];

export class Rules {
  #go;
  #part;
  /** @type {RuleList} */ #answer = { items: [], refused: [] };
  #written = "";
  #read = false;
  #open = "";
  #rows = h("div", { class: "box" }, h("p", { class: "blank" }, "Reading the rules…"));
  #side = h("div", { class: "rule-side", hidden: true });
  #count = h("span", { class: "hint" });
  #panel;
  #editor;
  #heading = h("h2", { tabindex: -1 }, "Rules");

  /** @param {(changes: Partial<import("./state.js").State>) => void} go */
  constructor(go) {
    this.#go = go;
    /** @type {Actions} */
    const actions = { saved: (rule) => this.#saved(rule), deleted: () => this.#deleted(), edit: (rule) => this.#write(rule), close: () => this.#close() };
    this.#panel = new RulePanel(actions);
    this.#editor = new RuleEditor(actions);
    this.refused = h("div", { class: "refused" });
    const make = h("button", { type: "button", class: "button", onclick: () => this.#write(null) }, "New rule");
    this.element = h("section", { id: "rules", class: "rules", "aria-label": "Rules" },
      h("div", { class: "section-head" }, this.#heading, this.#count, make), h("div", { class: "rules-body" }, this.#side, this.#rows));
    this.#part = new Refreshed(this.#rows, (signal) => get("/api/rules", undefined, signal), (answer) => this.#fill(answer), (words) => this.#fail(words));
    this.#rows.addEventListener("click", followRow);
  }

  /** @param {boolean} open @param {string} id of the rule that is opened */
  show(open, id) {
    const another = this.#open !== id;
    this.#open = id;
    this.#part.show(open);
    if (!open || !another) return;
    this.#editor.leave();
    this.#showSide(true);
  }

  read() {
    return this.#part.read();
  }

  /** Goes to the rules, past a long list of alerts. @param {Event} event */
  reveal(event) {
    event.preventDefault();
    this.element.scrollIntoView({ block: "start" });
    this.#heading.focus({ preventScroll: true });
  }

  /** @param {RuleList} answer */
  #fill(answer) {
    const written = JSON.stringify(answer);
    if (written === this.#written) return;
    const first = !this.#read;
    [this.#written, this.#answer, this.#read] = [written, answer, true];
    const off = answer.items.filter(({ in_force }) => !in_force).length;
    this.#count.textContent = `${counted(answer.items.length, "rule")}${off ? `, ${off} of them off` : ""}`;
    replace(this.refused, answer.refused.map(refusal));
    replace(this.#rows, [answer.items.length ? table(answer.items) : h("p", { class: "blank" }, "No rules. The starter pack is switched off in [alerts], and none is stored.")]);
    this.#showSide(first);
  }

  /** @param {string} words */
  #fail(words) {
    this.#written = "";
    this.#count.textContent = "";
    replace(this.#rows, [h("p", { class: "notice", role: "alert" }, "The rules could not be read. ", visible(words))]);
  }

  /** Shows the rule that is open, or the one that is being written. @param {boolean} reveal whether the reader must be led there */
  #showSide(reveal) {
    const rule = this.#answer.items.find(({ id }) => id === this.#open);
    const missing = this.#open !== "" && !rule && this.#read;
    const shown = this.#editor.open ? this.#editor.element : rule ? this.#panel.show(rule) : missing ? h("p", { class: "notice" }, "There is no rule ", quoted(this.#open), ".") : null;
    this.#side.hidden = !shown;
    this.element.classList.toggle("writing", this.#editor.open);
    this.element.classList.toggle("with-rule", Boolean(shown));
    replace(this.#side, [shown]);
    for (const row of this.#rows.querySelectorAll("tr[data-rule]")) {
      if (row.getAttribute("data-rule") === this.#open) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
    if (!shown || !reveal) return;
    this.element.scrollIntoView({ block: "start" });
    if (rule && !this.#editor.open) this.#panel.focus();
  }

  /** @param {Rule | null} rule */
  #write(rule) {
    this.#editor.edit(rule);
    this.#showSide(true);
    this.#editor.focus();
  }

  /** @param {Rule} rule */
  async #saved(rule) {
    this.#editor.leave();
    await this.read();
    if (this.#open === rule.id) this.#showSide(true);
    else this.#go({ view: ALERTS, rule: rule.id });
  }

  async #deleted() {
    this.#go({ rule: "" });
    await this.read();
    this.#heading.focus();
  }

  #close() {
    const id = this.#open;
    if (this.#editor.open) {
      this.#editor.leave();
      return this.#showSide(Boolean(id));
    }
    this.#go({ rule: "" });
    /** @type {HTMLElement | null} */ (this.#rows.querySelector(`tr[data-rule="${CSS.escape(id)}"] a`))?.focus();
  }
}

/** @param {Rule[]} items */
function table(items) {
  const rank = (/** @type {Rule} */ rule) => SEVERITIES.indexOf(rule.severity);
  const sorted = [...items].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
  return h("table", { class: "rows" },
    h("thead", {}, h("tr", {}, COLUMNS.map((name) => h("th", { scope: "col", class: `r-${name.toLowerCase()}` }, name)))),
    h("tbody", {}, sorted.map((rule) => h("tr", { class: "row", "data-rule": rule.id },
      h("td", { class: "r-severity" }, severityMark(rule.severity)),
      h("td", { class: "r-rule" }, link({ view: ALERTS, rule: rule.id }, { "data-key": `rule ${rule.id}` }, quoted(rule.name))),
      h("td", { class: "r-origin", title: visible(rule.file) }, ORIGINS[rule.origin] ?? visible(rule.origin)),
      h("td", { class: "r-language" }, LANGUAGES[rule.language] ?? visible(rule.language)),
      h("td", { class: "r-state" }, stateMark(rule))))));
}

/** Whether a rule makes alerts. @param {Rule} rule */
export function stateMark({ enabled, in_force }) {
  const words = in_force ? "on" : enabled ? "off by configuration" : "off";
  return h("span", { class: `switch ${in_force ? "on" : ""}` }, words);
}

/** Where a rule comes from. @param {Rule} rule */
export function originName({ origin, file }) {
  if (origin === "stored") return "stored, can be changed here";
  return `${ORIGINS[origin] ?? origin}: ${file}`;
}

/** @param {Refused} refused */
function refusal({ origin, file, id, title, reason, earlier_stays }) {
  // A reason may name its place and its rule itself.
  const names = [origin === "stored" ? "stored" : file, title ?? id].filter((name) => name && !reason.includes(name));
  return h("p", { class: "notice" }, "A rule cannot be used: ", names.flatMap((name) => [quoted(name), ": "]), quoted(reason), ".",
    earlier_stays && " What the file said before stays in force.");
}
