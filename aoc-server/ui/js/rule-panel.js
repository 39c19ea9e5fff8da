// One rule: what it looks for, trying it, and changing it where it is stored.
import { severityMark } from "./alert.js";
import { getText, send, words } from "./api.js";
import { Backtest } from "./backtest.js";
import { agreed } from "./dialog.js";
import { h, quoted, replace, visible } from "./dom.js";
import { jsonView } from "./json.js";
import { counts, looksFor } from "./rule-words.js";
import { originName, stateMark } from "./rules.js";

/** @typedef {import("./rules.js").Rule} Rule */
/** @typedef {import("./rules.js").Actions} Actions */

/** What the server tells about a rule beside the rule. */
const ABOUT = ["origin", "file", "language", "editable", "in_force"];

export class RulePanel {
  #actions;
  /** @type {Rule | null} */ #rule = null;
  #written = "";
  #backtest = new Backtest((days) => JSON.stringify({ id: this.#rule?.id, days }));
  #complaint = h("p", { class: "complaint", role: "alert" });
  #title = h("h3", { tabindex: -1 });
  #element = h("article", { class: "stream rule", "aria-label": "Rule" });

  /** @param {Actions} actions */
  constructor(actions) {
    this.#actions = actions;
  }

  focus() {
    this.#title.focus({ preventScroll: true });
  }

  /** The panel of a rule; what was tried stays while the rule does. @param {Rule} rule */
  show(rule) {
    const written = JSON.stringify(rule);
    if (written === this.#written) return this.#element;
    this.#backtest.clear();
    this.#rule = rule;
    this.#written = written;
    this.#complaint.textContent = "";
    replace(this.#title, [quoted(rule.name)]);
    const close = h("button", { type: "button", class: "button icon", "aria-label": "Close the rule", title: "Close", onclick: () => this.#actions.close() }, "×");
    replace(this.#element, [
      h("div", { class: "rule-head" }, severityMark(rule.severity), this.#title, close),
      rule.description && h("p", { class: "prose" }, quoted(rule.description)),
      facts(rule), conditions(rule),
      this.#buttons(rule), this.#complaint, this.#backtest.element,
      rule.language === "native" && h("details", { class: "as-json" }, h("summary", {}, "As JSON"), jsonView(JSON.stringify(plain(rule)))),
    ]);
    return this.#element;
  }

  /** @param {Rule} rule */
  #buttons(rule) {
    const { name, enabled, file, origin } = rule;
    if (!rule.editable) {
      const how = origin === "starter" ? "It comes with AOC." : `It stands in ${visible(file)}; change it there.`;
      return h("p", { class: "hint" }, how, " To switch it off, name it under ", h("code", {}, "disabled"), " in ", h("code", {}, "[alerts]"), ".");
    }
    const sure = [h("span", {}, "Delete the rule ", quoted(name), "? Its alerts stay.")];
    return h("p", { class: "buttons" },
      h("button", { type: "button", class: "button", "data-key": "edit", onclick: () => this.#actions.edit(rule) }, "Edit"),
      h("button", { type: "button", class: "button", "data-key": "switch", onclick: () => this.#try(async () => this.#actions.saved(await this.#switch(rule))) }, enabled ? "Switch off" : "Switch on"),
      h("button", { type: "button", class: "button danger", "data-key": "delete", onclick: async () => (await agreed(sure, "Delete")) && this.#try(() => this.#delete(rule)) }, "Delete"));
  }

  /** Reads the rule anew before it is replaced: it may have changed meanwhile. @param {Rule} rule @returns {Promise<Rule>} */
  async #switch({ id, enabled }) {
    const current = JSON.parse(await getText(addressOf(id)));
    return send("PUT", addressOf(id), JSON.stringify({ ...plain(current), enabled: !enabled }));
  }

  /** @param {Rule} rule */
  async #delete({ id }) {
    await send("DELETE", addressOf(id));
    await this.#actions.deleted();
  }

  /** @param {() => Promise<void>} work */
  async #try(work) {
    this.#complaint.textContent = "";
    try {
      await work();
    } catch (error) {
      this.#complaint.textContent = visible(words(error));
    }
  }
}

/** @param {string} id */
export function addressOf(id) {
  return `/api/rules/${encodeURIComponent(id)}`;
}

/** The rule alone. @param {Rule} rule @returns {Partial<Rule>} */
export function plain(rule) {
  return Object.fromEntries(Object.entries(rule).filter(([name]) => !ABOUT.includes(name)));
}

/** @param {Rule} rule */
function facts(rule) {
  const row = (/** @type {string} */ name, /** @type {any[]} */ ...values) => h("div", {}, h("dt", {}, name), h("dd", {}, values));
  return h("dl", { class: "facts" },
    row("State", stateMark(rule)), row("ID", quoted(rule.id, { class: "mono" })), row("From", quoted(originName(rule))),
    rule.labels?.length && row("Labels", ...rule.labels.map((label) => h("span", { class: "tag" }, visible(label)))));
}

/** @param {Rule} rule */
function conditions(rule) {
  if (rule.language !== "native") {
    return h("p", { class: "hint" }, "A Sigma rule. Its conditions stand in its file; “Why (not)?” in the panel of an event shows what each of them saw.");
  }
  const [all, more] = [looksFor(rule), counts(rule)];
  return h("section", { "aria-label": "Conditions" }, h("h4", {}, "Looks for events of which all of this holds"),
    h("ul", { class: "conditions" }, (all.length ? all : ["every event"]).map((words) => h("li", {}, quoted(words)))),
    more.map((words) => h("p", { class: "sentence" }, quoted(words.charAt(0).toUpperCase() + words.slice(1)), ".")));
}
