/** What the editor has to say under the picture: stale layouts, new words, warnings; also aloud. */

import { h } from "../page/dom.js";

export class Notices {
  /** @param {import("./editor.js").LayoutEditor} editor */
  constructor(editor) {
    this.editor = editor;
    this.banners = h("div", { class: "ads-banners" });
    this.warnings = h("ul", { class: "ads-warnings", "aria-label": editor.say("editor.warnings") });
    this.live = h("div", { class: "ads-live", role: "status", "aria-live": "polite" });
    this.element = h("div", { class: "ads-notices" }, this.banners, this.warnings, this.live);
    this.told = "";
    this.shown = "";
  }

  /** @param {Warning[]} warnings */
  draw(warnings) {
    const { editor } = this;
    const lines = warnings.map((each) => editor.describe(each));
    const news = JSON.stringify([editor.problem, editor.isReadOnly, editor.stale, editor.hasNewWords, lines]);
    if (news === this.shown) return; // made anew, a banner would be read aloud again, and its buttons lose the focus
    this.shown = news;
    const banners = [];
    if (editor.problem) banners.push(this.#banner(editor.problem, [["reset", () => editor.reset()]]));
    if (editor.isReadOnly) banners.push(this.#banner("linked", []));
    if (editor.stale.length > 0) {
      banners.push(this.#banner(`stale_${editor.stale.join("_")}`, [["keep", () => editor.keep()], ["reset", () => editor.reset()]]));
    }
    if (editor.hasNewWords) banners.push(this.#banner("new_words", [["take_words", () => editor.takeWords()], ["dismiss", () => editor.dismissWords()]]));
    this.banners.replaceChildren(...banners);
    this.warnings.replaceChildren(...lines.map((line, i) => h("li", { "data-code": warnings[i].code }, line)));
    const spoken = lines.join(" ");
    if (spoken !== this.told) this.tell(spoken);
    this.told = spoken;
  }

  /** @param {string} text */
  tell(text) {
    this.live.textContent = text;
  }

  /**
   * @param {string} name
   * @param {[string, () => void][]} actions
   */
  #banner(name, actions) {
    const buttons = this.editor.isReadOnly ? [] : actions.map(([action, run]) =>
      h("button", { type: "button", "data-action": action, onclick: run }, this.editor.say(`editor.${action}`)));
    return h("div", { class: "ads-banner", "data-notice": name, role: "alert" }, h("span", {}, this.editor.say(`editor.notice.${name}`)), ...buttons);
  }
}
