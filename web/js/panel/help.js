/** What the panel cannot do itself: how models get here, and what this ComfyUI is too old for. */

import { h } from "../page/dom.js";
import { lackText } from "../page/lacks.js";
import { gigabytes } from "./engines.js";

/** @typedef {import("../page/words.js").Say} Say */

/** @param {Say} say */
export function openModelHelp(say) {
  open(say, "title", [
    h("p", {}, say("panel.help.about")),
    h("ol", {}, ...["folder", "file", "reload"].map((step) => h("li", {}, say(`panel.help.${step}`)))),
  ]);
}

/**
 * Which files engines wait for, and where each belongs.
 *
 * @param {Say} say
 * @param {Engine[]} engines
 * @param {() => void} lookAgain
 */
export function openFilesHelp(say, engines, lookAgain) {
  open(say, "files_title", [
    h("p", {}, say("panel.help.files_about")),
    ...engines.flatMap((engine) => [
      h("h3", {}, say(`panel.engines.${engine.id}`), h("small", {}, say("panel.help.in_all", { gb: gigabytes([engine]) }))),
      h("ul", { class: "adp-files" }, ...engine.files.filter(({ state }) => state !== "there").map((file) => fileLine(say, file))),
    ]),
  ], h("button", { type: "button", class: "adp-again", onclick: lookAgain }, say("panel.help.look_again")));
}

/**
 * @param {Say} say
 * @param {EngineFile} file
 */
function fileLine(say, file) {
  const about = [`${file.gb} GB`, file.licence === "unknown" ? say("panel.help.licence_unknown") : file.licence];
  if (file.commercial === false) about.push(say("panel.help.not_commercial"));
  if (file.state === "damaged") about.unshift(say("panel.help.damaged"));
  return h("li", {}, h("code", {}, `models/${file.place}`), h("span", {}, about.join(" · ")),
    h("span", {}, say("panel.help.from", { hub: file.hub }), " ", file.path === file.place.split("/").pop() ? "" : h("code", {}, file.path)));
}

/**
 * @param {Say} say
 * @param {string} title
 * @param {HTMLElement[]} content
 * @param {HTMLElement[]} buttons
 */
function open(say, title, content, ...buttons) {
  const dialog = h(
    "dialog", { class: "adstudio-dialog", "aria-labelledby": "adstudio-help-title", onclose: () => dialog.remove() },
    h("h2", { id: "adstudio-help-title" }, say(`panel.help.${title}`)), ...content,
    h("div", { class: "adp-buttons" }, ...buttons, h("button", { type: "button", class: "adp-close", onclick: () => dialog.close() }, say("panel.help.close"))),
  );
  for (const button of buttons) button.addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * What this ComfyUI lacks; nothing where it lacks nothing.
 *
 * @param {Lack[]} lacks
 * @param {import("../page/words.js").Say} say
 */
export function lacksNotice(lacks, say) {
  if (lacks.length === 0) return [];
  return [h("details", { class: "adp-notice adp-lacks" },
    h("summary", {}, say("panel.lacks.title", { count: lacks.length })),
    h("ul", {}, ...lacks.map((lack) => h("li", { "data-code": lack.code }, lackText(lack, say)))),
    h("p", {}, say("panel.lacks.update")))];
}
