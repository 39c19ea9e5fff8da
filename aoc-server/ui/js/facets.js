// The filter panel: for every field the values that occur, with counts.
import { get } from "./api.js";
import { h, replace } from "./dom.js";
import { FacetGroup } from "./facet-group.js";
import { apiParams } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./api.js").Options} Options */
/**
 * A field of the panel: `from` names its values in the answer, `param` the parameter a choice sets.
 * `single`: one value at a time, matched as part of the name. `without`: the parameter that excludes a value.
 * `atLeast`: not worth showing with fewer values.
 * @typedef {{title: string, from: string, param: import("./state.js").ListName | "actor", single?: boolean, without?: "exclude_tags", atLeast?: number}} Facet
 */

/** @type {Facet[]} */
const FACETS = [
  { title: "Result", from: "results", param: "result" },
  { title: "Service", from: "services", param: "service" },
  { title: "Operation", from: "operations", param: "operation" },
  { title: "Actor", from: "actors", param: "actor", single: true },
  { title: "Tag", from: "tags", param: "include_tags", without: "exclude_tags", atLeast: 1 },
  { title: "Source", from: "sources", param: "source", atLeast: 2 },
  { title: "Tenant", from: "tenants", param: "tenant", atLeast: 2 },
];

/** The panel of all fields. */
export class Facets {
  #groups;
  #note = h("p", { class: "panel-note", role: "status" });

  /** @param {Element} host @param {() => State} current @param {(href: string) => void} go */
  constructor(host, current, go) {
    this.#groups = FACETS.map((facet) => new FacetGroup(facet, current, go));
    replace(host, [h("h2", { class: "hidden" }, "Filters"), this.#note, ...this.#groups.map((group) => group.element)]);
  }

  /** Shows a state at once, with the counts known so far. @param {State} state */
  show(state) {
    for (const group of this.#groups) group.show(state);
  }

  /** @param {Map<string, Options>} answers @param {State} state */
  fill(answers, state) {
    this.#note.textContent = "";
    for (const [i, facet] of FACETS.entries()) {
      const options = answers.get(facet.param) ?? answers.get("") ?? {};
      this.#groups[i].fill(options[facet.from] ?? [], state);
    }
  }

  /** @param {string} message */
  fail(message) {
    this.#note.textContent = message && `The counts could not be read. ${message}`;
  }
}

/**
 * Asks for the values of all fields. A field with a choice is asked for apart, without its own filter, so that its
 * other values stay on offer. The answer under "" is the one with all filters.
 * @param {State} state @param {number} now @param {AbortSignal} signal @returns {Promise<Map<string, Options>>}
 */
export async function readOptions(state, now, signal) {
  const chosen = FACETS.filter(({ param }) => state[param].length > 0).map(({ param }) => param);
  const asks = ["", ...chosen].map(async (param) => {
    const params = apiParams(state, now);
    if (param) params.delete(param);
    return /** @type {[string, Options]} */ ([param, await get("/api/filter-options", params, signal)]);
  });
  return new Map(await Promise.all(asks));
}
