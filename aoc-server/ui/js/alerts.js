// The view of alerts: what was found in the time that is chosen, and the rules that find it.
import { alertOf, lateness, SEVERITIES, severityMark } from "./alert.js";
import { get } from "./api.js";
import { h, quoted, replace, visible } from "./dom.js";
import { briefTime, counted, fullTime, number, timeElement } from "./format.js";
import { link } from "./links.js";
import { followRow } from "./list.js";
import { Refreshed } from "./refreshed.js";
import { Rules } from "./rules.js";
import { ALERTS, apiParams, empty } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {{event: import("./api.js").Event, alert: import("./alert.js").Alert}} Found */

/** How many are read, and how many of them are shown at first. */
const MOST = 200;
const FEW = 15;
const COLUMNS = ["Time", "Severity", "Alert", "Actor", "Events", "Delay"];

export class Alerts {
  #host;
  #rules;
  #part;
  #state = empty();
  #asked = "";
  /** @type {Found[]} */ #found = [];
  #written = "";
  #all = false;
  #time = h("span", { "aria-live": "off" });
  #status = h("p", { class: "hint", role: "status" });
  #list = h("section", { "aria-label": "Alerts", class: "box" }, h("p", { class: "blank" }, "Reading the alerts…"));

  /** @param {HTMLElement} host @param {(changes: Partial<State>) => void} go */
  constructor(host, go) {
    this.#host = host;
    this.#rules = new Rules(go);
    this.#part = new Refreshed(this.#list, (signal) => this.#ask(signal), (hits) => this.#fill(hits), (words) => this.#fail(words));
    this.#list.addEventListener("click", followRow);
    replace(host, [this.#rules.refused, h("h2", {}, "Alerts"), this.#status, this.#list, this.#rules.element]);
  }

  /** @param {State} state */
  show(state) {
    const open = state.view === ALERTS;
    const asked = [state.range, state.start, state.end].join(" ");
    const another = open && !this.#host.hidden && this.#asked !== asked;
    this.#state = state;
    this.#host.hidden = !open;
    if (open) this.#asked = asked;
    if (another) this.#part.read();
    this.#part.show(open);
    this.#rules.show(open, state.rule);
    this.#mark();
  }

  /** Asks again, where the view is open. */
  read() {
    this.#part.read();
    this.#rules.read();
  }

  /** Which neighbours an alert has. @param {string} key */
  around(key) {
    const index = this.#keys().indexOf(key);
    return { before: index > 0, after: index >= 0 && index < this.#found.length - 1 };
  }

  /** @param {string} key @param {number} by */
  async neighbour(key, by) {
    const index = this.#keys().indexOf(key);
    return index < 0 ? undefined : this.#keys()[index + by];
  }

  /** @param {string} key */
  focus(key) {
    /** @type {HTMLElement | null} */ (this.#list.querySelector(`a[data-key="${CSS.escape(key)}"]`))?.focus();
  }

  #keys() {
    return this.#found.map(({ event }) => event.dedupe_key);
  }

  #span() {
    const { range, start, end } = this.#state;
    return { ...empty(), range, start, end };
  }

  /** @param {AbortSignal} signal @returns {Promise<import("./api.js").Hits>} */
  #ask(signal) {
    const params = apiParams({ ...this.#span(), service: ["AOC"], source: ["aoc"] }, Date.now());
    params.set("page_size", String(MOST));
    return get("/api/events", params, signal);
  }

  /** @param {import("./api.js").Hits} hits */
  #fill({ items, next_cursor }) {
    this.#found = items.flatMap((event) => {
      const alert = alertOf(event);
      return alert ? [{ event, alert }] : [];
    });
    replace(this.#time, ["as of ", timeElement(new Date().toISOString(), fullTime)]);
    // What has not changed is neither drawn nor read aloud again.
    const written = JSON.stringify([items, this.#asked]);
    if (written !== this.#written) {
      this.#say(next_cursor !== null);
      this.#write();
    }
    this.#written = written;
    this.#mark();
  }

  /** @param {string} words */
  #fail(words) {
    this.#found = [];
    this.#written = "";
    this.#status.replaceChildren();
    replace(this.#list, [h("p", { class: "notice", role: "alert" }, "The alerts could not be read. ", visible(words))]);
  }

  /** How many there are, by severity. @param {boolean} more whether there are older ones */
  #say(more) {
    const bad = SEVERITIES.map((severity) => ({ severity, count: this.#found.filter(({ alert }) => alert.severity === severity).length }));
    const total = more ? `The newest ${counted(this.#found.length, "alert")}` : this.#found.length === 0 ? "No alerts" : counted(this.#found.length, "alert");
    replace(this.#status, [
      h("span", { class: "total" }, total),
      ...bad.filter(({ count }) => count > 0).map(({ severity, count }) => h("span", { class: "by-severity" }, severityMark(severity), ` ${number(count)}`)),
      link({ ...this.#span(), service: ["AOC"] }, {}, "In the list of events"),
      h("a", { href: "#rules", onclick: (/** @type {Event} */ event) => this.#rules.reveal(event) }, "Rules"),
      this.#time,
    ]);
  }

  #write() {
    const shown = this.#all ? this.#found : this.#found.slice(0, FEW);
    const more = h("button", { type: "button", class: "more", "data-key": "all alerts", onclick: () => {
      this.#all = true;
      this.#write();
      this.#mark();
    } }, `Show all ${number(this.#found.length)}`);
    replace(this.#list, this.#found.length === 0 ? [this.#nothing()] : [
      h("table", { class: "rows alerts" },
        h("thead", {}, h("tr", {}, COLUMNS.map((name) => h("th", { scope: "col", class: `a-${name.toLowerCase()}` }, name)))),
        h("tbody", {}, shown.map(row))),
      shown.length < this.#found.length && h("p", { class: "foot" }, more),
    ]);
  }

  #nothing() {
    const { range, start, end } = this.#state;
    const everywhere = (range || start || end) && h("p", {}, link({ range: "", start: "", end: "" }, { class: "button" }, "Look at all times"));
    return h("div", { class: "blank" }, h("h3", {}, "No alerts in this time"),
      h("p", {}, "Rules look at events as they are stored. What they would have found before, a backtest of a rule says."), everywhere);
  }

  /** Marks the alert that is open. */
  #mark() {
    for (const row of this.#list.querySelectorAll("tr[aria-current]")) row.removeAttribute("aria-current");
    const open = this.#state.event && this.#list.querySelector(`a[data-key="${CSS.escape(this.#state.event)}"]`);
    if (open) open.closest("tr")?.setAttribute("aria-current", "true");
  }
}

/** @param {Found} found */
function row({ event, alert }) {
  const actor = event.actor_display ?? event.actor_upn ?? alert.entity ?? "";
  return h("tr", { class: "row", title: visible(event.display_summary) },
    h("td", { class: "a-time" }, timeElement(event.timestamp, briefTime)),
    h("td", { class: "a-severity" }, severityMark(alert.severity)),
    h("td", { class: "a-alert" }, link({ event: event.dedupe_key }, { "data-key": event.dedupe_key }, quoted(event.operation))),
    h("td", { class: "a-actor" }, quoted(actor)),
    h("td", { class: "a-events" }, number(Math.max(alert.matched ?? 0, alert.events.length)), h("span", { class: "unit" }, alert.matched === 1 ? " event" : " events")),
    h("td", { class: "a-delay" }, lateness(alert)));
}
