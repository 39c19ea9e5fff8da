// The views, the search box and the time range.
import { byId, h, replace } from "./dom.js";
import { ALERTS, ASK, COMPLETENESS, href, RANGES, SINKS } from "./state.js";

/** @typedef {import("./state.js").State} State */

const TYPING_PAUSE = 250;

/** @type {[string, string][]} */
const VIEWS = [["", "Events"], [ASK, "Ask"], [ALERTS, "Alerts"], [SINKS, "Sinks"], [COMPLETENESS, "Completeness"]];

/** What was asked last: where the link to that view leads from the others. */
let asked = { question: "", plan: "" };

/** Links to the views, which keep the filters, and the name of the one that is shown. @param {State} state */
export function showViews(state) {
  const host = /** @type {HTMLElement} */ (document.querySelector(".views"));
  const asking = state.view === ASK;
  if (asking) asked = { question: state.question, plan: state.plan };
  const about = asking ? { question: "", plan: "" } : asked;
  replace(host, VIEWS.map(([view, name]) =>
    h("a", { "data-key": `view ${view}`, href: href(state, { ...about, view, event: "", rule: "" }), "aria-current": state.view === view ? "page" : null }, name)));
  const name = VIEWS.find(([view]) => view === state.view)?.[1] ?? "";
  document.body.dataset.view = name.toLowerCase();
  byId("events").setAttribute("aria-label", name);
  document.title = state.view ? `${name} – AOC` : "AOC – Admin Operations Center";
}

/** The search box. Tells `onSearch` what is looked for, a moment after the typing stops. */
export class SearchBox {
  #input = /** @type {HTMLInputElement} */ (byId("search"));
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;

  /** @param {(text: string, how: {more: boolean}) => void} onSearch */
  constructor(onSearch) {
    let more = false;
    const tell = () => {
      this.#stop();
      onSearch(this.#input.value.trim(), { more });
      more = true;
    };
    this.#input.addEventListener("input", () => {
      this.#stop();
      this.#timer = setTimeout(tell, TYPING_PAUSE);
    });
    this.#input.addEventListener("focus", () => (more = false));
    this.#input.form?.addEventListener("submit", (event) => {
      event.preventDefault();
      tell();
    });
    document.addEventListener("keydown", (event) => this.#focusOnSlash(event));
  }

  /** Takes what was typed but not yet told, or null. */
  takePending() {
    if (this.#timer === undefined) return null;
    this.#stop();
    return this.#input.value.trim();
  }

  /** @param {State} state */
  show(state) {
    if (this.#timer === undefined && this.#input.value.trim() !== state.search) this.#input.value = state.search;
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** @param {KeyboardEvent} event */
  #focusOnSlash(event) {
    const typing = event.target instanceof Element && event.target.matches("input, textarea, select");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#input.focus();
    this.#input.select();
  }
}

/** The time ranges as links, and a small form for one's own. */
export class TimeRange {
  #host = /** @type {HTMLElement} */ (document.querySelector(".range"));
  #go;
  #open = false;

  /** @param {(href: string) => void} go */
  constructor(go) {
    this.#go = go;
    document.addEventListener("click", (event) => {
      const inside = event.composedPath().includes(this.#host);
      if (this.#open && !inside) this.#toggle(false);
    });
    this.#host.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.#open) return;
      event.stopPropagation();
      this.#toggle(false);
      /** @type {HTMLElement | null} */ (this.#host.querySelector("button"))?.focus();
    });
  }

  /** @param {State} state */
  show(state) {
    const own = Boolean(state.start || state.end);
    const link = (/** @type {string} */ range, /** @type {string} */ text, /** @type {string} */ title) =>
      h("a", { "data-key": `range ${range}`, href: href(state, { range, start: "", end: "" }), title, "aria-current": !own && state.range === range ? "true" : null }, text);
    this.#open = false;
    replace(this.#host, [
      ...Object.keys(RANGES).map((range) => link(range, range, `The last ${range.replace("h", " hours").replace("d", " days")}`)),
      link("", "All", "All times"),
      h("button", { type: "button", "data-key": "range own", "aria-expanded": "false", "aria-current": own ? "true" : null, onclick: () => this.#toggle(!this.#open) }, "Custom"),
      this.#form(state),
    ]);
  }

  /** @param {boolean} open */
  #toggle(open) {
    this.#open = open;
    const form = this.#host.querySelector("form");
    if (!form) return;
    form.hidden = !open;
    this.#host.querySelector("button")?.setAttribute("aria-expanded", String(open));
    if (open) form.querySelector("input")?.focus();
  }

  /** @param {State} state */
  #form(state) {
    const from = h("input", { type: "datetime-local", step: 1, value: localInput(state.start) });
    const to = h("input", { type: "datetime-local", step: 1, value: localInput(state.end) });
    const complaint = h("p", { class: "complaint", role: "alert" });
    const apply = (/** @type {Event} */ event) => {
      event.preventDefault();
      const [start, end] = [utc(from.value), utc(to.value)];
      if (start && end && start >= end) complaint.textContent = "“From” must be before “to”.";
      else this.#go(href(state, { start, end, range: "" }));
    };
    return h("form", { class: "popover", hidden: true, onsubmit: apply },
      h("label", {}, "From", from), h("label", {}, "To (not included)", to), complaint,
      h("p", { class: "hint" }, `In your time zone, ${Intl.DateTimeFormat().resolvedOptions().timeZone}. Either may stay empty.`),
      h("button", { type: "submit", class: "button primary" }, "Show this time"));
  }
}

/** A time of an input, in UTC. @param {string} value */
export function utc(value) {
  return value ? new Date(value).toISOString().replace(".000Z", "Z") : "";
}

/** A time as `datetime-local` wants it: local, no zone. @param {string} time */
export function localInput(time) {
  const date = new Date(time);
  if (!time || Number.isNaN(date.getTime())) return "";
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
