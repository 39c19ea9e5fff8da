// Edits a plan.
import { h } from "./dom.js";
import { localInput, utc } from "./header.js";

/** @typedef {import("./plan.js").Plan} Plan */

/** What can be asked for. @type {Record<string, string>} */
export const INTENTS = {
  list: "What happened", count: "How many", who: "Who did it", which: "Which ones", first: "The first event", last: "The last event", when: "When it happened",
};
const GROUPS = ["service", "operation", "result", "actor", "source", "tenant", "tag", "target", "address"];
const RESULTS = ["success", "failure", "partial", "unknown"];
/** Filters without fields of their own. */
const OTHERS = /** @type {const} */ (["source", "tenant", "include_tags", "exclude_tags"]);

export class PlanForm {
  #plan;
  #complaint = h("p", { class: "complaint", role: "alert" });
  #intent; #group; #order; #limit; #from; #to; #services; #operations; #results; #actor; #search; #others;

  /** @param {Plan} plan @param {(plan: Plan) => void} run @param {() => void} cancel */
  constructor(plan, run, cancel) {
    this.#plan = plan;
    const { filter, range } = plan;
    this.#intent = select(Object.entries(INTENTS), plan.intent);
    this.#group = select([["", "–"], ...GROUPS.map((group) => /** @type {[string, string]} */ ([group, group]))], plan.group_by ?? "");
    this.#order = select([["newest", "newest"], ["oldest", "oldest"]], plan.order);
    this.#limit = h("input", { type: "number", min: 1, max: 500, required: true, value: plan.limit });
    this.#from = time(range.start ?? "");
    this.#to = time(range.end);
    this.#services = lines(filter.service);
    this.#operations = lines(filter.operation);
    this.#results = RESULTS.map((result) => h("input", { type: "checkbox", value: result, checked: filter.result?.includes(result) }));
    this.#actor = h("input", { value: filter.actor ?? "" });
    this.#search = h("input", { value: filter.search ?? "" });
    this.#others = h("textarea", { class: "code", rows: 6, spellcheck: "false" }, JSON.stringify(Object.fromEntries(OTHERS.map((name) => [name, filter[name] ?? []])), null, 2));
    this.#intent.addEventListener("change", () => this.#fit());
    this.#fit();
    this.element = h("form", { class: "plan-form", "aria-label": "Edit the plan", onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#submit(run);
    } }, this.#fields(), this.#complaint, h("p", { class: "buttons" },
      h("button", { type: "submit", class: "button primary" }, "Run again"), h("button", { type: "button", class: "button", onclick: cancel }, "Cancel")));
  }

  focus() {
    this.#intent.focus();
  }

  #fields() {
    return [
      field("Asks", this.#intent), field("By", this.#group), field("From", this.#from), field("To (not included)", this.#to),
      field("Services, one a line", this.#services), field("Operations, one a line", this.#operations, "* stands for anything"),
      field("Actor has", this.#actor), field("Words", this.#search),
      h("fieldset", {}, h("legend", {}, "Result"), this.#results.map((box, i) => h("label", {}, box, RESULTS[i]))),
      field("First", this.#order), field("Tells at most", this.#limit),
      h("details", {}, h("summary", {}, "Sources, tenants and tags, as JSON"), field("Other filters", this.#others)),
    ];
  }

  /** Only `which` chooses what it tells apart. */
  #fit() {
    const { value } = this.#intent;
    this.#group.disabled = value !== "which";
    if (value === "which" && !this.#group.value) this.#group.value = "target";
  }

  /** @param {(plan: Plan) => void} run */
  #submit(run) {
    try {
      run(this.#read());
    } catch (error) {
      this.#complaint.textContent = `Other filters: this is no JSON: ${/** @type {Error} */ (error).message}.`;
    }
  }

  /** @returns {Plan} */
  #read() {
    const { range } = this.#plan;
    const [start, end] = [edited(this.#from, range.start ?? ""), edited(this.#to, range.end) || range.end];
    const words = start === (range.start ?? "") && end === range.end ? range.words : undefined;
    const split = (/** @type {HTMLTextAreaElement} */ area) => area.value.split("\n").map((line) => line.trim()).filter(Boolean);
    const filter = {
      ...JSON.parse(this.#others.value || "{}"), service: split(this.#services), operation: split(this.#operations),
      result: this.#results.filter((box) => box.checked).map((box) => box.value),
      actor: this.#actor.value.trim() || undefined, search: this.#search.value.trim() || undefined,
    };
    const group = this.#intent.value === "which" ? this.#group.value : undefined;
    return { intent: this.#intent.value, filter, range: { words, start: start || undefined, end }, group_by: group || undefined, limit: Number(this.#limit.value), order: this.#order.value };
  }
}

/** A time that is not touched stays as exact as it was. @param {HTMLInputElement} input @param {string} before */
function edited(input, before) {
  return input.value === input.dataset.before ? before : utc(input.value);
}

/** @param {string} value */
function time(value) {
  const input = h("input", { type: "datetime-local", step: 1, value: localInput(value) });
  input.dataset.before = input.value;
  return input;
}

/** @param {string[]} [values] */
function lines(values = []) {
  return h("textarea", { rows: Math.min(Math.max(values.length, 2), 6), spellcheck: "false" }, values.join("\n"));
}

/** @param {[string, string][]} options @param {string} chosen */
function select(options, chosen) {
  return h("select", {}, options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
}

/** @param {string} name @param {HTMLElement} input @param {string} [hint] */
function field(name, input, hint) {
  return h("label", {}, h("span", {}, name), input, hint && h("small", { class: "hint" }, hint));
}
