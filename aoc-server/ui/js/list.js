// The list of events, newest first, read page by page.
import { get, Latest } from "./api.js";
import { h, quoted, replace, visible } from "./dom.js";
import { clockTime, counted, dayKey, dayName, hue, number, timeElement } from "./format.js";

/** @typedef {import("./api.js").Event} Event */

const PAGE = 100;
/** How long a row keeps the focus before it is opened, when another event is open. */
const REVIEW_PAUSE = 120;
const COLUMNS = ["Time", "Service", "Operation", "Result", "Actor", "Target", "Summary"];

export class EventList {
  /** Whether it is what the view is about: it shows the row of the event that is open, wherever that was opened from. */ leads = true;
  /** @type {Map<string, Event>} */ #events = new Map();
  /** @type {string | null} */ #cursor = null;
  #params = new URLSearchParams();
  #total = 0;
  #day = "";
  #open = "";
  #more = new Latest();
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #review;
  #linkTo;
  #table = h("table", { class: "events" }, head());
  #shown = h("span", { class: "shown" });
  #foot = h("div", { class: "foot" });
  #button = h("button", { type: "button", class: "button", id: "load-more", onclick: () => this.loadMore() });
  #complaint = h("p", { class: "complaint", role: "alert" });
  #host;

  /** @param {HTMLElement} host @param {(key: string) => string} linkTo */
  constructor(host, linkTo) {
    this.#host = host;
    this.#linkTo = linkTo;
    this.#foot.append(this.#button, this.#shown, this.#complaint);
    this.#table.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#key(event));
    this.#table.addEventListener("click", followRow);
  }

  /** @param {import("./api.js").Hits} hits @param {URLSearchParams} params @param {Element} whenEmpty */
  fill(hits, params, whenEmpty) {
    this.#more.cancel();
    this.#events.clear();
    this.#params = params;
    this.#total = hits.total;
    this.#day = "";
    this.#table.replaceChildren(head());
    this.#add(hits);
    replace(this.#host, hits.items.length ? [this.#table, this.#foot] : [whenEmpty]);
    this.markOpen(this.#open);
  }

  /** Shows this instead of events. @param {Element} element */
  showInstead(element) {
    this.#more.cancel();
    this.#events.clear();
    this.#cursor = null;
    replace(this.#host, [element]);
  }

  /** Adds the next page. */
  async loadMore() {
    if (this.#cursor === null) return;
    const params = new URLSearchParams(this.#params);
    params.set("cursor", this.#cursor);
    this.#button.disabled = true;
    this.#complaint.textContent = "";
    try {
      const hits = await this.#more.run((signal) => readPage(params, signal));
      if (hits) this.#add(hits);
    } catch (error) {
      this.#complaint.textContent = `The next events could not be read. ${/** @type {Error} */ (error).message}`;
    } finally {
      this.#button.disabled = false;
    }
  }

  /** The event before or after another in the list; reads on where the list ends. @param {string} key @param {number} by */
  async neighbour(key, by) {
    const keys = [...this.#events.keys()];
    const index = keys.indexOf(key);
    if (index < 0) return undefined;
    if (keys[index + by] === undefined && by > 0 && this.#cursor !== null) {
      await this.loadMore();
      return [...this.#events.keys()][index + by];
    }
    return keys[index + by];
  }

  /** Which neighbours there are. @param {string} key */
  around(key) {
    const index = [...this.#events.keys()].indexOf(key);
    return { before: index > 0, after: index >= 0 && (index < this.#events.size - 1 || this.#cursor !== null) };
  }

  /** Marks the row of the event that is open. @param {string} key */
  markOpen(key) {
    this.#open = key;
    this.#table.querySelector("tr[aria-current]")?.removeAttribute("aria-current");
    const link = this.#link(key) ?? this.#links()[0];
    if (!link) return;
    this.#rove(link);
    if (link.dataset.key !== key) return;
    link.closest("tr")?.setAttribute("aria-current", "true");
    if (this.leads) link.scrollIntoView({ block: "nearest" });
  }

  /** Sets the focus on the row of an event, if it is there. @param {string} key */
  focus(key) {
    this.#link(key)?.focus();
  }

  /** Writes the rows' links anew, after the filters changed. */
  relink() {
    for (const link of this.#links()) link.href = this.#linkTo(link.dataset.key ?? "");
  }

  /** @param {import("./api.js").Hits} hits */
  #add({ items, next_cursor }) {
    this.#cursor = next_cursor;
    for (const event of items) {
      if (this.#events.has(event.dedupe_key)) continue;
      this.#events.set(event.dedupe_key, event);
      this.#bodyFor(event.timestamp).append(this.#row(event));
    }
    const left = this.#total - this.#events.size;
    this.#button.hidden = next_cursor === null;
    this.#button.textContent = `Load ${number(Math.min(PAGE, Math.max(left, 1)))} more`;
    this.#shown.textContent = next_cursor === null ? `All ${counted(this.#events.size, "event")} shown` : `${number(this.#events.size)} of ${number(this.#total)} shown`;
  }

  /** The table's part for a day, begun when it is a new one. @param {string} time */
  #bodyFor(time) {
    if (dayKey(time) !== this.#day) {
      this.#day = dayKey(time);
      this.#table.append(h("tbody", {}, h("tr", { class: "day" }, h("th", { colspan: 5, scope: "rowgroup" }, dayName(time)), h("td", { class: "c-target" }), h("td", { class: "c-summary" }))));
    }
    return this.#table.lastElementChild;
  }

  /** @param {Event} event */
  #row(event) {
    const actor = event.actor_display ?? event.actor_upn ?? "";
    const [target = "", ...others] = event.target_displays ?? [];
    return h("tr", { class: "row", title: visible(event.display_summary) },
      h("td", { class: "c-time" }, timeElement(event.timestamp, clockTime)),
      h("td", { class: "c-service" }, h("i", { class: `dot ${hue(event.service)}` }), quoted(event.service)),
      h("td", { class: "c-operation" }, h("a", { href: this.#linkTo(event.dedupe_key), "data-key": event.dedupe_key, tabindex: -1 }, quoted(event.operation))),
      h("td", { class: "c-result" }, resultMark(event.result)),
      h("td", { class: "c-actor" }, quoted(actor)),
      h("td", { class: "c-target" }, quoted(target), others.length > 0 && h("span", { class: "others" }, ` +${others.length}`)),
      h("td", { class: "c-summary" }, quoted(event.display_summary), (event.tags ?? []).map((tag) => h("span", { class: "tag" }, visible(tag)))));
  }

  /** @returns {HTMLAnchorElement[]} */
  #links() {
    return [...this.#table.querySelectorAll("a[data-key]")];
  }

  /** @param {string} key @returns {HTMLAnchorElement | null} */
  #link(key) {
    return key ? this.#table.querySelector(`a[data-key="${CSS.escape(key)}"]`) : null;
  }

  /** Makes one row's link the only one the tab key reaches. @param {HTMLElement} link */
  #rove(link) {
    for (const other of this.#table.querySelectorAll('a[tabindex="0"]')) other.tabIndex = -1;
    link.tabIndex = 0;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const links = this.#links();
    const at = links.indexOf(/** @type {HTMLAnchorElement} */ (document.activeElement));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1, PageDown: at + 15, PageUp: at - 15 }[event.key];
    if (to === undefined || at < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const link = links[Math.min(Math.max(to, 0), links.length - 1)];
    this.#rove(link);
    link.focus();
    clearTimeout(this.#review);
    if (this.#open) this.#review = setTimeout(() => follow(link), REVIEW_PAUSE);
  }
}

/** A click anywhere in a row follows its link, unless text is being selected. @param {MouseEvent} event */
export function followRow(event) {
  const target = /** @type {Element} */ (event.target);
  const link = target.closest("tr.row")?.querySelector("a");
  if (!link || target.closest("a, button") || String(getSelection())) return;
  follow(link, event);
}

/** One page of events without their raw records. @param {URLSearchParams} params @param {AbortSignal} signal @returns {Promise<import("./api.js").Hits>} */
export function readPage(params, signal) {
  const asked = new URLSearchParams(params);
  asked.set("page_size", String(PAGE));
  asked.set("raw", "false");
  return get("/api/events", asked, signal);
}

/** A result by word, shape and colour. @param {string} result */
export function resultMark(result) {
  const known = ["success", "failure", "partial"].includes(result) ? result : "unknown";
  return h("span", { class: `result ${known}` }, h("i", { "aria-hidden": true }, { success: "✓", failure: "✕", partial: "◐", unknown: "?" }[known]), h("span", {}, visible(result)));
}

/** Clicks a link as the mouse would. @param {HTMLElement} link @param {{ctrlKey?: boolean, metaKey?: boolean}} [keys] */
function follow(link, { ctrlKey, metaKey } = {}) {
  link.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, detail: 1, ctrlKey, metaKey }));
}

function head() {
  return h("thead", {}, h("tr", {}, COLUMNS.map((name) => h("th", { scope: "col", class: `c-${name.toLowerCase()}` }, name))));
}
