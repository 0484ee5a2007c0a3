/** The form: what to advertise, and how. */

import { h } from "../page/dom.js";
import { field, menu, photoPlace, picker, switcher } from "./fields.js";
import { keep, memory } from "./memory.js";
import { usualCheckpoint } from "./offers.js";
import { upload } from "./photos.js";
import { EMBEDDED, missing } from "./wishes.js";

export class Form {
  /**
   * @param {import("../page/words.js").Say} say
   * @param {Offers} offered
   * @param {{make: () => void, openSettings: () => void, openHelp: () => void}} actions
   */
  constructor(say, offered, actions) {
    this.say = say;
    this.offered = offered;
    this.actions = actions;
    this.isMoreOpen = false;
    this.problem = h("p", { class: "adp-problem", role: "alert", hidden: true });
    this.element = h("form", { class: "adp-form", novalidate: true, onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); this.submit(); } });
    this.draw();
  }

  get wishes() {
    return memory.wishes;
  }

  /** @param {Partial<Wishes>} change */
  put(change) {
    Object.assign(this.wishes, change);
    this.#tell("");
    keep();
  }

  /**
   * Draw anew what hangs on other answers, with the focus where it was.
   *
   * @param {Partial<Wishes>} [change]
   */
  draw(change = {}) {
    this.put(change);
    const { say, wishes } = this;
    const isEdit = wishes.mode === "edit";
    this.brief = h("textarea", {
      class: "adp-input adp-brief", rows: 4, maxlength: 2000, placeholder: say(isEdit ? "panel.edit_example" : "panel.example"),
      oninput: () => this.put({ brief: this.brief?.value ?? "" }),
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) this.submit();
      },
    });
    this.brief.value = wishes.brief;
    this.element.replaceChildren(
      switcher(say("panel.mode.label"), ["create", "edit"], wishes.mode, (mode) => say(`panel.mode.${mode}`), (mode) => { this.draw({ mode }); this.#focus(`input[value="${mode}"]`); }),
      ...(isEdit ? [this.#photo("picture"), this.#strength()] : []),
      field(say(isEdit ? "panel.edit_brief" : "panel.brief"), this.brief),
      ...(isEdit ? [] : [this.#photo("photo")]),
      h("div", { class: "adp-pair" },
        field(say("panel.industry"), menu(this.offered.industries, wishes.industry, (id) => say(`panel.industries.${id}`), (industry) => this.put({ industry }))),
        field(say("panel.style"), menu(this.offered.styles, wishes.style, (id) => say(`panel.styles.${id}`), (style) => this.put({ style })))),
      this.#channels(), this.#words(), this.#more(), ...this.#modelNotice(), this.problem,
      h("button", { type: "submit", class: "adp-go", title: "Ctrl+Enter" }, h("i", { class: "pi pi-sparkles", "aria-hidden": "true" }), say(isEdit ? "panel.edit" : "panel.make")),
    );
  }

  /** @param {File} file dropped or pasted anywhere on the panel */
  async drop(file) {
    await this.#upload(this.wishes.mode === "edit" ? "picture" : "photo", file);
  }

  submit() {
    const lacks = missing(this.wishes);
    if (!lacks) return this.actions.make();
    this.#tell(this.say(`panel.missing.${lacks}`));
    this.#focus({ brief: ".adp-brief", picture: ".adp-photo input", headline: ".adp-headline" }[lacks]);
  }

  /** @param {string} selector */
  #focus(selector) {
    const found = this.element.querySelector(selector);
    if (found instanceof HTMLElement) found.focus();
  }

  /** @param {string} words */
  #tell(words) {
    this.problem.hidden = !words;
    this.problem.textContent = words;
  }

  /** @param {"photo" | "picture"} part */
  #photo(part) {
    const { say } = this;
    return photoPlace(this.wishes[part], {
      label: say(`panel.${part}`), hint: say(`panel.${part}_hint`), remove: say("panel.remove_photo"),
      pick: (file) => this.#upload(part, file), clear: () => { this.draw({ [part]: null }); this.#focus(".adp-photo input"); },
    });
  }

  /**
   * @param {"photo" | "picture"} part
   * @param {File} file
   */
  async #upload(part, file) {
    this.element.classList.add("adp-busy");
    const answer = await upload(file);
    this.element.classList.remove("adp-busy");
    if ("code" in answer) this.#tell(this.say(answer.code.startsWith("panel.") ? `panel.errors.${answer.code.slice(6)}` : `errors.${answer.code}`));
    else {
      this.draw({ [part]: answer.photo });
      this.#focus(".adp-photo input");
    }
  }

  #strength() {
    const { say, wishes } = this;
    const told = (/** @type {number} */ value) => say(`panel.strengths.${value < 0.4 ? "mood" : value < 0.75 ? "scene" : "anew"}`);
    const line = h("output", { class: "adp-hint" }, told(wishes.strength));
    const slider = h("input", {
      type: "range", min: 0.1, max: 1, step: 0.05, value: wishes.strength, class: "adp-slider",
      oninput: () => { this.put({ strength: Number(slider.value) }); line.textContent = told(wishes.strength); slider.setAttribute("aria-valuetext", told(wishes.strength)); },
    });
    slider.setAttribute("aria-valuetext", told(wishes.strength));
    const element = field(say("panel.strength"), slider);
    element.append(line);
    return element;
  }

  #channels() {
    const { say, wishes } = this;
    const name = (/** @type {string} */ id) => channelName(id, say);
    const hasSizes = "AdStudioChannelPreset" in this.offered.schemas;
    const shape = field(say("panel.aspect"), menu(this.offered.aspects, wishes.aspect, (id) => id, (aspect) => this.put({ aspect })));
    const show = () => { shape.hidden = wishes.mode === "edit" || (hasSizes && wishes.channels.length > 0); };
    const list = picker(this.offered.channels, wishes.channels.filter((id) => this.offered.channels.includes(id)), name, {
      none: say("panel.no_channel"), add: say("panel.add_channel"), remove: (/** @type {string} */ which) => say("panel.remove_channel", { name: which }),
      change: (channels) => { this.put({ channels: channels.filter(Boolean) }); show(); },
    });
    show();
    return h("div", {}, h("fieldset", { class: "adp-field adp-plain" }, h("legend", {}, say("panel.channel")), list), shape);
  }

  #words() {
    const { say, wishes } = this;
    const own = wishes.words === "own";
    const line = (/** @type {"headline" | "sub"} */ part) => {
      const input = h("input", { type: "text", class: `adp-input adp-${part}`, maxlength: 200, oninput: () => this.put({ [part]: input.value }) });
      input.value = wishes[part];
      return field(say(`panel.${part}`), input);
    };
    return h("div", { class: "adp-group" },
      switcher(say("panel.words.label"), ["auto", "own"], wishes.words, (words) => say(`panel.words.${words}`), (words) => { this.draw({ words }); this.#focus(words === "own" ? ".adp-headline" : 'input[value="auto"]'); }),
      ...(own ? [line("headline"), line("sub")] : []));
  }

  #more() {
    const { say, wishes, offered } = this;
    return h("details", {
      class: "adp-more", open: this.isMoreOpen,
      ontoggle: (/** @type {Event} */ event) => { this.isMoreOpen = /** @type {HTMLDetailsElement} */ (event.target).open; },
    },
      h("summary", {}, say("panel.more")),
      field(say("panel.provider"), menu(offered.providers, wishes.provider, (id) => say(`panel.providers.${id}`), (provider) => this.put({ provider })), say("panel.key_hint")),
      field(say("panel.checkpoint"), menu(offered.checkpoints, wishes.checkpoint || usualCheckpoint(offered), (id) => (id === EMBEDDED ? say("panel.embedded") : id), (checkpoint) => { this.draw({ checkpoint }); this.#focus(".adp-more > .adp-field:nth-of-type(2) select"); })),
      field(say("panel.font"), menu(offered.fonts, wishes.font || (offered.fonts.includes("Pretendard") ? "Pretendard" : (offered.fonts[0] ?? "")), (id) => id, (font) => this.put({ font }))),
      h("button", { type: "button", class: "adp-link", onclick: this.actions.openSettings }, say("panel.defaults")));
  }

  #modelNotice() {
    const { say } = this;
    if ((this.wishes.checkpoint || usualCheckpoint(this.offered)) !== EMBEDDED) return [];
    return [h("p", { class: "adp-notice" }, say("panel.embedded_notice"), " ", h("button", { type: "button", class: "adp-link", onclick: this.actions.openHelp }, say("panel.embedded_help")))];
  }
}

/**
 * @param {string} id such as `kakao_native:2x1`
 * @param {import("../page/words.js").Say} say
 */
export function channelName(id, say) {
  const [channel, size] = id.split(":");
  return size ? `${say(`panel.channels.${channel}`)} ${size.replace("x", "×")}` : say(`panel.channels.${channel}`);
}
