// The view that answers questions: from what is stored, each sentence with the events that prove it.
import { Latest, words } from "./api.js";
import { showChips } from "./chips.js";
import { ofTheModel, phrase, sentences } from "./claims.js";
import { h, quoted, replace, visible } from "./dom.js";
import { counted, number } from "./format.js";
import { changesOf, link } from "./links.js";
import { EventList } from "./list.js";
import { eventsOf, planSection } from "./plan.js";
import { apiParams, ASK, empty, filtered, filterKey, href } from "./state.js";
import { ask } from "./stream.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {{value: string, count: number}} Counted
 * @typedef {{answer: string, claims: import("./claims.js").Claim[], events: import("./claims.js").Told[], llm_used: boolean, llm_error: string|null,
 *   query_info: {plan: import("./plan.js").Plan, total_matched: number, event_count: number, left_out: number,
 *     counts: Record<"service"|"operation"|"result"|"actor", Counted[]>}}} Answer
 */

const EXAMPLES = [
  "What happened in the last 24 hours?", "Which operations failed in the last 7 days?", "Who changed users in the last 30 days?",
  "How many sign-ins failed this week?", "Who was given a role this month?", "When was the last failed event?",
];
/** @type {[keyof Answer["query_info"]["counts"], string][]} */
const COUNTS = [["result", "Results"], ["service", "Services"], ["operation", "Operations"], ["actor", "Actors"]];
/** How many values of each are shown. */
const TOP = 5;
/** How many answers are kept, for the way back. */
const KEPT = 20;
/** The numbers of events behind a sentence that is not yet complete. */
const CITED = / (\[\d*\]?)+( and \d+ more)?$/;
/** What stands before the keys of these events. */
const EVENTS = "\n\nEvents:";

export class Ask {
  #host;
  #go;
  #answered;
  #list;
  #features;
  /** Whether the next question came with the page's address: a link of others must not use up tokens. */ #isLinked = true;
  #state = empty();
  #key = "";
  #asking = new Latest();
  /** What was heard of the answer, and how it is shown. */ #text = "";
  /** @type {string[]} */ #lines = [];
  /** From where an event was opened. @type {Element | null} */ #opener = null;
  /** @type {Map<string, Answer>} */ #answers = new Map();
  #question = h("textarea", { id: "question", rows: 2, maxlength: 4000, autocomplete: "off", enterkeyhint: "go", placeholder: "Who changed users yesterday?",
    onkeydown: (/** @type {KeyboardEvent} */ event) => this.#enter(event) });
  #submit = h("button", { type: "submit", class: "button primary" }, "Ask");
  #stop = h("button", { type: "button", class: "button", hidden: true, onclick: () => this.#stopped() }, "Stop");
  #chips = h("nav", { class: "chips", "aria-label": "Filters of the question" });
  #limits = h("div");
  #status = h("p", { class: "hint", role: "status" });
  #heard = h("div", { class: "heard", "aria-live": "polite" });
  #answer = h("div", { class: "answered", tabindex: -1 });
  #looked = h("div", { class: "box looked" });

  /**
   * @param {HTMLElement} host
   * @param {{current: () => State, go: (changes: Partial<State>) => void, answered: () => void, features: Promise<{llm_configured?: boolean}>}} page
   */
  constructor(host, { current, go, answered, features }) {
    this.#features = features;
    this.#host = host;
    this.#go = go;
    this.#answered = answered;
    this.#list = new EventList(this.#looked, (key) => href(current(), { event: key }));
    this.#list.leads = false;
    host.addEventListener("click", ({ target }) => (this.#opener = target instanceof Element ? target.closest("a") : null));
    const form = h("form", { class: "ask", onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#ask();
    } }, h("h2", {}, h("label", { for: "question" }, "Ask about the events")), h("p", { class: "asking-row" }, this.#question, this.#submit, this.#stop));
    replace(host, [form, this.#status, this.#chips, this.#limits, this.#heard, this.#answer]);
  }

  /** @param {State} state */
  show(state) {
    const before = this.#state.question;
    this.#host.hidden = state.view !== ASK;
    if (state.view !== ASK) return;
    this.#state = state;
    showChips(this.#chips, state);
    replace(this.#limits, limits(state));
    if (state.question !== before) this.#question.value = state.question;
    const key = JSON.stringify([state.question, state.plan, filterKey(state)]);
    if (key !== this.#key) this.#read(key);
    this.#list.relink();
    this.#list.markOpen(state.event);
  }

  /** Asks again, where the view is open. */
  read() {
    this.#answers.delete(this.#key);
    if (!this.#host.hidden) this.#read(this.#key);
  }

  /** @param {string} key */
  around(key) {
    return this.#list.around(key);
  }

  /** @param {string} key @param {number} by */
  neighbour(key, by) {
    return this.#list.neighbour(key, by);
  }

  /** Sets the focus where an event was opened from. @param {string} key */
  focus(key) {
    const opener = this.#opener;
    if (opener instanceof HTMLElement && opener.isConnected && changesOf(opener)?.event === key) opener.focus();
    else this.#list.focus(key);
  }

  /** A new question; the same one is asked again. */
  #ask() {
    const question = this.#question.value.trim();
    if (!question) return this.#question.focus();
    this.#isLinked = false;
    if (question === this.#state.question && !this.#state.plan) return this.read();
    this.#go({ question, plan: "", event: "" });
  }

  /** @param {KeyboardEvent} event */
  #enter(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#ask();
  }

  /** Shows what the address asks, from memory where it is known. @param {string} key */
  async #read(key) {
    this.#key = key;
    this.#asking.cancel();
    this.#clear();
    const { question, plan } = this.#state;
    if (!question && !plan) return replace(this.#answer, [examples()]);
    const known = this.#answers.get(key);
    if (known) return this.#fill(known);
    if (this.#isLinked && (await this.#features).llm_configured) return this.#busy(false, "Press “Ask”: the question came with a link, and goes to a language model.");
    this.#isLinked = false;
    if (key !== this.#key) return;
    this.#busy(true, "Looking at the events…");
    try {
      const answer = await this.#asking.run((signal) => ask(bodyOf(this.#state), (text) => this.#hear(text), signal));
      if (!answer) return;
      this.#keep(key, answer);
      this.#busy(false, `Answered: ${counted(answer.query_info.total_matched, "event")} found.`);
      this.#fill(answer);
    } catch (error) {
      this.#broken(words(error));
    }
  }

  #clear() {
    this.#busy(false, "");
    this.#text = "";
    this.#lines = [];
    replace(this.#heard, []);
    replace(this.#answer, []);
  }

  /** Adds what is known of the answer; what was said before stays as it is and is not read aloud again. @param {string} piece */
  #hear(piece) {
    this.#text += piece;
    for (const [i, line] of this.#text.split(EVENTS, 1)[0].split("\n").entries()) {
      const said = line.replace(CITED, "");
      const paragraph = this.#heard.children[i] ?? this.#heard.appendChild(h("p"));
      if (this.#lines[i] !== said) replace(paragraph, phrase(said));
      this.#lines[i] = said;
    }
  }

  /** @param {Answer} answer */
  #fill({ claims, events, llm_used, llm_error, query_info: { plan, total_matched, event_count, counts } }) {
    const notes = new Set((plan.notes ?? []).map((note) => `Note: ${note}`));
    const said = claims.filter(({ text }) => !notes.has(text));
    replace(this.#heard, []);
    replace(this.#answer, [
      h("section", { class: "stream", "aria-label": "Answer" }, sentences(said, events), ofTheModel(claims, llm_error, llm_used)),
      planSection(plan, total_matched, this.#go),
      total_matched > 1 && countsSection(counts, plan),
      events.length > 0 && h("section", { "aria-label": "Events looked at" }, h("div", { class: "section-head" }, h("h3", {}, "Events looked at"),
        h("span", { class: "hint" }, event_count < total_matched ? `${number(event_count)} of ${number(total_matched)}; the others were counted` : `all ${number(event_count)}`)), this.#looked),
    ]);
    const items = /** @type {any[]} */ (events);
    // What was followed or sent to ask this is gone, and the focus with it.
    if (document.activeElement === document.body) this.#answer.focus({ preventScroll: true });
    this.#list.fill({ items, total: items.length, next_cursor: null }, new URLSearchParams(), h("p"));
    this.#list.markOpen(this.#state.event);
    this.#answered();
  }

  /** @param {string} key @param {Answer} answer */
  #keep(key, answer) {
    const [oldest] = this.#answers.keys();
    if (this.#answers.size >= KEPT) this.#answers.delete(oldest);
    this.#answers.set(key, answer);
  }

  #stopped() {
    this.#asking.cancel();
    this.#broken("", "Stopped.");
    this.#question.focus();
  }

  /** Says why there is no whole answer; what was heard of it stays. @param {string} problem @param {string} [status] */
  #broken(problem, status = "") {
    this.#busy(false, status);
    const heard = this.#text !== "";
    replace(this.#answer, [
      problem && h("p", { class: "notice", role: "alert" }, visible(problem), heard && " What came of it until then stands above."),
      h("p", {}, h("button", { type: "button", class: "button", onclick: () => this.read() }, "Ask again")),
    ]);
  }

  /** @param {boolean} busy @param {string} status */
  #busy(busy, status) {
    this.#stop.hidden = !busy;
    this.#host.classList.toggle("asking", busy);
    this.#status.textContent = status;
  }
}

/** The question with the page's filters as the API takes them. @param {State} state */
function bodyOf(state) {
  const { question, plan, actor, search, source, tenant, end, include_tags, exclude_tags } = state;
  const start = apiParams(state, Date.now()).get("start");
  return {
    question, plan: plan ? planOf(plan) : undefined, utc_offset_minutes: -new Date().getTimezoneOffset(),
    services: state.service, operation: state.operation, result: state.result, source, tenant, include_tags, exclude_tags, search,
    actor: actor || undefined, start: start || undefined, end: end || undefined,
  };
}

/** A plan that is no JSON is the server's to refuse. @param {string} text */
function planOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What the page's filters mean for the answer. @param {State} state */
function limits(state) {
  return [filtered(state) && h("p", { class: "hint" }, "These filters limit the answer; they go before what the question says.")];
}

function examples() {
  return h("section", { class: "examples", "aria-label": "Examples" }, h("h3", {}, "For example"),
    h("ul", {}, EXAMPLES.map((question) => h("li", {}, link({ view: ASK, question, plan: "" }, { class: "chip" }, question)))),
    h("p", { class: "hint" }, "Answers are made of stored events only, and every sentence names its events. Name a time, a service, a person or what was done."));
}

/** @param {Answer["query_info"]["counts"]} counts @param {import("./plan.js").Plan} plan */
function countsSection(counts, plan) {
  const line = (/** @type {string} */ by, /** @type {Counted} */ { value, count }) =>
    h("li", {}, link({ ...eventsOf(plan), [by]: by === "actor" ? value : [value] }, {}, quoted(value)), h("span", {}, number(count)));
  return h("section", { class: "stream", "aria-label": "Counts" }, h("h3", {}, "Counts"), h("div", { class: "found" },
    COUNTS.map(([by, title]) => counts[by].length > 0 && h("div", {}, h("h4", {}, title), h("ul", { class: "actors" }, counts[by].slice(0, TOP).map((one) => line(by, one)),
      counts[by].length > TOP && h("li", { class: "also" }, `and ${number(counts[by].length - TOP)} more`))))));
}
