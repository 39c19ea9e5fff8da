// What a rule of our own looks for, in words.
import { valueText } from "./format.js";

/** @typedef {import("./rules.js").Rule} Rule */

/** @type {Record<string, string>} */
const OPS = {
  equals: "is", not_equals: "is not", contains: "contains", not_contains: "does not contain", starts_with: "starts with", ends_with: "ends with",
  like: "is like", in_network: "is in the network", not_in_network: "is in none of the networks", exists: "is there", missing: "is missing or empty",
};
/** @type {Record<string, string>} */
const FILTERS = { actor: "actor contains", search: "the record has the words", start: "not before", end: "before", include_tags: "has the tag", exclude_tags: "has none of the tags" };

/** What an event must be, a sentence each. @param {Rule} rule @returns {string[]} */
export function looksFor(rule) {
  const conditions = (rule.conditions ?? []).map(({ field, op, value }) => `${field} ${OPS[op] ?? op}${value === undefined || value === null ? "" : ` ${anyOf(value)}`}`);
  return [
    ...filterWords(rule.filter ?? {}), ...conditions,
    ...(rule.exclude_services?.length ? [`service is not ${anyOf(rule.exclude_services)}`] : []),
    ...(rule.schedule ? [happened(rule.schedule)] : []),
  ];
}

/** How many events it takes, and when it keeps quiet. @param {Rule} rule @returns {string[]} */
export function counts({ threshold, suppress }) {
  const out = [];
  if (threshold) {
    const { count, within, group_by = [], distinct } = threshold;
    out.push(`it takes ${count} ${distinct ? `different values of ${distinct}` : "such events"} within ${valueText(within)}${per(group_by)}`);
  }
  if (suppress) out.push(`after an alert it keeps quiet for ${valueText(suppress.for)}${suppress.by?.length ? ` about the same ${suppress.by.join(", ")}` : ""}`);
  return out;
}

/** A filter, a sentence for each member. @param {Record<string, any>} filter @returns {string[]} */
export function filterWords(filter) {
  return Object.entries(filter).filter(([, value]) => value !== null && value !== "" && value?.length !== 0)
    .map(([name, value]) => `${FILTERS[name] ?? `${name} is`} ${anyOf(value)}`);
}

/** @param {any} schedule */
function happened({ when = "within", days = [], from = "00:00", until = "24:00", utc_offset = "+00:00" }) {
  return `it happened ${when} ${days.length ? days.join(", ") : "every day"}, ${from} to ${until} (UTC${utc_offset})`;
}

/** @param {string[]} fields */
function per(fields) {
  return fields.length ? `, counted per ${fields.join(", ")}` : "";
}

/** @param {unknown} value */
function anyOf(value) {
  const values = Array.isArray(value) ? value : [value];
  return values.map((one) => (typeof one === "string" ? `“${one}”` : valueText(one))).join(" or ");
}
