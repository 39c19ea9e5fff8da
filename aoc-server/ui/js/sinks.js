// The view of sinks: how far each has come, what its receiver refused, and delivering again.
import { get } from "./api.js";
import { h, replace, visible } from "./dom.js";
import { fullTime, timeElement } from "./format.js";
import { Refreshed } from "./refreshed.js";
import { SinkRow } from "./sink-row.js";

/** @typedef {import("./sink-row.js").Sink} Sink */

const COLUMNS = ["Sink", "State", "Behind", "Delivered", "Set aside"];
const EXAMPLE = `[sinks.splunk]
type = "splunk_hec"
url = "https://splunk.example:8088"
token = { env = "SPLUNK_TOKEN" }

[sinks.chat]
type = "webhook"
body = "teams"                  # or slack
url = { env = "TEAMS_WORKFLOW_URL" }
filter = { service = "AOC" }    # alerts only`;

export class Sinks {
  #host;
  #part;
  /** One for each sink, kept: what is opened in it stays open. @type {Map<string, SinkRow>} */ #rows = new Map();
  #status = h("p", { class: "hint" });
  #table = h("table", { class: "rows sinks" }, h("thead", {}, h("tr", {}, COLUMNS.map((name) => h("th", { scope: "col", class: `s-${name.toLowerCase().replace(" ", "-")}` }, name)))));
  #box = h("div", { class: "box" }, this.#table);

  /** @param {HTMLElement} host */
  constructor(host) {
    this.#host = host;
    replace(host, [h("h2", {}, "Sinks"), h("p", { class: "blank" }, "Reading the sinks…")]);
    this.#part = new Refreshed(host, (signal) => get("/api/sinks", undefined, signal), ({ items }) => this.#fill(items), (words) => this.#fail(words));
  }

  /** Shows the view, or hides it. @param {boolean} open */
  show(open) {
    this.#host.hidden = !open;
    this.#part.show(open);
  }

  /** Asks again, where the view is open. */
  read() {
    return this.#part.read();
  }

  /** @param {Sink[]} items */
  #fill(items) {
    if (items.length === 0) return replace(this.#host, [h("h2", {}, "Sinks"), none()]);
    replace(this.#status, ["Each sink gets the events of the log, alerts among them; as of ", timeElement(new Date().toISOString(), fullTime)]);
    const rows = items.map((sink) => {
      const row = this.#rows.get(sink.name) ?? new SinkRow(() => this.read());
      row.show(sink);
      return /** @type {[string, SinkRow]} */ ([sink.name, row]);
    });
    this.#rows = new Map(rows);
    replace(this.#table, [this.#table.tHead, ...rows.map(([, row]) => row.element)]);
    replace(this.#host, [this.#host.querySelector("h2"), this.#status, this.#box]);
  }

  /** @param {string} words */
  #fail(words) {
    replace(this.#host, [h("h2", {}, "Sinks"), h("p", { class: "notice", role: "alert" }, "The sinks could not be read. ", visible(words))]);
  }
}

function none() {
  return h("div", { class: "blank" }, h("h3", {}, "No sinks are configured"),
    h("p", {}, "A sink forwards every event that is stored, alerts among them, to a SIEM, a chat or a file. To begin, write into the configuration:"),
    h("pre", { class: "code" }, EXAMPLE),
    h("p", { class: "hint" }, h("code", {}, "docs/reference/components.md"), " names every type there is. A sink begins with what is stored from then on; with ", h("code", {}, 'from = "beginning"'), ", with all that is stored."));
}
