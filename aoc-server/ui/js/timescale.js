// The arithmetic of the timeline: where a time lies, which times to name, which bars to draw.

/**
 * @typedef {{start: number, end: number, count: number, failures: number}} Bar
 * @typedef {"minute"|"hour"|"day"|"month"|"year"} Unit
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** @type {Record<string, number>} */
const LENGTH = { minute: MINUTE, hour: HOUR, day: DAY, week: 7 * DAY, month: 30 * DAY };

/** Steps between named times, from fine to coarse. @type {[Unit, number, number][]} */
const STEPS = [
  ["minute", 1, MINUTE], ["minute", 5, 5 * MINUTE], ["minute", 15, 15 * MINUTE], ["minute", 30, 30 * MINUTE],
  ["hour", 1, HOUR], ["hour", 3, 3 * HOUR], ["hour", 6, 6 * HOUR], ["hour", 12, 12 * HOUR],
  ["day", 1, DAY], ["day", 2, 2 * DAY], ["day", 7, 7 * DAY], ["day", 14, 14 * DAY],
  ["month", 1, 30 * DAY], ["month", 3, 91 * DAY], ["month", 6, 182 * DAY],
  ["year", 1, 365 * DAY], ["year", 2, 730 * DAY], ["year", 5, 1826 * DAY], ["year", 10, 3652 * DAY],
];

/**
 * The buckets of an answer as bars, neighbours joined until there are at most `most`.
 * @param {{bucket: string, buckets: import("./api.js").Bucket[]}} answer @param {number} most @returns {Bar[]}
 */
export function bars({ bucket, buckets }, most) {
  const length = LENGTH[bucket] ?? HOUR;
  const starts = buckets.map(({ start }) => Date.parse(start));
  const each = buckets.map(({ count, failures }, i) => ({ start: starts[i], end: Math.min(starts[i + 1] ?? Infinity, endOf(starts[i], bucket, length)), count, failures }));
  return joined(each, Math.ceil(each.length / most));
}

/** A scale that is a little above the highest bar, and its round top. @param {number} highest */
export function niceTop(highest) {
  const power = 10 ** Math.floor(Math.log10(Math.max(highest, 1)));
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= highest) ?? 10;
  return Math.max(step * power, 2);
}

/** Times to name on the axis, about `count` of them, on local round times. @param {number} start @param {number} end @param {number} count */
export function ticks(start, end, count) {
  const [unit, size] = STEPS.find(([, , length]) => (end - start) / length <= count) ?? STEPS[STEPS.length - 1];
  const out = [];
  for (let time = floor(new Date(start), unit, size); time.getTime() < end; time = add(time, unit, size)) {
    if (time.getTime() >= start) out.push(time);
  }
  return { times: out, name: namer(unit) };
}

/** @param {Unit} unit */
function namer(unit) {
  const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
  const month = new Intl.DateTimeFormat(undefined, { month: "short", year: "numeric" });
  return (/** @type {Date} */ time) => {
    if (unit === "year") return String(time.getFullYear());
    if (unit === "month") return month.format(time);
    return unit === "day" || time.getHours() + time.getMinutes() === 0 ? day.format(time) : clock.format(time);
  };
}

/** @param {number} start @param {string} bucket @param {number} length */
function endOf(start, bucket, length) {
  if (bucket !== "month") return start + length;
  const date = new Date(start);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

/** @param {Bar[]} each @param {number} size @returns {Bar[]} */
function joined(each, size) {
  if (size <= 1) return each;
  const out = [];
  for (let i = 0; i < each.length; i += size) {
    const group = each.slice(i, i + size);
    out.push({
      start: group[0].start, end: group[group.length - 1].end,
      count: group.reduce((sum, bar) => sum + bar.count, 0), failures: group.reduce((sum, bar) => sum + bar.failures, 0),
    });
  }
  return out;
}

/** @param {Date} time @param {Unit} unit @param {number} size */
function floor(time, unit, size) {
  const [year, month, day, hour, minute] = [time.getFullYear(), time.getMonth(), time.getDate(), time.getHours(), time.getMinutes()];
  if (unit === "year") return new Date(year - (year % size), 0, 1);
  if (unit === "month") return new Date(year, month - (month % size), 1);
  if (unit === "day") return new Date(year, month, day);
  if (unit === "hour") return new Date(year, month, day, hour - (hour % size));
  return new Date(year, month, day, hour, minute - (minute % size));
}

/** @param {Date} time @param {Unit} unit @param {number} size */
function add(time, unit, size) {
  const [year, month, day] = [time.getFullYear(), time.getMonth(), time.getDate()];
  if (unit === "year") return new Date(year + size, 0, 1);
  if (unit === "month") return new Date(year, month + size, 1);
  if (unit === "day") return new Date(year, month, day + size);
  return new Date(time.getTime() + size * (unit === "hour" ? HOUR : MINUTE));
}
