// An answer that comes piece by piece.
import { Problem, problemOf, reach, superseded } from "./api.js";

/**
 * Asks a question. Resolves to the whole answer, once there is one; what is known of it before goes to `onText`.
 * @param {object} question @param {(text: string) => void} onText @param {AbortSignal} signal @returns {Promise<import("./ask.js").Answer>}
 */
export async function ask(question, onText, signal) {
  const headers = { accept: "text/event-stream", "content-type": "application/json" };
  const response = await reach("/api/ask", signal, { method: "POST", body: JSON.stringify(question), headers });
  if (!response.ok || !response.body) throw problemOf(response.status, await response.text());
  for await (const { name, data } of events(response.body)) {
    if (name === "text") onText(JSON.parse(data).text);
    if (name === "answer") return JSON.parse(data);
    if (name === "problem") throw problemOf(JSON.parse(data).status, data);
  }
  throw new Problem("The answer broke off before its end.", 0);
}

/** Server-sent events. @param {ReadableStream<Uint8Array>} body */
async function* events(body) {
  let left = "";
  for await (const text of texts(body.getReader(), new TextDecoder())) {
    const blocks = (left + text).split("\n\n");
    left = blocks.pop() ?? "";
    for (const block of blocks) yield { name: member(block, "event"), data: member(block, "data") };
  }
}

/** @param {ReadableStreamDefaultReader<Uint8Array>} reader @param {TextDecoder} decoder */
async function* texts(reader, decoder) {
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield decoder.decode(piece.value, { stream: true });
  } catch (error) {
    if (superseded(error)) throw error;
    throw new Problem("The answer broke off before its end: the server cannot be reached.", 0);
  }
}

/** @param {string} block @param {string} name */
function member(block, name) {
  const lines = block.split("\n").filter((line) => line.startsWith(`${name}:`));
  return lines.map((line) => line.slice(name.length + 1).trimStart()).join("\n");
}
