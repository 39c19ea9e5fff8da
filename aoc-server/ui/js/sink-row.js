// One sink in the table: its figures, and what can be done about it.
import { get, Problem, send, words } from "./api.js";
import { agreed } from "./dialog.js";
import { h, quoted, replace, visible } from "./dom.js";
import { counted, fullTime, lengthName, number, timeElement } from "./format.js";
import { link } from "./links.js";
import { filterWords } from "./rule-words.js";

/**
 * @typedef {{name: string, type: string, filter: Record<string, any>, state: string|null, position: number|null, behind: number, lag_seconds: number,
 *   delivered: number, set_aside: number, last_error: {kind: string, message: string, at: string}|null}} Sink
 * @typedef {{total: number, items: {position: number, id: string|null, summary: string|null, reason: string}[]}} Rejected
 */

/** What its loop is doing, in words. @type {Record<string, string>} */
const STATES = { starting: "starting", ok: "delivering", failing: "failing, tries again", stopped: "stopped", standby: "another process delivers" };

export class SinkRow {
  /** @type {Sink} */ #sink;
  #written = "";
  #reread;
  #figures = h("tr");
  #about = h("div", { class: "sink-about" });
  #buttons = h("p", { class: "buttons" });
  #said = h("div", { role: "status", class: "sink-said" });
  #refused = h("div", { class: "sink-refused" });
  #form;
  #from = h("input", { type: "date", required: true });

  /** @param {() => Promise<void>} reread asks the server how the sinks are doing */
  constructor(reread) {
    this.#reread = reread;
    this.#form = h("form", { class: "buttons", hidden: true, onsubmit: (/** @type {Event} */ event) => this.#replay(event) },
      h("label", {}, h("span", {}, "All that was stored since"), this.#from), h("button", { type: "submit", class: "button" }, "Replay…"));
    this.element = h("tbody", { class: "sink" }, this.#figures,
      h("tr", { class: "sink-more" }, h("td", { colspan: 5 }, this.#about, this.#buttons, this.#form, this.#said, this.#refused)));
  }

  /** @param {Sink} sink */
  show(sink) {
    const written = JSON.stringify(sink);
    if (written === this.#written) return;
    // What was listed is no longer what there is.
    if (this.#sink?.set_aside !== sink.set_aside) replace(this.#refused, []);
    this.#sink = sink;
    this.#written = written;
    const { name, type, state, position, behind, lag_seconds, delivered, set_aside } = sink;
    const bad = state === "failing" || state === "stopped";
    const lag = position === null ? "not begun" : behind === 0 ? "nothing" : `${counted(behind, "event")}${lag_seconds > 0 ? `, ${lengthName(lag_seconds)}` : ""}`;
    replace(this.#figures, [
      h("th", { scope: "row" }, quoted(name), " ", quoted(type, { class: "unit" })),
      h("td", { class: bad ? "bad" : state === "ok" ? "good" : "" }, state === null ? "does not run here" : STATES[state] ?? visible(state)),
      cell("Behind", lag), cell("Delivered", number(delivered)), cell("Set aside", number(set_aside), set_aside > 0 ? "bad" : ""),
    ]);
    this.#showAbout(sink);
    this.#showButtons(sink);
  }

  /** @param {Sink} sink */
  #showAbout({ filter, last_error }) {
    const gets = filterWords(filter ?? {});
    replace(this.#about, [
      last_error && h("p", { class: "notice" }, quoted(last_error.message), " (", timeElement(last_error.at, fullTime), ")"),
      h("p", { class: "hint" }, gets.length ? ["Gets events of which ", quoted(gets.join(", and "))] : "Gets every event"),
    ]);
  }

  /** @param {Sink} sink */
  #showButtons({ set_aside }) {
    const button = (/** @type {string} */ key, /** @type {string} */ words, /** @type {() => void} */ onclick) => h("button", { type: "button", class: "button", "data-key": key, onclick }, words);
    replace(this.#buttons, [
      set_aside > 0 && button("refused", "Show what was refused", () => this.#showRefused()),
      set_aside > 0 && button("again", "Offer refused again", () => this.#offerAgain()),
      button("replay", "Replay from…", () => {
        this.#form.hidden = !this.#form.hidden;
        if (!this.#form.hidden) this.#from.focus();
      }),
    ]);
  }

  async #showRefused() {
    if (this.#refused.firstChild) return replace(this.#refused, []);
    await this.#try(async () => {
      /** @type {Rejected} */
      const { total, items } = await get(`${addressOf(this.#sink.name)}/rejected`);
      const rows = items.map(({ position, id, summary, reason }) => h("li", {},
        id === null ? h("span", { class: "hint" }, `Event ${number(position)} of the log, which is gone`) : link({ event: id }, {}, quoted(summary || id)),
        h("p", { class: "reason" }, quoted(reason))));
      replace(this.#refused, [h("ul", { class: "refusals", "aria-label": "Refused events" }, rows), total > items.length && h("p", { class: "hint" }, `and ${number(total - items.length)} more`)]);
    });
  }

  async #offerAgain() {
    const { name, set_aside } = this.#sink;
    const question = [h("span", {}, `Offer ${counted(set_aside, "refused event")} to `, quoted(name), " once more?")];
    if (await agreed(question, "Offer again")) await this.#ask({ only_rejected: true });
  }

  /** @param {Event} event */
  async #replay(event) {
    event.preventDefault();
    const name = this.#sink.name;
    await this.#try(async () => {
      const from = since(this.#from.value);
      const { total } = await get("/api/events", new URLSearchParams({ start: from, page_size: "1", raw: "false" }));
      const question = [h("span", {}, "Deliver all that was stored since ", timeElement(from, fullTime), " to ", quoted(name),
        ` once more? That is about ${counted(total, "event")}${filterWords(this.#sink.filter ?? {}).length ? ", less what its filter leaves out" : ""}; what it has already comes twice.`)];
      if (await agreed(question, "Deliver again")) await this.#ask({ from });
    });
  }

  /** @param {{from?: string, only_rejected?: boolean}} what */
  async #ask(what) {
    await this.#try(async () => {
      const { events } = await send("POST", `${addressOf(this.#sink.name)}/replay`, JSON.stringify(what));
      this.#form.hidden = true;
      replace(this.#said, [h("p", { class: "done" }, `${counted(events, "event")} will be offered again soon.`)]);
      await this.#reread();
    });
  }

  /** @param {() => Promise<void>} work */
  async #try(work) {
    replace(this.#said, []);
    try {
      await work();
    } catch (error) {
      replace(this.#said, [h("p", { class: "notice", role: "alert" }, visible(words(error)))]);
    }
  }
}

/** A figure, with the name that its column has where there is room for a head. @param {string} name @param {string} text @param {string} [style] */
function cell(name, text, style = "") {
  return h("td", { class: style, "data-name": name }, text);
}

/** @param {string} name */
function addressOf(name) {
  return `/api/sinks/${encodeURIComponent(name)}`;
}

/** The beginning of a day of the reader's. @param {string} date */
function since(date) {
  const time = new Date(`${date}T00:00:00`);
  if (Number.isNaN(time.getTime())) throw new Problem("Choose a date.", 400);
  return time.toISOString().replace(".000Z", "Z");
}
