// Who collects, where several processes share one store.
import { get } from "./api.js";
import { h, quoted } from "./dom.js";
import { fullTime, timeElement } from "./format.js";

/** @typedef {{leads: boolean, leader: {name: string, since: string}|null}} Leadership */

/** Asks who leads; null where nobody can be asked: that must not hide the rest. @param {AbortSignal} signal @returns {Promise<Leadership|null>} */
export async function leadership(signal) {
  try {
    return (await get("/api/source-health", new URLSearchParams(), signal)).leadership ?? null;
  } catch {
    return null;
  }
}

/** One line on who leads; nothing where there is no choice. @param {Leadership|null} leadership */
export function leaderLine(leadership) {
  if (!leadership || (leadership.leads && !leadership.leader)) return null;
  const { leads, leader } = leadership;
  if (!leader) return h("p", { class: "hint leader" }, "This process stands by; nobody leads and collects");
  const name = quoted(leader.name);
  const since = [" since ", timeElement(leader.since, fullTime)];
  return leads ? h("p", { class: "hint leader" }, "Leader: ", name, since) : h("p", { class: "hint leader" }, "This process stands by; ", name, " leads", since);
}
