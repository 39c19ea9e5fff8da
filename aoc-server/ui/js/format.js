// Numbers, times and values as text. Times are shown in the reader's zone; UTC stands beside or behind them.
import { h } from "./dom.js";

const toMinutes = /** @type {const} */ ({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const toSeconds = /** @type {const} */ ({ ...toMinutes, second: "2-digit" });
export const clockTime = format(toSeconds);
export const dayName = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
export const fullTime = format({ weekday: "short", day: "numeric", month: "short", year: "numeric", ...toSeconds, timeZoneName: "short" });
export const briefTime = format({ day: "numeric", month: "short", year: "numeric", ...toMinutes });
const numbers = new Intl.NumberFormat();

/** @param {Intl.DateTimeFormatOptions} options */
function format(options) {
  const formatter = new Intl.DateTimeFormat(undefined, options);
  return (/** @type {string | number | Date} */ time) => {
    const date = new Date(time);
    return Number.isNaN(date.getTime()) ? String(time) : formatter.format(date);
  };
}

/** 1234 as the reader writes it. @param {number} value */
export function number(value) {
  return numbers.format(value);
}

/** "1 event", "2 events". @param {number} count @param {string} noun */
export function counted(count, noun) {
  return `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A time element with UTC, as the source gave it, on hover. @param {string} time @param {(time: string) => string} as */
export function timeElement(time, as) {
  return h("time", { datetime: time, title: `${time} (UTC)` }, as(time));
}

/** Equal for times on the same local day. @param {string} time */
export function dayKey(time) {
  return new Date(time).toDateString();
}

/** A span of time, with no more dates than needed. @param {string} start @param {string} end */
export function spanName(start, end) {
  if (!end) return `since ${briefTime(start)}`;
  if (!start) return `before ${briefTime(end)}`;
  return `${briefTime(start)} – ${dayKey(start) === dayKey(end) ? clockTime(end).slice(0, 5) : briefTime(end)}`;
}

/** A stretch of time in its largest whole unit that says enough. @param {number} seconds */
export function lengthName(seconds) {
  if (seconds < 120) return `${number(seconds)} s`;
  if (seconds < 7200) return `${number(Math.floor(seconds / 60))} min`;
  return seconds < 172_800 ? `${number(Math.floor(seconds / 3600))} h` : `${number(Math.floor(seconds / 86_400))} days`;
}

/** A changed value as text: text as it is, anything else as JSON. @param {unknown} value */
export function valueText(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** Services met most, so that neighbours in a list differ in colour. */
const FAMILIAR = ["SharePoint", "Exchange", "Directory", "GroupManagement", "Teams", "OneDrive", "SignIn", "Intune", "RoleManagement", "UserManagement"];

/** One of ten colour classes, always the same one for a name. @param {string} name */
export function hue(name) {
  if (FAMILIAR.includes(name)) return `hue-${FAMILIAR.indexOf(name)}`;
  let sum = 7;
  for (const char of name) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973;
  return `hue-${sum % 10}`;
}
