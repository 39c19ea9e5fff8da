// Writes a rule as JSON, tries it, and has the server store it.
import { Problem, send, words } from "./api.js";
import { Backtest } from "./backtest.js";
import { h, quoted, replace, visible } from "./dom.js";
import { addressOf, plain } from "./rule-panel.js";

/** @typedef {import("./rules.js").Rule} Rule */

const EXAMPLE = {
  name: "Mailbox forwards its mail",
  description: "Ask the owner whether it was meant.",
  severity: "high",
  filter: { source: "office365_activity", operation: "Set-Mailbox" },
  conditions: [{ field: "raw.Parameters[Name=ForwardingSmtpAddress].Value", op: "exists" }],
  labels: ["attack.t1114.003"],
};
/** What else a rule may say. */
const MORE = `"threshold": {"count": 3, "within": "1h", "group_by": ["actor"]},
"suppress": {"for": "4h", "by": ["actor"]},
"schedule": {"when": "outside", "days": ["mon", "fri"],
             "from": "08:00", "until": "18:00"},
"exclude_services": ["Teams"],
"enabled": false`;

export class RuleEditor {
  open = false;
  #actions;
  /** @type {Rule | null} */ #rule = null;
  /** A new rule that was begun and left. */ #draft = "";
  #title = h("h3");
  #text = h("textarea", { id: "rule-text", class: "code", rows: 22, spellcheck: "false", autocomplete: "off", autocapitalize: "off", "aria-describedby": "rule-answer" });
  #answer = h("div", { id: "rule-answer", class: "answer", role: "status" });
  #save = h("button", { type: "submit", class: "button primary" }, "Save");
  #backtest = new Backtest((days) => `{"rule": ${this.#json()}, "days": ${days}}`, (error) => this.#refused(error));

  /** @param {import("./rules.js").Actions} actions */
  constructor(actions) {
    this.#actions = actions;
    this.element = h("form", { class: "stream rule editor", "aria-label": "Rule editor", onsubmit: (/** @type {Event} */ event) => this.#submit(event) },
      h("div", { class: "rule-head" }, this.#title),
      h("div", { class: "editor-body" },
        h("div", { class: "editor-text" }, h("label", { for: "rule-text" }, "The rule, as JSON"), this.#text),
        h("div", { class: "editor-side" }, this.#answer,
          h("p", { class: "hint" }, "All conditions must hold. A rule may also say:"), h("pre", { class: "code" }, MORE),
          h("p", { class: "hint" }, h("a", { href: "/api/rules/schema", target: "_blank", rel: "noopener" }, "Every key, as JSON Schema")))),
      h("p", { class: "buttons" }, this.#save, h("button", { type: "button", class: "button", onclick: () => actions.close() }, "Cancel")),
      this.#backtest.element);
  }

  /** Begins to write: a rule, or a new one. @param {Rule | null} rule */
  edit(rule) {
    if (this.open && rule === this.#rule) return;
    this.open = true;
    this.#rule = rule;
    this.#title.replaceChildren(rule ? "Edit " : "New rule", rule ? quoted(rule.name) : "");
    this.#text.value = (!rule && this.#draft) || JSON.stringify(rule ? plain(rule) : EXAMPLE, null, 2);
    replace(this.#answer, [h("p", { class: "hint" }, rule ? "The server checks it when it is saved." : "This is an example; write your own over it. The server checks it when it is saved.")]);
    this.#backtest.clear();
  }

  /** Ends; a new rule that is not stored stays for the next time. */
  leave() {
    if (this.open && !this.#rule) this.#draft = this.#text.value;
    this.open = false;
  }

  focus() {
    this.#text.focus({ preventScroll: true });
    this.#text.setSelectionRange(0, 0);
  }

  /** What is written, where it is JSON. Sent as it stands: numbers keep their digits. */
  #json() {
    const text = this.#text.value;
    try {
      JSON.parse(text);
    } catch (error) {
      throw new Problem(`This is no JSON: ${/** @type {Error} */ (error).message}.`, 400);
    }
    return text;
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    if (this.#save.disabled) return;
    this.#save.disabled = true;
    replace(this.#answer, [h("p", { class: "hint" }, "Saving…")]);
    try {
      const text = this.#json();
      const saved = await (this.#rule ? send("PUT", addressOf(this.#rule.id), text) : send("POST", "/api/rules", text));
      await this.#actions.saved(saved);
      this.#draft = "";
    } catch (error) {
      this.#refused(error);
    }
    this.#save.disabled = false;
  }

  /** Says what is wrong, the member first where the server names one. @param {unknown} error */
  #refused(error) {
    const said = error instanceof Problem && error.status === 400 ? error.detail : words(error);
    const [, member, reason] = /^([\w.[\]]+): (.*)$/s.exec(said) ?? [];
    replace(this.#answer, [h("p", { class: "notice", role: "alert" }, member ? [h("code", {}, visible(member)), ": ", visible(reason)] : visible(said))]);
  }
}
