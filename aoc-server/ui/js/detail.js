// The panel of one event.
import { getText, Latest, Problem } from "./api.js";
import { alertOf, alertSection } from "./alert.js";
import { changesSection } from "./changes.js";
import { copyButton } from "./copy.js";
import { h, quoted, replace, visible } from "./dom.js";
import { explainSection } from "./explain.js";
import { factList, originList, searchFor } from "./facts.js";
import { fullTime, hue, timeElement } from "./format.js";
import { jsonView, memberText, pretty } from "./json.js";
import { resultMark } from "./list.js";
import { empty, href } from "./state.js";
import { whySection } from "./why.js";

/** @typedef {import("./api.js").Event} Event */
/** @typedef {import("./state.js").State} State */
/** @typedef {{close: () => void, step: (by: number) => void, around: (key: string) => {before: boolean, after: boolean}, staysOpen: () => boolean}} Actions */

export class Detail {
  #host;
  #actions;
  #latest = new Latest();
  #key = "";
  #state = empty();
  /** Links that filter, with what they change. @type {{link: HTMLAnchorElement, changes: Partial<State>}[]} */ #links = [];
  #title = h("h2", { tabindex: -1 });
  #body = h("div", { class: "detail-body" });
  #before = this.#stepButton("‹", "Previous event (newer)", -1);
  #after = this.#stepButton("›", "Next event (older)", 1);
  #permalink = h("a", { class: "button" }, "Permalink");

  /** @param {HTMLElement} host @param {Actions} actions */
  constructor(host, actions) {
    this.#host = host;
    this.#actions = actions;
    const close = h("button", { type: "button", class: "button icon", "aria-label": "Close", title: "Close (Esc)", onclick: () => actions.close() }, "×");
    const bar = h("div", { class: "detail-bar" }, this.#before, this.#after, h("span", { class: "spring" }), this.#permalink, copyButton("Copy link", () => new URL(this.#permalink.href).href), close);
    replace(host, [bar, this.#body]);
  }

  /** Shows the event the state names; reads it unless it is shown already. @param {State} state */
  async show(state) {
    this.#state = state;
    for (const { link, changes } of this.#links) link.href = this.#target(changes);
    if (state.event === this.#key) return;
    this.#key = state.event;
    this.#host.hidden = !state.event;
    this.#latest.cancel();
    if (!state.event) return;
    this.#permalink.href = href(empty(), { event: state.event });
    this.refreshSteps();
    await this.#read(state.event);
  }

  /** Moves the focus to the panel's heading, once there is one. */
  focus() {
    this.#title.focus();
  }

  /** Says anew whether there is an event before and after. */
  refreshSteps() {
    const { before, after } = this.#actions.around(this.#key);
    this.#before.disabled = !before;
    this.#after.disabled = !after;
  }

  /** @param {string} key */
  async #read(key) {
    this.#host.setAttribute("aria-busy", "true");
    try {
      const text = await this.#latest.run((signal) => getText(`/api/events/${encodeURIComponent(key)}`, undefined, signal));
      if (text !== undefined) this.#fill(JSON.parse(text), memberText(text, "raw") ?? "null");
    } catch (error) {
      this.#fail(key, error);
    }
    if (this.#key === key) this.#host.removeAttribute("aria-busy");
  }

  /** @param {Event} event @param {string} raw */
  #fill(event, raw) {
    this.#links = [];
    const alert = alertOf(event);
    this.#title.replaceChildren(quoted(event.operation));
    replace(this.#body, [
      h("div", { class: "detail-head" },
        h("p", { class: "detail-kind" }, h("i", { class: `dot ${hue(event.service)}` }), quoted(event.service), resultMark(event.result)),
        this.#title, h("p", { class: "sentence" }, quoted(event.display_summary))),
      event.revision_of && this.#revision(event.revision_of),
      alert && alertSection(alert),
      factList(event, (changes, title, child) => this.#link(changes, title, child)),
      event.changes?.length > 0 && changesSection(event.changes),
      event.comments?.length > 0 && comments(event.comments),
      explainSection(event.dedupe_key),
      event.source !== "aoc" && whySection(event.dedupe_key),
      rawSection(raw),
      h("section", { "aria-label": "Origin" }, h("h3", {}, "Origin"), originList(event)),
    ]);
    this.#body.scrollTo(0, 0);
  }

  /** @param {string} key @param {unknown} error */
  #fail(key, error) {
    this.#links = [];
    this.#title.textContent = error instanceof Problem && error.status === 404 ? "No such event" : "The event could not be read";
    const message = error instanceof Error ? error.message : String(error);
    replace(this.#body, [h("div", { class: "blank", role: "alert" }, this.#title, h("p", {}, message),
      h("p", {}, h("a", { class: "button", href: href(empty(), { search: searchFor(key) }) }, "Search for it")))]);
  }

  /** @param {string} of */
  #revision(of) {
    return h("p", { class: "remark" }, "A different record came under the same ID before: ",
      h("a", { href: href(this.#state, { event: of }) }, "see the first one"), ".");
  }

  /** @param {Partial<State>} changes @param {string} title @param {Node} child */
  #link(changes, title, child) {
    const link = h("a", { href: this.#target(changes), title }, child);
    this.#links.push({ link, changes });
    return link;
  }

  /** @param {Partial<State>} changes */
  #target(changes) {
    return href(this.#state, { ...changes, view: "", rule: "", event: this.#actions.staysOpen() ? this.#key : "" });
  }

  /** @param {string} sign @param {string} title @param {number} by */
  #stepButton(sign, title, by) {
    return h("button", { type: "button", class: "button icon", title, "aria-label": title, onclick: () => this.#actions.step(by) }, sign);
  }
}

/** @param {string} raw */
function rawSection(raw) {
  return h("section", { class: "raw", "aria-label": "Raw record" },
    h("div", { class: "section-head" }, h("h3", {}, "Raw record"), copyButton("Copy", () => pretty(raw))), jsonView(raw));
}

/** @param {import("./api.js").Comment[]} all */
function comments(all) {
  return h("section", { class: "comments", "aria-label": "Comments" }, h("h3", {}, "Comments"),
    all.map(({ text, author, at }) => h("blockquote", {}, h("p", {}, quoted(text)), h("footer", {}, visible(author), ", ", timeElement(at, fullTime)))));
}
