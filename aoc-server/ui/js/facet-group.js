// One field of the filter panel: its values as a list of boxes to tick.
import { h, quoted, replace, visible } from "./dom.js";
import { href, toggled } from "./state.js";
import { hue, number } from "./format.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./api.js").Option} Option */
/** @typedef {{line: HTMLElement, box: HTMLInputElement, count: HTMLElement, bar: HTMLElement, only: HTMLAnchorElement, hide: HTMLAnchorElement | null}} Row */

const SHOWN = 8;
const MOST = 200;

export class FacetGroup {
  #facet;
  #current;
  #go;
  /** @type {Option[]} */ #options = [];
  /** @type {Map<string, Row>} */ #rows = new Map();
  #all = false;
  #list = h("ul");
  #within;
  #more = h("button", { type: "button", class: "more", onclick: () => this.#toggleAll() });
  #contains = h("a", { class: "contains", hidden: true });
  #chosen = h("span", { class: "chosen" });

  /** @param {import("./facets.js").Facet} facet @param {() => State} current @param {(href: string) => void} go */
  constructor(facet, current, go) {
    this.#facet = facet;
    this.#current = current;
    this.#go = go;
    const label = facet.single ? `Part of the ${facet.title.toLowerCase()}'s name` : `Find in ${facet.title.toLowerCase()}s`;
    this.#within = h("input", { type: "search", class: "within", placeholder: label, "aria-label": label, autocomplete: "off", spellcheck: "false", hidden: true,
      oninput: () => this.show(current()), onkeydown: (/** @type {KeyboardEvent} */ event) => this.#takeTyped(event) });
    this.element = h("details", { class: "facet", open: true, hidden: true },
      h("summary", {}, h("h3", {}, facet.title), this.#chosen), this.#within, this.#contains, this.#list, this.#more);
  }

  /** @param {Option[]} options @param {State} state */
  fill(options, state) {
    this.#options = options.filter(({ value }) => typeof value === "string" && value !== "");
    this.show(state);
  }

  /** @param {State} state */
  show(state) {
    const chosen = this.#chosenIn(state);
    const options = [...this.#options, ...chosen.filter((value) => !this.#options.some((option) => option.value === value)).map((value) => ({ value, count: 0 }))];
    const typed = this.#within.value.trim().toLowerCase();
    const fitting = typed ? options.filter(({ value }) => value.toLowerCase().includes(typed)) : options;
    const shown = fitting.filter(({ value }, i) => this.#all || typed || i < SHOWN || chosen.includes(value));
    const most = Math.max(1, ...options.map(({ count }) => count));
    this.element.hidden = options.length < (this.#facet.atLeast ?? 1) && chosen.length === 0;
    this.#chosen.textContent = chosen.length ? String(chosen.length) : "";
    this.#within.hidden = options.length <= SHOWN && !typed;
    this.#showMore(options.length, fitting.length - shown.length, Boolean(typed));
    this.#showContains(state, typed);
    for (const option of shown) this.#update(option, state, most);
    replace(this.#list, shown.map(({ value }) => /** @type {Row} */ (this.#rows.get(value)).line));
  }

  /** @param {State} state @returns {string[]} */
  #chosenIn(state) {
    const { param, without } = this.#facet;
    return [state[param], without ? state[without] : []].flat().filter(Boolean);
  }

  /** @param {number} count @param {number} hidden @param {boolean} typed */
  #showMore(count, hidden, typed) {
    this.#more.hidden = typed || (hidden === 0 && !this.#all) || count <= SHOWN;
    const most = count >= MOST ? ` (the ${MOST} most frequent)` : "";
    this.#more.textContent = this.#all ? "Show fewer" : `${number(hidden)} more${most}`;
  }

  /** Offers to filter by what is typed, where the API matches parts of a name. @param {State} state @param {string} typed */
  #showContains(state, typed) {
    this.#contains.hidden = !this.#facet.single || !typed;
    if (this.#contains.hidden) return;
    this.#contains.href = href(state, { [this.#facet.param]: this.#within.value.trim() });
    this.#contains.replaceChildren("Names with ", quoted(this.#within.value.trim()), " ↵");
  }

  /** @param {KeyboardEvent} event */
  #takeTyped(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (!this.#contains.hidden) this.#go(href(this.#current(), { [this.#facet.param]: this.#within.value.trim() }));
    else if (this.#list.children.length === 1) this.#list.querySelector("input")?.click();
  }

  #toggleAll() {
    this.#all = !this.#all;
    this.show(this.#current());
  }

  /** @param {Option} option @param {State} state @param {number} most */
  #update({ value, count }, state, most) {
    const row = this.#rows.get(value) ?? this.#row(value);
    this.#rows.set(value, row);
    const { param, without, single } = this.#facet;
    const excluded = without !== undefined && state[without].includes(value);
    row.box.checked = single ? state[param] === value : state[param].includes(value);
    row.count.textContent = single && count === 0 ? "" : number(count);
    row.bar.style.width = `${(100 * count) / most}%`;
    row.line.classList.toggle("excluded", excluded);
    row.line.classList.toggle("none", count === 0);
    row.only.href = href(state, { [param]: single ? value : [value] });
    if (!row.hide || !without) return;
    row.hide.href = href(state, { [without]: toggled(state[without], value), [param]: /** @type {string[]} */ (state[param]).filter((other) => other !== value) });
    row.hide.textContent = excluded ? "unhide" : "hide";
  }

  /** @param {string} value @returns {Row} */
  #row(value) {
    const { param, without } = this.#facet;
    const name = visible(value);
    const box = h("input", { type: "checkbox", "data-key": `${param} ${value}`, onchange: () => this.#tick(value) });
    const count = h("span", { class: "facet-count" });
    const bar = h("span", { class: "facet-bar", "aria-hidden": true });
    const only = h("a", { class: "facet-link", "aria-label": `Only ${name}`, "data-key": `only ${param} ${value}` }, "only");
    const hide = without ? h("a", { class: "facet-link", "data-key": `hide ${value}` }, "hide") : null;
    const mark = param === "service" ? h("i", { class: `dot ${hue(value)}` }) : param === "result" ? h("i", { class: `dot result-${/^[a-z]+$/.test(value) ? value : "unknown"}` }) : null;
    const line = h("li", { "data-value": value }, h("label", { title: name }, box, mark, quoted(value, { class: "facet-value" })), only, hide, count, bar);
    return { line, box, count, bar, only, hide };
  }

  /** @param {string} value */
  #tick(value) {
    const { param, single, without } = this.#facet;
    const state = this.#current();
    const after = single ? (state[param] === value ? "" : value) : toggled(/** @type {string[]} */ (state[param]), value);
    const included = without ? { [without]: state[without].filter((other) => other !== value) } : {};
    this.#go(href(state, { [param]: after, ...included }));
  }
}
