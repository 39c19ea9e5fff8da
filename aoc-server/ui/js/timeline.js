// The bar chart of events over time. Drag or click to look closer; the arrow keys do the same.
import { h, replace, svg } from "./dom.js";
import { counted, number, spanName } from "./format.js";
import { bars, niceTop, ticks } from "./timescale.js";

/** @typedef {import("./timescale.js").Bar} Bar */
/** @typedef {{bucket: string, buckets: import("./api.js").Bucket[]}} Answer */

const HEIGHT = 112;
const FOOT = 20;
const HEAD = 14;
const LEFT = 44;
const RIGHT = 8;

export class Timeline {
  /** @type {Answer} */ #answer = { bucket: "hour", buckets: [] };
  /** @type {Bar[]} */ #bars = [];
  /** @type {{from: number, to: number} | null} */ #chosen = null;
  #dragging = false;
  #width = 0;
  #host;
  #zoom;
  #chart;
  #mark = svg("rect", { class: "chart-mark", y: HEAD, height: HEIGHT - FOOT - HEAD });
  #tip = h("div", { class: "tip", hidden: true });
  #said = h("p", { class: "hidden", "aria-live": "polite" });
  #message = h("p", { class: "chart-message" });

  /** @param {HTMLElement} host @param {(start: string, end: string) => void} zoom */
  constructor(host, zoom) {
    this.#host = host;
    this.#zoom = zoom;
    this.#chart = svg("svg", { class: "chart", height: HEIGHT, tabindex: 0, role: "application", "aria-roledescription": "bar chart", "aria-label": "Events over time. Left and right arrows move, with shift they select, Enter shows that time only." });
    replace(host, [this.#chart, this.#tip, this.#said, this.#message]);
    this.#listen();
    new ResizeObserver(() => this.#resized()).observe(host);
  }

  /** @param {Answer} answer */
  fill(answer) {
    this.#answer = answer;
    this.#choose(null);
    this.#message.textContent = answer.buckets.length ? "" : "No events in this time.";
    this.#draw();
  }

  /** @param {string} message */
  fail(message) {
    this.fill({ bucket: "hour", buckets: [] });
    this.#message.textContent = message ? `The timeline could not be read. ${message}` : "No timeline for this filter.";
  }

  #resized() {
    if (this.#host.clientWidth === this.#width) return;
    this.#choose(null);
    this.#draw();
  }

  #draw() {
    this.#width = this.#host.clientWidth;
    const room = this.#width - LEFT - RIGHT;
    this.#chart.setAttribute("width", this.#width);
    this.#bars = room > 40 ? bars(this.#answer, Math.floor(room / 3)) : [];
    if (this.#bars.length === 0) return this.#chart.replaceChildren();
    const top = niceTop(Math.max(...this.#bars.map(({ count }) => count)));
    this.#chart.replaceChildren(
      ...this.#gridlines(top), ...this.#axis(), this.#mark,
      svg("path", { class: "chart-events", d: this.#shape(({ failures }) => failures, ({ count }) => count, top) }),
      svg("path", { class: "chart-failures", d: this.#shape(() => 0, ({ failures }) => failures, top) }));
  }

  /** All bars as one path, each from one value up to another. @param {(bar: Bar) => number} low @param {(bar: Bar) => number} high @param {number} top */
  #shape(low, high, top) {
    return this.#bars.filter((bar) => high(bar) > low(bar)).map((bar) => {
      const [x, right] = [this.#x(bar.start), this.#x(bar.end)];
      const width = Math.max(right - x - (right - x > 4 ? 1 : 0.3), 1);
      const height = Math.max(this.#y(low(bar), top) - this.#y(high(bar), top), 1);
      return `M${x.toFixed(1)} ${this.#y(low(bar), top).toFixed(1)}h${width.toFixed(1)}v${(-height).toFixed(1)}h${(-width).toFixed(1)}z`;
    }).join("");
  }

  /** @param {number} top */
  #gridlines(top) {
    return [0, top / 2, top].flatMap((value) => [
      svg("line", { class: "chart-grid", x1: LEFT, x2: this.#width - RIGHT, y1: this.#y(value, top), y2: this.#y(value, top) }),
      svg("text", { class: "chart-label end", x: LEFT - 8, y: this.#y(value, top) + 4 }, Number.isInteger(value) ? number(value) : ""),
    ]);
  }

  #axis() {
    const { times, name } = ticks(this.#bars[0].start, this.#bars[this.#bars.length - 1].end, (this.#width - LEFT) / 90);
    return times.filter((time) => this.#x(time.getTime()) < this.#width - 24).flatMap((time) => [
      svg("line", { class: "chart-tick", x1: this.#x(time.getTime()), x2: this.#x(time.getTime()), y1: HEIGHT - FOOT, y2: HEIGHT - FOOT + 4 }),
      svg("text", { class: "chart-label", x: this.#x(time.getTime()), y: HEIGHT - 4 }, name(time)),
    ]);
  }

  /** @param {number} time */
  #x(time) {
    const [first, last] = [this.#bars[0].start, this.#bars[this.#bars.length - 1].end];
    return LEFT + ((time - first) / (last - first)) * (this.#width - LEFT - RIGHT);
  }

  /** @param {number} value @param {number} top */
  #y(value, top) {
    return HEIGHT - FOOT - (value / top) * (HEIGHT - FOOT - HEAD);
  }

  #listen() {
    const chart = this.#chart;
    chart.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => this.#press(event));
    chart.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => this.#move(event));
    chart.addEventListener("pointerup", () => this.#dragging && this.#take());
    chart.addEventListener("pointercancel", () => this.#choose(null));
    chart.addEventListener("pointerleave", () => !this.#dragging && this.#choose(null));
    chart.addEventListener("blur", () => this.#choose(null));
    chart.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#key(event));
  }

  /** @param {PointerEvent} event */
  #press(event) {
    const index = this.#barAt(event);
    if (index < 0 || event.button !== 0) return;
    this.#chart.setPointerCapture(event.pointerId);
    this.#choose({ from: index, to: index });
    this.#dragging = true;
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const index = this.#barAt(event);
    if (index < 0) return;
    this.#choose({ from: this.#dragging && this.#chosen ? this.#chosen.from : index, to: index });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Enter" && this.#chosen) this.#take();
    else if (event.key === "Escape" && this.#chosen) this.#choose(null);
    else if (by && this.#bars.length) this.#step(by, event.shiftKey);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} by @param {boolean} extend */
  #step(by, extend) {
    const last = this.#bars.length - 1;
    const to = this.#chosen ? Math.min(Math.max(this.#chosen.to + by, 0), last) : last;
    this.#choose({ from: extend && this.#chosen ? this.#chosen.from : to, to });
    this.#said.textContent = this.#tip.textContent;
  }

  /** Marks some bars and says what they stand for. @param {{from: number, to: number} | null} chosen */
  #choose(chosen) {
    this.#chosen = chosen;
    this.#tip.hidden = chosen === null;
    this.#mark.classList.toggle("on", chosen !== null);
    if (chosen === null) this.#dragging = false;
    else this.#showChosen();
  }

  #showChosen() {
    const chosen = this.#chosenBars();
    const [start, end] = [chosen[0].start, chosen[chosen.length - 1].end];
    const [left, right] = [this.#x(start), this.#x(end)];
    const sum = (/** @type {"count" | "failures"} */ name) => chosen.reduce((total, bar) => total + bar[name], 0);
    this.#mark.setAttribute("x", left);
    this.#mark.setAttribute("width", Math.max(right - left, 2));
    this.#tip.replaceChildren(
      h("b", {}, counted(sum("count"), "event")), sum("failures") ? h("span", { class: "tip-failures" }, ` ${counted(sum("failures"), "failure")} `) : " ",
      h("span", { class: "tip-time" }, spanName(new Date(start).toISOString(), new Date(end).toISOString())));
    const half = this.#tip.offsetWidth / 2;
    this.#tip.style.left = `${Math.min(Math.max((left + right) / 2, half + 4), this.#width - half - 4)}px`;
  }

  #chosenBars() {
    const { from, to } = this.#chosen ?? { from: 0, to: 0 };
    return this.#bars.slice(Math.min(from, to), Math.max(from, to) + 1);
  }

  #take() {
    const chosen = this.#chosenBars();
    this.#dragging = false;
    if (chosen.length === 0) return;
    this.#zoom(utc(chosen[0].start), utc(chosen[chosen.length - 1].end));
  }

  /** The bar under the pointer; outside the bars the nearest while dragging, else -1. @param {PointerEvent} event */
  #barAt(event) {
    if (this.#bars.length === 0) return -1;
    const x = event.clientX - this.#chart.getBoundingClientRect().left;
    const index = this.#bars.findIndex((bar) => x < this.#x(bar.end));
    if (this.#dragging) return index < 0 ? this.#bars.length - 1 : index;
    return x < this.#x(this.#bars[0].start) ? -1 : index;
  }
}

/** @param {number} time */
function utc(time) {
  return new Date(time).toISOString().replace(".000Z", "Z");
}
