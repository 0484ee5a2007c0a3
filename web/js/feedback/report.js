/** The report of the last run: what each node did, how long it took, what it has to say. */

import { h } from "../page/dom.js";
import { badgeWords, errorText } from "./telling.js";

/**
 * @param {import("./runlog.js").RunLog} log
 * @param {(id: string) => string} titleOf
 * @param {import("../page/words.js").Say} say
 */
export function openReport(log, titleOf, say) {
  document.querySelector(".adstudio-report")?.remove();
  const dialog = h(
    "dialog", { class: "adstudio-report", "aria-labelledby": "adstudio-report-title", onclose: () => dialog.remove() },
    h("header", {}, h("h2", { id: "adstudio-report-title" }, say("report.title")),
      h("button", { type: "button", "aria-label": say("report.close"), onclick: () => dialog.close() }, h("i", { class: "pi pi-times", "aria-hidden": "true" }))),
    log.state === "none" ? h("p", {}, say("report.none")) : table(log, titleOf, say),
  );
  // Keys pressed here are not meant for the graph behind.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * @param {import("./runlog.js").RunLog} log
 * @param {(id: string) => string} titleOf
 * @param {import("../page/words.js").Say} say
 */
function table(log, titleOf, say) {
  const steps = [...log.steps.values()];
  const longest = Math.max(1, ...steps.map((step) => step.milliseconds));
  const heads = ["node", "state", "time", "told"].map((name) => h("th", { scope: "col" }, say(`report.${name}`)));
  const rows = steps.map((step) => h(
    "tr", { "data-state": step.state },
    h("th", { scope: "row" }, titleOf(step.id)),
    h("td", {}, say(`report.states.${step.state}`)),
    h("td", { class: "ads-time", style: `--ads-share:${step.milliseconds / longest}` }, step.milliseconds ? seconds(step.milliseconds, say) : "–"),
    h("td", {}, ...(step.error ? [h("p", { class: "ads-error" }, errorText(step.error, say))] : []),
      ...step.badges.map((badge) => h("p", {}, badgeWords(badge, say)))),
  ));
  return h("div", {},
    h("p", { class: "ads-sum" }, say("report.sum", { state: say(`report.states.${log.state}`), time: seconds(log.lasted(), say) })),
    h("table", {}, h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...rows)));
}

/**
 * @param {number} milliseconds
 * @param {import("../page/words.js").Say} say
 */
function seconds(milliseconds, say) {
  return say("report.seconds", { count: (milliseconds / 1000).toFixed(milliseconds < 9950 ? 1 : 0) });
}
