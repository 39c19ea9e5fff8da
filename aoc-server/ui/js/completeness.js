// The ledger of the last seven days: what is proven complete, stream by stream, and what is known to be missing.
import { get } from "./api.js";
import { h, quoted, replace, svg, visible } from "./dom.js";
import { counted, fullTime, number, spanName, timeElement } from "./format.js";
import { leaderLine, leadership } from "./leader.js";
import { Refreshed } from "./refreshed.js";

/**
 * @typedef {{from: string, until: string, standing: string}} Stretch
 * @typedef {{from: string, until: string, kind: string, reason: string, items?: string[], more_items?: number}} Gap
 * @typedef {{source: string, tenant: string, content: string, sentence: string, gaps: Gap[], more_gaps?: number, strip?: Stretch[]}} Stream
 * @typedef {{at: string, forgotten_before: string|null, streams: Stream[], uncollected?: string[], unreadable: {key: string, reason: string}[]}} Answer
 */

const MINUTE = 60_000;
const DAYS = 7;
const LENGTH = DAYS * 24 * 60 * MINUTE;
/** The widest a strip is in its own units. */
const WIDTH = 1000;
/** How many gaps of a stream, and names of blobs of a gap, are listed. */
const MOST = 50;

/** What a stretch may be, best first. @type {Record<string, string>} */
const STANDINGS = { sealed: "sealed", stored: "stored", open: "under way", missing: "never asked for", lost: "lost" };

/** The view. */
export class Completeness {
  #host;
  #part;
  #status = h("p", { class: "hint", role: "status", "aria-live": "polite" });

  /** @param {HTMLElement} host */
  constructor(host) {
    this.#host = host;
    this.#part = new Refreshed(host, read, ([answer, leads, from]) => {
      this.#say(answer);
      replace(host, [h("h2", {}, "Completeness"), this.#status, leaderLine(leads), legend(), ...notices(answer), ...streams(answer, from)]);
    }, (words) => replace(host, [h("h2", {}, "Completeness"), h("p", { class: "notice", role: "alert" }, visible(words))]));
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

  /** The one line that is read aloud, and only when what it says has changed. @param {Answer} answer */
  #say({ at, streams, uncollected = [] }) {
    const serious = streams.flatMap(({ gaps }) => gaps).filter(isSerious).length + uncollected.length;
    const found = serious === 0 ? "Nothing is known to be missing" : `${counted(serious, "gap")} known`;
    const [words, time] = /** @type {[Element?, Element?]} */ ([...this.#status.children]);
    if (words?.textContent === found && time) time.replaceChildren(timeElement(at, fullTime));
    else replace(this.#status, [h("span", {}, found), ", as of ", h("span", { "aria-live": "off" }, timeElement(at, fullTime))]);
  }
}

/** @param {AbortSignal} signal @returns {Promise<[Answer, import("./leader.js").Leadership | null, number]>} */
async function read(signal) {
  const from = Math.floor((Date.now() - LENGTH) / MINUTE) * MINUTE + MINUTE;
  const params = new URLSearchParams({ from: new Date(from).toISOString().replace(".000Z", "Z"), strip: "true" });
  const [answer, leads] = await Promise.all([get("/api/gaps", params, signal), leadership(signal)]);
  return [answer, leads, from];
}

function legend() {
  const keys = Object.entries(STANDINGS).map(([standing, words]) => h("li", {}, h("span", { class: `key standing-${standing}` }), words));
  return h("ul", { class: "legend", "aria-label": `What the strips of the last ${DAYS} days show` }, keys);
}

/** @param {Answer} answer */
function notices({ unreadable, uncollected = [], forgotten_before }) {
  return [
    ...uncollected.map((name) => h("p", { class: "notice" }, quoted(name), ": nothing was collected yet. ", h("code", {}, "aoc doctor"), " finds out why.")),
    ...unreadable.slice(0, MOST).map(({ key, reason }) => h("p", { class: "notice" }, "A note of the ledger cannot be read: ", quoted(key), ": ", quoted(reason))),
    forgotten_before && h("p", { class: "hint" }, "Events before ", timeElement(forgotten_before, fullTime), " are forgotten by retention, and so is what was proven of them."),
  ];
}

/** @param {Answer} answer @param {number} from */
function streams({ streams, uncollected = [] }, from) {
  if (streams.length === 0 && uncollected.length > 0) return [];
  if (streams.length === 0) return [h("p", { class: "hint" }, "No source has proven anything of the last seven days.")];
  return streams.map((stream) => h("article", { class: "stream", "data-stream": `${stream.source}/${stream.tenant}/${stream.content}` },
    h("h3", {}, quoted([stream.source, stream.content, stream.tenant].filter(Boolean).join(" · "))),
    h("p", { class: "sentence" }, quoted(stream.sentence)),
    strip(stream, from),
    gaps(stream)));
}

/** @param {Stream} stream @param {number} from */
function strip({ strip = [], sentence }, from) {
  const place = (/** @type {string} */ time) => Math.min(WIDTH, Math.max(0, ((Date.parse(time) - from) / LENGTH) * WIDTH));
  const stretches = strip.filter(({ standing }) => Object.hasOwn(STANDINGS, standing)).map((stretch) => {
    const x = place(stretch.from);
    // What is short is drawn all the same: a loss of a minute must be seen.
    const width = Math.max(place(stretch.until) - x, 2);
    return svg("rect", { class: `standing-${stretch.standing}`, x: x.toFixed(2), y: 0, width: width.toFixed(2), height: 20 },
      svg("title", {}, `${STANDINGS[stretch.standing]}: ${spanName(stretch.from, stretch.until)}`));
  });
  return svg("svg", { class: "strip", viewBox: `0 0 ${WIDTH} 20`, preserveAspectRatio: "none", role: "img", "aria-label": visible(sentence) }, worstLast(stretches));
}

/** Draws the worst on top. @param {Element[]} stretches */
function worstLast(stretches) {
  const rank = (/** @type {Element} */ element) => Object.keys(STANDINGS).findIndex((standing) => element.classList.contains(`standing-${standing}`));
  return [...stretches].sort((a, b) => rank(a) - rank(b));
}

/** @param {Gap} gap */
function isSerious({ kind }) {
  return kind !== "incomplete";
}

/** Losses and holes first: they must not hide behind work under way. @param {Stream} stream */
function gaps({ gaps, more_gaps = 0 }) {
  if (gaps.length === 0) return null;
  const [serious, others] = [gaps.filter(isSerious), gaps.filter((gap) => !isSerious(gap))];
  const shown = [...serious, ...others].slice(0, MOST);
  const hidden = gaps.length - shown.length + more_gaps;
  const hiddenSerious = Math.max(serious.length - MOST, 0);
  const more = hidden > 0 && h("li", { class: "hint" }, `and ${counted(hidden, "more gap")}`, hiddenSerious > 0 && `, ${number(hiddenSerious)} of them lost or missing`);
  return h("ul", { class: "gaps", "aria-label": "Gaps" }, shown.map(row), more);
}

/** @param {Gap} gap */
function row({ kind, from, until, reason, items = [], more_items = 0 }) {
  const count = items.length + more_items;
  return h("li", { class: `gap ${kind === "incomplete" ? "" : "serious"}` },
    h("b", {}, visible(kind)), " ", h("span", { title: `${from} – ${until} (UTC)` }, spanName(from, until)), ": ", quoted(reason),
    count > 0 && h("span", { class: "blobs" }, ` (${counted(count, "blob")}: `, quoted(items.slice(0, MOST).join(", ") + (count > MOST ? ", …" : "")), ")"));
}
