// The page. Its state is the address: every change is a navigation, and showing follows from the address.
import { Alerts } from "./alerts.js";
import { get, Latest, Problem } from "./api.js";
import { Ask } from "./ask.js";
import { nothingFound, showChips } from "./chips.js";
import { Completeness } from "./completeness.js";
import { Detail } from "./detail.js";
import { byId, h, replace, visible } from "./dom.js";
import { Facets, readOptions } from "./facets.js";
import { number } from "./format.js";
import { SearchBox, showViews, TimeRange } from "./header.js";
import { changesOf } from "./links.js";
import { EventList, readPage } from "./list.js";
import { Sinks } from "./sinks.js";
import { ALERTS, apiParams, ASK, COMPLETENESS, empty, filterKey, href, parse, SINKS } from "./state.js";
import { Timeline } from "./timeline.js";

/** @typedef {import("./state.js").State} State */

const wide = matchMedia("(min-width: 1100px)");
let state = empty();
let shownFilters = "";
/** Whether the event that is about to be shown gets the focus. */
let focusDetail = false;

const reading = { list: new Latest(), timeline: new Latest(), options: new Latest() };
const list = new EventList(byId("list"), (key) => href(state, { event: key }));
const timeline = new Timeline(byId("timeline"), (start, end) => go(href(state, { start, end, range: "" })));
const facets = new Facets(byId("filters"), () => state, go);
const searchBox = new SearchBox((search, { more }) => search !== state.search && go(href(state, { search, view: "", rule: "" }), more));
const timeRange = new TimeRange(go);
const features = get("/api/config/features").catch(() => ({}));
const ask = new Ask(byId("ask"), { current: () => state, go: (changes) => go(href(state, changes)), answered: () => detail.refreshSteps(), features });
const alerts = new Alerts(byId("alerts"), (changes) => go(href(state, changes)));
const sinks = new Sinks(byId("sinks"));
const completeness = new Completeness(byId("completeness"));
const detail = new Detail(byId("detail"), { close, step, around: (key) => neighbours().around(key), staysOpen: () => wide.matches });

/** Goes to an address of this page. @param {string} address @param {boolean} [instead] of the present one, for the back button */
function go(address, instead = false) {
  const pending = searchBox.takePending();
  const { state: next } = parse(new URL(address, location.origin).search);
  const target = pending !== null && next.search === state.search ? href(next, { search: pending }) : address;
  if (instead) history.replaceState(null, "", target);
  else history.pushState(null, "", target);
  show();
}

/** Brings the page in line with the address. */
function show() {
  const { state: next, problems } = parse(location.search);
  state = next;
  replace(byId("notices"), problems.map((text) => h("p", { class: "notice" }, visible(text))));
  searchBox.show(state);
  timeRange.show(state);
  showChips(byId("chips"), state);
  if (filterKey(state) !== shownFilters) readAll();
  list.relink();
  list.markOpen(state.event);
  document.body.classList.toggle("with-detail", Boolean(state.event));
  showView();
  const focus = focusDetail;
  focusDetail = false;
  detail.show(state).then(() => focus && detail.focus());
}

/** Shows the view that the address names in place of the events. */
function showView() {
  showViews(state);
  ask.show(state);
  alerts.show(state);
  sinks.show(state.view === SINKS);
  completeness.show(state.view === COMPLETENESS);
}

/** Where events are opened from, and stepped through. */
function neighbours() {
  return state.view === ALERTS ? alerts : state.view === ASK ? ask : list;
}

/** Asks for everything the filters decide. */
function readAll() {
  shownFilters = filterKey(state);
  const [asked, now] = [state, Date.now()];
  const params = apiParams(asked, now);
  facets.show(asked);
  for (const format of ["csv", "ndjson"]) byId(`export-${format}`).href = exportAddress(params, format);
  document.body.setAttribute("aria-busy", "true");
  const done = [
    part(reading.list, (signal) => readPage(params, signal), (hits) => showHits(hits, params), showListProblem),
    part(reading.timeline, (signal) => get("/api/timeline", params, signal), (answer) => timeline.fill(answer), (problem) => timeline.fail(elsewhere(problem))),
    part(reading.options, (signal) => readOptions(asked, now, signal), (answers) => showOptions(answers, asked), (problem) => facets.fail(elsewhere(problem))),
  ];
  Promise.all(done).then(() => asked === state || filterKey(asked) === shownFilters ? document.body.removeAttribute("aria-busy") : null);
}

/**
 * Reads one part of the page and shows it, unless something newer was asked meanwhile.
 * @template T @param {Latest} latest @param {(signal: AbortSignal) => Promise<T>} read @param {(answer: T) => void} fill @param {(problem: Problem) => void} fail
 */
async function part(latest, read, fill, fail) {
  try {
    const answer = await latest.run(read);
    if (answer !== undefined) fill(answer);
  } catch (error) {
    if (!(error instanceof Problem)) console.error(error);
    fail(error instanceof Problem ? error : new Problem("The page could not show the answer.", 0));
  }
}

/** @param {import("./api.js").Hits} hits @param {URLSearchParams} params */
function showHits(hits, params) {
  list.fill(hits, params, nothingFound(state));
  byId("events").scrollTo(0, 0);
  list.markOpen(state.event);
  detail.refreshSteps();
  byId("total").textContent = number(hits.total) + (hits.total === 1 ? " event" : " events");
}

/** @param {Problem} problem */
function showListProblem(problem) {
  byId("total").textContent = "";
  byId("figures").textContent = "";
  const wrongFilter = problem.status === 400;
  list.showInstead(h("div", { class: "blank error", role: "alert" },
    h("h2", {}, wrongFilter ? "The server does not accept this filter" : "The events could not be read"),
    h("p", {}, visible(problem.message)),
    problem.requestId && h("p", { class: "request-id" }, "Request ", h("code", {}, visible(problem.requestId))),
    h("p", {}, wrongFilter ? h("a", { class: "button", href: "/" }, "Remove all filters") : h("button", { type: "button", class: "button", onclick: readAll }, "Try again"))));
}

/** What the other parts say of a problem: nothing when the list says it all. @param {Problem} problem */
function elsewhere(problem) {
  return problem.status === 400 ? "" : problem.message;
}

/** @param {Map<string, import("./api.js").Options>} answers @param {State} asked */
function showOptions(answers, asked) {
  facets.fill(answers, asked);
  const all = answers.get("") ?? {};
  const failures = all.results?.find(({ value }) => value === "failure")?.count ?? 0;
  const actors = all.actors?.length ?? 0;
  const figures = [
    failures > 0 && h("span", { class: "figure failures" }, h("b", {}, number(failures)), failures === 1 ? " failure" : " failures"),
    actors > 0 && h("span", { class: "figure" }, h("b", {}, number(actors) + (actors >= 200 ? "+" : "")), actors === 1 ? " actor" : " actors"),
  ];
  replace(byId("figures"), figures);
}

/** @param {URLSearchParams} params @param {string} format */
function exportAddress(params, format) {
  const asked = new URLSearchParams(params);
  asked.set("format", format);
  return `/api/export?${asked}`;
}

function close() {
  const key = state.event;
  go(href(state, { event: "" }));
  neighbours().focus(key);
}

/** @param {number} by */
async function step(by) {
  const from = state.event;
  const next = await neighbours().neighbour(from, by);
  if (next !== undefined && state.event === from) go(href(state, { event: next }), true);
  else detail.refreshSteps();
}

/** Takes over plain clicks on links within the page. @param {MouseEvent} event */
function followLink(event) {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0;
  if (!link || event.defaultPrevented || elsewhere || link.hasAttribute("download") || link.origin !== location.origin || link.pathname !== "/" || link.hash) return;
  event.preventDefault();
  const changes = changesOf(link);
  const opens = link.closest("table.events") !== null || Boolean(changes?.event);
  focusDetail = opens && (event.detail === 0 || !wide.matches);
  const review = opens && state.event !== "" && !link.closest("#detail");
  go(changes ? href(state, changes) : link.search ? `/${link.search}` : "/", review);
}

/** @param {boolean} open */
function showFilters(open) {
  document.body.classList.toggle("with-filters", open);
  byId("filters-button").setAttribute("aria-expanded", String(open));
}

function listen() {
  document.addEventListener("click", followLink);
  window.addEventListener("popstate", show);
  byId("refresh").addEventListener("click", () => {
    readAll();
    for (const view of [ask, alerts, sinks, completeness]) view.read();
  });
  byId("filters-button").addEventListener("click", () => showFilters(!document.body.classList.contains("with-filters")));
  document.addEventListener("click", (event) => {
    const inside = event.composedPath().some((node) => node === byId("filters") || node === byId("filters-button"));
    if (!inside && document.body.classList.contains("with-filters")) showFilters(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (document.body.classList.contains("with-filters")) showFilters(false);
    else if (state.event && !(event.target instanceof Element && event.target.matches("input, textarea, select"))) close();
  });
}

/** Says at the foot of the panel which server this is. */
async function showVersion() {
  const { name, version } = await get("/api/version");
  byId("filters").append(h("p", { class: "version" }, `${name} ${version}`));
}

/** Hides what the server does not answer. */
async function hideSwitchedOff() {
  const { ai_features_enabled: asks } = await features;
  document.body.classList.toggle("no-asking", asks === false);
}

listen();
show();
showVersion().catch(() => {});
hideSwitchedOff();
