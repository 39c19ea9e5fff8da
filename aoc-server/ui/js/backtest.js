// What a rule would have found in what is stored.
import { Latest, send, words } from "./api.js";
import { h, quoted, replace, svg, visible } from "./dom.js";
import { counted, fullTime, number, timeElement } from "./format.js";
import { link } from "./links.js";

/**
 * @typedef {{day: string, hits: number, alerts: number}} Day
 * @typedef {{events: number, hits: number, alerts: number, suppressed: number, first: string|null, last: string|null, per_day: Day[],
 *   top_actors: import("./api.js").Option[], sample: import("./alert.js").Alert[]}} Report
 * @typedef {{start: string|null, end: string|null, looked_at: number, complete: boolean, stopped_at: string|null, seconds: number,
 *   results: {id: string, title: string, severity: string, report: Report}[]}} Answer
 */

const SPANS = [7, 30, 90];
const DAY = 86_400_000;
const HEIGHT = 40;
const SAMPLES = 10;

export class Backtest {
  #request;
  #refused;
  #running = new Latest();
  #result = h("div", { class: "backtest-result", role: "status" });

  /** @param {(days: number) => string} request the body, as JSON @param {(error: unknown) => void} [refused] shows a failure elsewhere */
  constructor(request, refused) {
    this.#request = request;
    this.#refused = refused;
    this.element = h("section", { class: "backtest", "aria-label": "Backtest" },
      h("p", { class: "buttons" }, h("span", {}, "Backtest: the last"),
        SPANS.map((days) => h("button", { type: "button", class: "button", "data-key": `backtest ${days}`, onclick: () => this.#run(days) }, `${days} days`))),
      this.#result);
  }

  /** Forgets what was found. */
  clear() {
    this.#running.cancel();
    replace(this.#result, []);
    this.element.removeAttribute("aria-busy");
  }

  /** @param {number} days */
  async #run(days) {
    this.element.setAttribute("aria-busy", "true");
    replace(this.#result, [h("p", { class: "hint" }, `Looking at the last ${days} days…`)]);
    try {
      /** @type {Answer | undefined} */
      const answer = await this.#running.run(async (signal) => send("POST", "/api/rules/backtest", this.#request(days), signal));
      if (answer === undefined) return;
      replace(this.#result, shown(answer, days));
    } catch (error) {
      replace(this.#result, this.#refused ? [] : [h("p", { class: "notice", role: "alert" }, "The backtest could not be done. ", visible(words(error)))]);
      this.#refused?.(error);
    }
    this.element.removeAttribute("aria-busy");
  }
}

/** @param {Answer} answer @param {number} days */
function shown(answer, days) {
  return [
    !answer.complete && h("p", { class: "notice" }, "It took too long: what was stored ", answer.stopped_at && ["after ", timeElement(answer.stopped_at, fullTime)], " was not looked at. ", h("code", {}, "aoc rules backtest"), " has all the time it needs."),
    ...answer.results.flatMap(({ report }) => [sentence(answer, report, days), report.alerts > 0 && chart(report, answer, days), lists(report)]),
  ];
}

/** @param {Answer} answer @param {Report} report @param {number} days */
function sentence({ looked_at }, { hits, alerts, suppressed }, days) {
  const quiet = suppressed > 0 ? `; ${counted(suppressed, "hit")} while it kept quiet` : "";
  return h("p", {}, h("b", {}, counted(alerts, "alert")), ` of ${counted(hits, "hit")}${quiet}. ${counted(looked_at, "event")} of the last ${days} days looked at.`);
}

/** Alerts a day, in UTC; days without any are drawn, too. @param {Report} report @param {Answer} answer @param {number} days */
function chart({ per_day }, { end }, days) {
  const last = dayOf(end ? Date.parse(end) - 1 : Date.now());
  const known = new Map(per_day.map((day) => [day.day, day]));
  const all = Array.from({ length: days + 1 }, (_, i) => dayOf(Date.parse(last) - (days - i) * DAY)).map((day) => known.get(day) ?? { day, hits: 0, alerts: 0 });
  const most = all.reduce((one, other) => (other.alerts > one.alerts ? other : one));
  const bars = all.flatMap(({ day, hits, alerts }, i) => [
    alerts > 0 && svg("rect", { class: "day-alerts", x: i * 10 + 1, y: (HEIGHT - Math.max((alerts / most.alerts) * HEIGHT, 2)).toFixed(1), width: 8, height: Math.max((alerts / most.alerts) * HEIGHT, 2).toFixed(1) }),
    svg("rect", { class: "day-all", x: i * 10, y: 0, width: 10, height: HEIGHT }, svg("title", {}, `${day}: ${counted(alerts, "alert")}, ${counted(hits, "hit")}`)),
  ]);
  return h("figure", { class: "days" },
    svg("svg", { viewBox: `0 0 ${all.length * 10} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": `Alerts a day; most on ${most.day}: ${most.alerts}` }, bars),
    h("figcaption", {}, h("span", {}, all[0].day), h("span", {}, `alerts a day, at most ${number(most.alerts)}`), h("span", {}, last)));
}

/** @param {Report} report */
function lists({ top_actors, sample, alerts }) {
  const rest = alerts - Math.min(sample.length, SAMPLES);
  return h("div", { class: "found" },
    top_actors.length > 0 && h("section", {}, h("h4", {}, "Most hits by actor"),
      h("ol", { class: "actors" }, top_actors.map(({ value, count }) => h("li", {}, quoted(value), h("span", { class: "hint" }, number(count)))))),
    sample.length > 0 && h("section", {}, h("h4", {}, "Alerts it would have made"),
      h("ul", { class: "samples" }, sample.slice(0, SAMPLES).map((alert) => h("li", {},
        link({ event: alert.subject }, { title: visible(alert.subject) }, quoted(alert.entity ?? alert.reasons[0] ?? alert.title)), alert.matched > 1 && h("span", { class: "hint" }, ` ${counted(alert.matched, "event")}`)))),
      rest > 0 && h("p", { class: "hint" }, `and ${number(rest)} more`)));
}

/** @param {number} time */
function dayOf(time) {
  return new Date(time).toISOString().slice(0, 10);
}
