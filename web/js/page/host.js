/** ComfyUI's page, as far as this pack speaks with it. */

import { api } from "../../../../scripts/api.js";
import { app } from "../../../../scripts/app.js";
import { sayer } from "./words.js";

export { api, app };

/** @type {Promise<import("./words.js").Say> | undefined} */
let words;

/** The pack's words; asked for once, from the locales that the server hands out. */
export function pageWords() {
  words ??= api.fetchApi("/i18n").then((answer) => answer.json()).catch(() => ({})).then((tables) => {
    const own = tables[language()]?.adStudio ?? {};
    return sayer(own, tables.en?.adStudio ?? {});
  });
  return words;
}

/** The language that the user chose, `ko` or `en` among others. */
export function language() {
  return String(app.extensionManager?.setting?.get("Comfy.Locale") ?? "en");
}

/**
 * The address of a picture that the server keeps.
 *
 * @param {{filename: string, subfolder?: string, type?: string}} file
 */
export function pictureUrl(file) {
  const query = new URLSearchParams({ filename: file.filename, subfolder: file.subfolder ?? "", type: file.type ?? "temp" });
  return api.apiURL(`/view?${query}`);
}

/**
 * What a node showed in its last run; inside a subgraph it is kept under the subgraph's id as well.
 *
 * @param {ComfyNode} node
 * @returns {Record<string, any>}
 */
export function shownBy(node) {
  const key = node.graph?.isRootGraph === false ? `${node.graph.id}:${node.id}` : node.id;
  return app.nodeOutputs?.[key] ?? {};
}

/** Have the graph's own undo take note of what was changed by a script. */
export function noteChange() {
  const tracker = app.extensionManager?.workflow?.activeWorkflow?.changeTracker;
  (tracker?.captureCanvasState ?? tracker?.checkState)?.call(tracker);
}

/**
 * Keep a key for the element that has the focus.
 *
 * ComfyUI's undo listens on the window before anyone else, yet reads the key only in the next frame; what it reads then
 * means nothing to it. Stopping the event alone would undo twice, here and in the graph.
 *
 * @param {KeyboardEvent} event
 */
export function claimKey(event) {
  event.stopPropagation();
  event.preventDefault();
  Object.defineProperty(event, "key", { value: "Unidentified" });
}

/**
 * Load a stylesheet that lies beside a module, once.
 *
 * @param {string} address
 */
export function useStyles(address) {
  if (document.querySelector(`link[href="${CSS.escape(address)}"]`)) return;
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = address;
  document.head.append(link);
}
