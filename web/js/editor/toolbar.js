/** What can be done to the layout as a whole, and to the chosen box. */

import { h } from "../page/dom.js";
import { entryOf } from "./plan.js";

export class Toolbar {
  /** @param {import("./editor.js").LayoutEditor} editor */
  constructor(editor) {
    this.editor = editor;
    const button = (/** @type {string} */ name, /** @type {string} */ icon, /** @type {() => void} */ action) =>
      h("button", { type: "button", class: `ads-tool ads-tool-${name}`, title: editor.say(`editor.${name}`),
        "aria-label": editor.say(`editor.${name}`), onclick: action }, h("i", { class: `pi ${icon}`, "aria-hidden": "true" }));
    this.undo = button("undo", "pi-undo", () => editor.undo());
    this.redo = button("redo", "pi-undo", () => editor.redo());
    this.add = button("add", "pi-plus", () => editor.add());
    this.remove = button("remove", "pi-trash", () => editor.remove());
    this.lock = button("lock", "pi-lock-open", () => editor.toggleLock());
    this.reset = h("button", { type: "button", class: "ads-tool-reset", onclick: () => editor.reset() }, editor.say("editor.reset"));
    this.channel = h("span", { class: "ads-channel" });
    this.element = h(
      "div", { class: "ads-toolbar", role: "toolbar", "aria-label": editor.say("editor.toolbar") },
      this.undo, this.redo, h("span", { class: "ads-gap" }), this.add, this.remove, this.lock, h("span", { class: "ads-gap" }),
      this.reset, this.channel,
    );
  }

  draw() {
    const { editor } = this;
    const item = editor.itemOf(editor.selected);
    const isLocked = Boolean(item && entryOf(editor.plan, item).locked);
    const free = !editor.isReadOnly;
    this.undo.disabled = !(free && editor.history.canUndo);
    this.redo.disabled = !(free && editor.history.canRedo);
    this.add.disabled = !free;
    this.remove.disabled = !(free && item && item.kind !== "product");
    this.lock.disabled = !(free && item);
    this.lock.setAttribute("aria-pressed", String(isLocked));
    this.lock.firstElementChild?.setAttribute("class", `pi ${isLocked ? "pi-lock" : "pi-lock-open"}`);
    this.reset.disabled = !(free && editor.isEdited);
    this.channel.textContent = editor.channelName;
  }
}
