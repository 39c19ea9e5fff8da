// Shows JSON as it was sent. Works on the text, not on parsed values: numbers keep all their digits and
// repeated members stay.
import { h, visible } from "./dom.js";

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;
const COLOURED_LIMIT = 200_000;

/** The text of one member of the outermost object, or null. @param {string} text @param {string} name */
export function memberText(text, name) {
  const start = memberStart(text, name);
  if (start < 0) return null;
  let depth = 0;
  for (const token of tokens(text, start)) {
    if ("}],".includes(token[0]) && depth === 0) return text.slice(start, token.index).trim();
    depth += step(token[0]);
  }
  return null;
}

/** JSON text with line breaks and indentation. @param {string} text */
export function pretty(text) {
  return pieces(text).map((piece) => piece.text).join("");
}

/** A `<pre>` with the JSON in it, coloured unless it is very large. @param {string} text */
export function jsonView(text) {
  const children = text.length > COLOURED_LIMIT ? [visible(pretty(text))] : pieces(text).map(coloured);
  return h("pre", { class: "json", tabindex: 0, "aria-label": "Raw record" }, children);
}

/** @param {{text: string, kind: string}} piece */
function coloured({ text, kind }) {
  return kind ? h("span", { class: kind }, visible(text)) : text;
}

/** @param {string} text */
function pieces(text) {
  const out = [];
  let depth = 0;
  const all = [...tokens(text, 0)].map((match) => match[0]);
  const line = () => `\n${"  ".repeat(Math.max(depth, 0))}`;
  for (const [i, token] of all.entries()) {
    const next = all[i + 1] ?? "";
    const hollow = step(token) === 1 && step(next) === -1;
    if (step(next) === -1) depth -= 1;
    if (step(token) === 1) depth += 1;
    out.push({ text: token, kind: kindOf(token, next) });
    if (token === ":") out.push({ text: " ", kind: "" });
    else if (!hollow && (token === "," || step(token) === 1 || step(next) === -1)) out.push({ text: line(), kind: "" });
  }
  return out;
}

/** @param {string} token @param {string} next */
function kindOf(token, next) {
  if (token[0] === '"') return next === ":" ? "json-name" : "json-text";
  return "{}[],:".includes(token) ? "" : "json-value";
}

/** How the nesting changes after a token. @param {string} token */
function step(token) {
  if (token === "{" || token === "[") return 1;
  return token === "}" || token === "]" ? -1 : 0;
}

/** Where the value of a member of the outermost object begins, or -1. @param {string} text @param {string} name */
function memberStart(text, name) {
  let depth = 0;
  let before = "";
  for (const token of tokens(text, 0)) {
    if (depth === 1 && token[0] === ":" && before === JSON.stringify(name)) return token.index + 1;
    depth += step(token[0]);
    before = token[0];
  }
  return -1;
}

/** @param {string} text @param {number} from */
function tokens(text, from) {
  const pattern = new RegExp(TOKEN);
  pattern.lastIndex = from;
  return matches(pattern, text);
}

/** @param {RegExp} pattern @param {string} text */
function* matches(pattern, text) {
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) yield match;
}
