/** How a real model gets here: the one thing that the panel cannot do itself. */

import { h } from "../page/dom.js";

/** @param {import("../page/words.js").Say} say */
export function openModelHelp(say) {
  const dialog = h(
    "dialog", { class: "adstudio-dialog", "aria-labelledby": "adstudio-help-title", onclose: () => dialog.remove() },
    h("h2", { id: "adstudio-help-title" }, say("panel.help.title")),
    h("p", {}, say("panel.help.about")),
    h("ol", {}, ...["folder", "file", "reload"].map((step) => h("li", {}, say(`panel.help.${step}`)))),
    h("button", { type: "button", onclick: () => dialog.close() }, say("panel.help.close")),
  );
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  document.body.append(dialog);
  dialog.showModal();
}
