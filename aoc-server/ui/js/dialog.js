// Asks before something is done.
import { h } from "./dom.js";

/** Resolves to whether the reader agrees. Escape and “Cancel” mean no. @param {(Node | string)[]} question @param {string} verb @returns {Promise<boolean>} */
export function agreed(question, verb) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "dialog", "aria-label": verb });
    const end = (/** @type {string} */ answer) => () => dialog.close(answer);
    dialog.append(h("p", {}, question), h("p", { class: "buttons" },
      h("button", { type: "button", class: "button", onclick: end("") }, "Cancel"),
      h("button", { type: "button", class: "button primary", onclick: end("yes") }, verb)));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
