/** Menus and empty text fields of this pack's nodes in the user's language: on nodes and in the forms of apps. What is saved stays as it is. */

import { app, pageWords } from "./host.js";
import { optionName } from "./options.js";

const OURS = "AdStudio";

// Awaited here, so that the words are there before ComfyUI makes its first node.
const say = await pageWords();

app.registerExtension({
  name: "AdStudio.Menus",
  nodeCreated(node) {
    if (!node.comfyClass?.startsWith(OURS)) return;
    for (const widget of node.widgets ?? []) {
      if (widget.type === "combo") widget.options.getOptionLabel = (/** @type {unknown} */ value) => optionName(widget.name, String(value ?? ""), say);
      // An empty field says what it is for; ComfyUI puts the input's English name there.
      if (widget.type === "customtext" && widget.element && widget.label) widget.element.setAttribute("placeholder", widget.label);
    }
  },
});
