// The state of the page is its address: which filters, which time, which event is open.

/**
 * @typedef {{service: string[], result: string[], operation: string[], source: string[], tenant: string[],
 *   include_tags: string[], exclude_tags: string[], search: string, actor: string, start: string, end: string,
 *   range: string, event: string, view: string, rule: string, question: string, plan: string}} State
 * @typedef {"service"|"result"|"operation"|"source"|"tenant"|"include_tags"|"exclude_tags"} ListName
 */

/** Parameters that may be repeated. @type {ListName[]} */
export const LISTS = ["service", "result", "operation", "source", "tenant", "include_tags", "exclude_tags"];
/** Parameters given once; `range` (gives way to `start` and `end`), the others behind it are the page's own. */
const TEXTS = /** @type {const} */ (["search", "actor", "range", "start", "end", "event", "view", "rule", "question", "plan"]);

/** The views beside the list of events. */
export const ASK = "ask";
export const ALERTS = "alerts";
export const SINKS = "sinks";
export const COMPLETENESS = "completeness";
const VIEWS = [ASK, ALERTS, SINKS, COMPLETENESS];

/** The time ranges on offer, in hours. @type {Record<string, number>} */
export const RANGES = { "24h": 24, "7d": 168, "30d": 720, "90d": 2160 };

/** @returns {State} */
export function empty() {
  return {
    service: [], result: [], operation: [], source: [], tenant: [], include_tags: [], exclude_tags: [],
    search: "", actor: "", start: "", end: "", range: "", event: "", view: "", rule: "", question: "", plan: "",
  };
}

/**
 * Reads a query string. What the page does not understand is left out and named in `problems`; whether a
 * value makes sense is the server's to say.
 * @param {string} query @returns {{state: State, problems: string[]}}
 */
export function parse(query) {
  const params = new URLSearchParams(query);
  const state = empty();
  const unknown = [...new Set(params.keys())].filter((name) => !known(name));
  const problems = unknown.map((name) => `The address has a parameter this page does not know: “${name}”. It was ignored.`);
  for (const name of LISTS) state[name] = [...new Set(params.getAll(name).filter(Boolean))];
  for (const name of TEXTS) state[name] = (params.get(name) ?? "").trim();
  if (state.range && !Object.hasOwn(RANGES, state.range)) {
    problems.push(`There is no time range “${state.range}”; there are ${Object.keys(RANGES).join(", ")}. It was ignored.`);
    state.range = "";
  }
  if (state.view && !VIEWS.includes(state.view)) {
    problems.push(`There is no view “${state.view}”; there are ${VIEWS.join(", ")}. It was ignored.`);
    state.view = "";
  }
  if (state.start || state.end) state.range = "";
  return { state, problems };
}

/** The address of a state, with some of it changed; only one view asks. @param {State} state @param {Partial<State>} [changes] */
export function href(state, changes = {}) {
  const next = { ...state, ...changes };
  const query = write(next.view === ASK ? next : { ...next, question: "", plan: "" }, [...TEXTS]).toString();
  return query ? `/?${query}` : "/";
}

/** The filters as the API takes them; a range becomes a start time. @param {State} state @param {number} now */
export function apiParams(state, now) {
  const params = write(state, ["search", "actor", "start", "end"]);
  if (state.range) params.set("start", new Date(startOf(state.range, now)).toISOString());
  return params;
}

/** Equal for two states that ask for the same events. @param {State} state */
export function filterKey(state) {
  return href(state, { event: "", view: "", rule: "" });
}

/** Whether any filter is set. @param {State} state */
export function filtered(state) {
  return filterKey(state) !== "/";
}

/** The list with the value put in, or taken out where it was in. @param {string[]} list @param {string} value */
export function toggled(list, value) {
  return list.includes(value) ? list.filter((item) => item !== value) : [...list, value];
}

/** @param {string} name */
function known(name) {
  return /** @type {readonly string[]} */ ([...LISTS, ...TEXTS]).includes(name);
}

/** @param {State} state @param {(keyof State)[]} texts */
function write(state, texts) {
  const params = new URLSearchParams();
  for (const name of LISTS) for (const value of state[name]) params.append(name, value);
  for (const name of texts) if (state[name]) params.set(name, /** @type {string} */ (state[name]));
  return params;
}

/** @param {string} range @param {number} now */
function startOf(range, now) {
  const minute = 60_000;
  return Math.floor(now / minute) * minute - RANGES[range] * 60 * minute;
}
