// Talks to the server. Every failure becomes a `Problem` with a sentence for the user.

/**
 * @typedef {{target?: string, property: string, old?: unknown, new?: unknown}} Change
 * @typedef {{id: string, text: string, author: string, at: string}} Comment
 * @typedef {{id: string, dedupe_key: string, timestamp: string, available_at?: string, ingested_at?: string,
 *   tenant: string, source: string, service: string, operation: string, result: string,
 *   actor_display: string|null, actor_upn: string|null, actor_type: string|null, actor_ip: string|null,
 *   target_displays: string[], changes: Change[], correlation_id: string|null, display_summary: string,
 *   tags: string[], comments: Comment[], flags: string[], normalizer: string, revision_of?: string|null}} Event
 * @typedef {{items: Event[], total: number, next_cursor: string|null}} Hits
 * @typedef {{value: string, count: number}} Option
 * @typedef {Record<string, Option[]>} Options
 * @typedef {{start: string, count: number, failures: number}} Bucket
 */

/** What went wrong, in words for the user. */
export class Problem extends Error {
  /** @param {string} message @param {number} status @param {string} [requestId] @param {string} [detail] in the server's words */
  constructor(message, status, requestId = "", detail = message) {
    super(message);
    this.status = status;
    this.requestId = requestId;
    this.detail = detail;
  }
}

/** @param {string} path @param {URLSearchParams} [params] @param {AbortSignal} [signal] @returns {Promise<any>} */
export async function get(path, params, signal) {
  const text = await getText(path, params, signal);
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem("The server's answer was not JSON. Is there a proxy in between?", 200);
  }
}

/**
 * Has the server do something. Resolves to its answer, or null where it has none to give.
 * @param {"POST"|"PUT"|"DELETE"} method @param {string} path @param {string} [body] JSON @param {AbortSignal} [signal] @returns {Promise<any>}
 */
export async function send(method, path, body, signal) {
  const response = await reach(path, signal, { method, body, headers: body === undefined ? {} : { "content-type": "application/json" } });
  const text = await response.text();
  if (!response.ok) throw problemOf(response.status, text);
  return text ? JSON.parse(text) : null;
}

/** A failure in words for the user. One that is no `Problem` is a mistake of ours and goes to the console. @param {unknown} error */
export function words(error) {
  if (error instanceof Problem) return error.message;
  console.error(error);
  return "The page could not show the answer.";
}

/** The answer's text, for those who need it as sent. @param {string} path @param {URLSearchParams} [params] @param {AbortSignal} [signal] */
export async function getText(path, params, signal) {
  const query = params?.toString();
  const response = await reach(query ? `${path}?${query}` : path, signal);
  const text = await response.text();
  if (!response.ok) throw problemOf(response.status, text);
  return text;
}

/** Whether an error only says that a newer request took over. @param {unknown} error */
export function superseded(error) {
  return error instanceof DOMException && error.name === "AbortError";
}

/** Invariant: at most one request of a `Latest` is under way, and only the newest one's answer is seen. */
export class Latest {
  /** @type {AbortController | null} */ #running = null;

  /**
   * Starts `work`, giving up what ran before. Resolves to undefined when something newer took over meanwhile.
   * @template T @param {(signal: AbortSignal) => Promise<T>} work @returns {Promise<T | undefined>}
   */
  async run(work) {
    this.cancel();
    const mine = (this.#running = new AbortController());
    try {
      const answer = await work(mine.signal);
      return mine.signal.aborted ? undefined : answer;
    } catch (error) {
      if (mine.signal.aborted || superseded(error)) return undefined;
      throw error;
    } finally {
      if (this.#running === mine) this.#running = null;
    }
  }

  cancel() {
    this.#running?.abort();
    this.#running = null;
  }
}

/** @param {string} address @param {AbortSignal} [signal] @param {RequestInit} [how] */
export async function reach(address, signal, { headers, ...how } = {}) {
  try {
    return await fetch(address, { signal, ...how, headers: { accept: "application/json", ...headers }, credentials: "same-origin" });
  } catch (error) {
    if (superseded(error)) throw error;
    throw new Problem("The server cannot be reached.", 0);
  }
}

/** @param {number} status @param {string} text */
export function problemOf(status, text) {
  try {
    const { detail, title, request_id } = JSON.parse(text);
    return new Problem(sentence(detail || title || `The server answered ${status}`), status, request_id, String(detail || title || ""));
  } catch {
    return new Problem(`The server answered ${status}.`, status);
  }
}

/** Words as a sentence. @param {unknown} words */
export function sentence(words) {
  const text = String(words);
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}
