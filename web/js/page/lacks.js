/** What this ComfyUI lacks of what the pack uses: the server's part is asked for, the page's is looked for here. */

import { api, app } from "./host.js";

/** A setting that came with forms made of chosen fields. */
const APP_FORMS = "Comfy.AppBuilder.VueNodeSwitchDismissed";

/** Whether the page has a place for the ad panel. */
export function hasSidebar() {
  return typeof app.extensionManager?.registerSidebarTab === "function";
}

/** @returns {Promise<Lack[]>} */
export async function findLacks() {
  const here = [
    ...(app.extensionManager?.setting?.get(APP_FORMS) === undefined ? ["app_form"] : []),
    ...(window.LGraphBadge ? [] : ["badges"]),
  ];
  return [...here.map((code) => ({ code, sentence: "", values: {} })), ...(await onServer())];
}

/** @returns {Promise<Lack[]>} */
async function onServer() {
  const answer = await api.fetchApi("/adstudio/lacks").catch(() => null);
  return answer?.ok ? (await answer.json()).lacks : [];
}

/**
 * @param {Lack} lack
 * @param {import("./words.js").Say} say
 */
export function lackText(lack, say) {
  const text = say(`panel.lacks.${lack.code}`, lack.values);
  return text === lack.code ? lack.sentence : text; // a server newer than this page's words
}
