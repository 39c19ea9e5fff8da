// A part of the page that is read again every minute while it is shown.
import { Latest, words } from "./api.js";

const MINUTE = 60_000;

/** @template T */
export class Refreshed {
  #host;
  #ask;
  #fill;
  #fail;
  #reading = new Latest();
  /** @type {ReturnType<typeof setInterval> | undefined} */ #again;
  #open = false;
  /** When the last answer came. */
  #readAt = 0;

  /** @param {HTMLElement} host @param {(signal: AbortSignal) => Promise<T>} ask @param {(answer: T) => void} fill @param {(words: string) => void} fail */
  constructor(host, ask, fill, fail) {
    this.#host = host;
    this.#ask = ask;
    this.#fill = fill;
    this.#fail = fail;
    document.addEventListener("visibilitychange", () => document.hidden || (this.#isOld() && this.read()));
  }

  /** Begins to read, or ends it. @param {boolean} open */
  show(open) {
    if (this.#open === open) return;
    this.#open = open;
    clearInterval(this.#again);
    if (!open) return this.#reading.cancel();
    this.#again = setInterval(() => document.hidden || this.read(), MINUTE);
    this.read();
  }

  /** Asks again, where it is shown. */
  async read() {
    if (!this.#open) return;
    this.#host.setAttribute("aria-busy", "true");
    try {
      const answer = await this.#reading.run(this.#ask);
      if (answer === undefined) return;
      this.#fill(answer);
    } catch (error) {
      this.#fail(words(error));
    }
    this.#readAt = Date.now();
    this.#host.removeAttribute("aria-busy");
  }

  #isOld() {
    return Date.now() - this.#readAt >= MINUTE;
  }
}
