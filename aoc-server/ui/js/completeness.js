// The ledger of the last seven days: what is proven complete, stream by stream, and what is known to be missing.
import { get, Latest, Problem } from "./api.js";
import { h, quoted, replace, svg, visible } from "./dom.js";
import { counted, spanName } from "./format.js";

/**
 * @typedef {{from: string, until: string, standing: string}} Stretch
 * @typedef {{from: string, until: string, kind: string, reason: string, items?: string[]}} Gap
 * @typedef {{source: string, tenant: string, content: string, sentence: string, gaps: Gap[], strip?: Stretch[]}} Stream
 * @typedef {{at: string, forgotten_before: string|null, streams: Stream[], unreadable: {key: string, reason: string}[]}} Answer
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
  #reading = new Latest();

  /** @param {HTMLElement} host */
  constructor(host) {
    this.#host = host;
  }

  /** Shows the view, or hides it. @param {boolean} open */
  show(open) {
    if (this.#host.hidden !== open) return;
    this.#host.hidden = !open;
    if (open) this.read();
    else this.#reading.cancel();
  }

  /** Asks again, where the view is open. */
  async read() {
    if (this.#host.hidden) return;
    const from = Math.floor((Date.now() - LENGTH) / MINUTE) * MINUTE + MINUTE;
    const params = new URLSearchParams({ from: new Date(from).toISOString().replace(".000Z", "Z"), strip: "true" });
    this.#host.setAttribute("aria-busy", "true");
    try {
      const answer = await this.#reading.run((signal) => get("/api/gaps", params, signal));
      if (answer === undefined) return;
      replace(this.#host, [h("h2", {}, "Completeness"), legend(), ...notices(answer), ...streams(answer, from)]);
    } catch (error) {
      const words = error instanceof Problem ? error.message : "The page could not show the answer.";
      if (!(error instanceof Problem)) console.error(error);
      replace(this.#host, [h("h2", {}, "Completeness"), h("p", { class: "notice", role: "alert" }, visible(words))]);
    }
    this.#host.removeAttribute("aria-busy");
  }
}

function legend() {
  const keys = Object.entries(STANDINGS).map(([standing, words]) => h("li", {}, h("span", { class: `key standing-${standing}` }), words));
  return h("ul", { class: "legend", "aria-label": `What the strips of the last ${DAYS} days show` }, keys);
}

/** @param {Answer} answer */
function notices({ unreadable, forgotten_before }) {
  return [
    ...unreadable.slice(0, MOST).map(({ key, reason }) => h("p", { class: "notice" }, "A note of the ledger cannot be read: ", quoted(key), ": ", quoted(reason))),
    forgotten_before && h("p", { class: "hint" }, `Events before ${forgotten_before} are forgotten by retention, and so is what was proven of them.`),
  ];
}

/** @param {Answer} answer @param {number} from */
function streams({ streams }, from) {
  if (streams.length === 0) return [h("p", { class: "hint" }, "No source has proven anything of the last seven days.")];
  return streams.map((stream) => h("article", { class: "stream", "data-stream": `${stream.source}/${stream.tenant}/${stream.content}` },
    h("h3", {}, quoted([stream.source, stream.content, stream.tenant].filter(Boolean).join(" · "))),
    h("p", { class: "sentence" }, quoted(stream.sentence)),
    strip(stream, from),
    gaps(stream.gaps)));
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

/** @param {Gap[]} gaps */
function gaps(gaps) {
  if (gaps.length === 0) return null;
  const rows = gaps.slice(0, MOST).map(({ kind, from, until, reason, items = [] }) => h("li", { class: `gap ${kind === "incomplete" ? "" : "serious"}` },
    h("b", {}, visible(kind)), " ", h("span", { title: `${from} – ${until} (UTC)` }, spanName(from, until)), ": ", quoted(reason),
    items.length > 0 && h("span", { class: "blobs" }, ` (${counted(items.length, "blob")}: `, quoted(items.slice(0, MOST).join(", ") + (items.length > MOST ? ", …" : "")), ")")));
  const more = gaps.length > MOST && h("li", { class: "hint" }, `and ${counted(gaps.length - MOST, "more gap")}`);
  return h("ul", { class: "gaps", "aria-label": "Gaps" }, rows, more);
}
