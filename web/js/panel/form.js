/** The form: what to advertise, and how. */

import { errorText } from "../feedback/telling.js";
import { h } from "../page/dom.js";
import { optionName } from "../page/options.js";
import { engineOf, hindrance, ZIT } from "./engines.js";
import { engineField, hindranceNotice, wayField } from "./engine_fields.js";
import { field, menu, photoPlace, picker, switcher } from "./fields.js";
import { keep, memory } from "./memory.js";
import { isNamed, isUndrawn, isWordless, lockedOf } from "./locked.js";
import { usualCheckpoint } from "./offers.js";
import { arrival, forgetComing, isComing, photoOf, upload } from "./photos.js";
import { EMBEDDED, isInstructed, missing } from "./wishes.js";
import { composed, followComposition, resume, textField } from "./writing.js";

const WORDING = ["headline", "sub", "font"];

/** Whether the ad is to be made as soon as its photo is there. */
let isWanted = false;
/** The form that is shown, or was last. @type {Form} */
let shown;

export class Form {
  /**
   * @param {import("../page/words.js").Say} say
   * @param {Offers} offered
   * @param {{make: () => void, openSettings: () => void, openHelp: () => void, openFiles: (engines: Engine[]) => void}} actions
   */
  constructor(say, offered, actions) {
    this.say = say;
    this.offered = offered;
    this.actions = actions;
    this.isMoreOpen = false;
    /** @type {number | undefined} of the ad whose words are changed: its picture stays */
    this.seed = undefined;
    this.draw = this.draw.bind(this); // its parts take it along
    this.problem = h("p", { class: "adp-problem", role: "alert", hidden: true });
    this.element = h("form", { class: "adp-form", novalidate: true, onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); this.submit(); } });
    followComposition(this.element);
    shown = this;
    this.draw();
    this.#dim();
  }

  get wishes() {
    return memory.wishes;
  }

  /** @param {Partial<Wishes>} change */
  put(change) {
    Object.assign(this.wishes, change);
    if (Object.keys(change).some((part) => !WORDING.includes(part))) this.#letGo();
    this.#tell("");
    keep();
  }

  /**
   * Draw anew what hangs on other answers, with the focus where it was.
   *
   * @param {Partial<Wishes>} [change]
   * @param {string} [focus] a selector
   */
  draw(change = {}, focus = "") {
    this.put(change);
    const { say, wishes, offered } = this;
    const writing = focus ? null : textField(this.element);
    const isEdit = wishes.mode === "edit";
    const isTold = isInstructed(wishes);
    this.brief = this.#area(isTold ? "instruction" : "brief", say(isTold ? "panel.instruction_example" : isEdit ? "panel.edit_example" : "panel.example"));
    const style = field(say("panel.style"), menu(offered.styles, wishes.style, (id) => say(`panel.styles.${id}`), (style) => this.put({ style })));
    style.classList.add("adp-style");
    this.element.replaceChildren(
      switcher(say("panel.mode.label"), ["create", "edit"], wishes.mode, (mode) => say(`panel.mode.${mode}`), (mode) => this.draw({ mode }, `input[value="${mode}"]`)),
      ...(isEdit ? [this.#photo("picture"), wayField(this), ...(isTold ? hindranceNotice(this) : [this.#strength()])] : []),
      field(say(isTold ? "panel.instruction" : isEdit ? "panel.edit_brief" : "panel.brief"), this.brief),
      ...(isEdit ? [] : [this.#photo("photo")]),
      h("div", { class: "adp-pair" },
        field(say("panel.industry"), menu(offered.industries, wishes.industry, (id) => say(`panel.industries.${id}`), (industry) => this.put({ industry }))),
        ...(isTold ? [] : [style])), // told what to change, the picture keeps its own
      this.#channels(), this.#words(), this.#more(), ...(isEdit ? [] : hindranceNotice(this)), ...this.#modelNotice(), this.problem,
      h("button", { type: "submit", class: "adp-go", title: "Ctrl+Enter" }, h("i", { class: "pi pi-sparkles", "aria-hidden": "true" }), say(isEdit ? "panel.edit" : "panel.make")),
    );
    if (focus) this.#focus(focus);
    else if (writing) resume(this.element, writing);
  }

  /**
   * @param {"brief" | "instruction"} part
   * @param {string} placeholder
   */
  #area(part, placeholder) {
    const area = h("textarea", {
      class: "adp-input adp-brief", rows: 4, maxlength: 2000, placeholder, oninput: () => this.put({ [part]: area.value }),
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) this.submit();
      },
    });
    area.value = this.wishes[part];
    return area;
  }

  /** What is changed now changes the picture, too. */
  #letGo() {
    this.seed = undefined;
    this.element?.querySelector(".adp-same")?.remove();
  }

  /** @param {Ad} ad whose picture is to stay, with other words on it */
  reword(ad) {
    this.#forget("photo", "picture");
    this.put({ ...ad.wishes, channels: ad.channel ? [ad.channel] : [], words: "own", ...ad.words });
    this.seed = ad.seed;
    this.draw({}, ".adp-headline");
    this.element.querySelector(".adp-headline")?.scrollIntoView({ block: "center" });
  }

  /** @param {File} file dropped or pasted anywhere on the panel */
  async drop(file) {
    await this.#upload(this.wishes.mode === "edit" ? "picture" : "photo", file);
  }

  submit() {
    isWanted = isComing(); // its photo would be missing, or be the one before
    if (isWanted) return;
    const { locked } = this.offered;
    const lacks = missing(this.wishes, locked);
    const reason = hindrance(this.wishes, this.offered.engines);
    if (!lacks && !reason) return this.actions.make();
    const at = /** @type {Record<string, string>} */ ({ brief: ".adp-brief", instruction: ".adp-brief", picture: ".adp-photo input", photo: ".adp-photo input", headline: ".adp-headline" })[lacks];
    if (lacks) this.#tell(this.say(`panel.missing.${lacks}`, { name: lockedOf(this.wishes, locked).map((id) => channelName(id, this.say)).join(", ") }), at);
    else this.element.querySelector(".adp-hindrance")?.classList.add("adp-problem"); // it stands there already
    this.#focus(lacks ? at : ".adp-hindrance button");
  }

  /** @param {string} selector */
  #focus(selector) {
    const found = this.element.querySelector(selector);
    if (found instanceof HTMLElement) found.focus();
  }

  /**
   * @param {string} words
   * @param {string} [at] a selector of what they are about: beneath it, for the button may be far below
   */
  #tell(words, at = "") {
    this.problem.hidden = !words;
    this.problem.textContent = words;
    if (at) this.element.querySelector(at)?.closest(".adp-field, .adp-photo")?.after(this.problem);
  }

  /** @param {"photo" | "picture"} part */
  #photo(part) {
    const { say } = this;
    return photoPlace(this.wishes[part], {
      label: say(`panel.${part}`), hint: say(`panel.${part}_hint`), remove: say("panel.remove_photo"),
      pick: (file) => this.#upload(part, file), clear: () => this.#clear(part),
    });
  }

  /**
   * @param {"photo" | "picture"} part
   * @param {File} file
   */
  async #upload(part, file) {
    const answer = await this.#arrival(part, upload(file));
    if (!answer) return;
    if ("code" in answer) shown.#refuse(part, this.say(`panel.errors.${answer.code}`, { file: file.name }));
    else shown.#take({ [part]: answer.photo }, textField(shown.element) ? "" : ".adp-photo input");
  }

  /** @param {Ad} ad whose picture is to be changed */
  async refer(ad) {
    const picture = await this.#arrival("picture", photoOf(ad.file));
    if (!picture) return;
    shown.#take({ mode: "edit", picture }, ".adp-brief");
    shown.element.scrollIntoView();
  }

  /**
   * Wait for a photo. Whoever called goes on with the form that is shown by then: the panel may have been closed and opened.
   *
   * @template T
   * @param {"photo" | "picture"} part
   * @param {Promise<T>} photo
   * @returns {Promise<T | null>} null where it is wanted no more
   */
  async #arrival(part, photo) {
    const coming = arrival(part, photo.then(async (answer) => {
      await composed(shown.element); // a syllable under the hands would be torn from its field
      return answer;
    }));
    this.#dim();
    const answer = await coming;
    shown.#dim();
    return answer;
  }

  /**
   * @param {Partial<Wishes>} change
   * @param {string} focus
   */
  #take(change, focus) {
    this.draw(change, focus);
    if (isWanted) this.submit();
  }

  /**
   * @param {"photo" | "picture"} part
   * @param {string} words
   */
  #refuse(part, words) {
    isWanted = false;
    this.#tell(words, ".adp-photo input");
  }

  #dim() {
    this.element.classList.toggle("adp-busy", isComing());
  }

  /** @param {"photo" | "picture"} part */
  #clear(part) {
    this.#forget(part);
    this.draw({ [part]: null }, ".adp-photo input");
  }

  /** @param {("photo" | "picture")[]} parts whose photo on its way is wanted no more */
  #forget(...parts) {
    parts.forEach(forgetComing);
    isWanted = false;
    this.#dim();
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
    const isEdit = wishes.mode === "edit";
    const ids = this.offered.channels.filter((id) => !isEdit || !Object.hasOwn(this.offered.locked, id));
    const notes = h("div", { role: "status" });
    const advertiser = h("input", { type: "text", class: "adp-input adp-advertiser", maxlength: 60, oninput: () => this.put({ advertiser: advertiser.value }) });
    advertiser.value = wishes.advertiser;
    const named = field(say("panel.advertiser"), advertiser, say("panel.advertiser_hint"));
    const shape = field(say("panel.aspect"), menu(this.offered.aspects, wishes.aspect, (id) => aspectName(id, say), (aspect) => this.put({ aspect })));
    const show = () => {
      shape.hidden = isEdit || (hasSizes && wishes.channels.length > 0);
      notes.replaceChildren(...lockedOf(wishes, this.offered.locked).map((id) => h("p", { class: "adp-hint" }, say(this.offered.locked[id].words ? "panel.set_words" : "panel.set_white", { name: name(id) }))));
      named.hidden = !isNamed(wishes, this.offered.locked);
      this.element.classList.toggle("adp-wordless", isWordless(wishes, this.offered.locked));
      this.element.classList.toggle("adp-undrawn", isUndrawn(wishes, this.offered.locked));
    };
    wishes.channels = wishes.channels.filter((id) => ids.includes(id)); // kept from before it could not be had here
    const list = picker(ids, wishes.channels, name, {
      barred: [
        ...(isEdit ? Object.keys(this.offered.locked).map((id) => say("panel.locked", { name: name(id) })) : []),
        ...this.offered.wordless.map((id) => say("panel.wordless", { name: name(id) })),
      ],
      none: say("panel.no_channel"), add: say("panel.add_channel"), remove: (/** @type {string} */ which) => say("panel.remove_channel", { name: which }),
      change: (channels) => { this.put({ channels: channels.filter(Boolean) }); show(); },
    });
    show();
    return h("div", {}, h("fieldset", { class: "adp-field adp-plain" }, h("legend", {}, say("panel.channel")), list, notes), named, shape);
  }

  #words() {
    const { say, wishes } = this;
    const own = wishes.words === "own";
    const line = (/** @type {"headline" | "sub" | "brief"} */ part, words = `panel.${part}`) => {
      const input = h("input", { type: "text", class: `adp-input adp-${words.split(".").pop()}`, maxlength: 200, oninput: () => this.put({ [part]: input.value }) });
      input.value = wishes[part];
      return field(say(words), input);
    };
    const about = isInstructed(wishes) ? [line("brief", "panel.about")] : []; // an instruction is no brief to write from
    return h("div", { class: "adp-group adp-wording" },
      switcher(say("panel.words.label"), ["auto", "own"], wishes.words, (words) => say(`panel.words.${words}`), (words) => this.draw({ words }, words === "own" ? ".adp-headline" : 'input[value="auto"]')),
      ...(own ? [line("headline"), line("sub")] : about),
      ...(this.seed === undefined ? [] : [h("p", { class: "adp-notice adp-same" }, say("panel.same_picture"))]));
  }

  #more() {
    const { say, wishes, offered } = this;
    const isOwn = engineOf(wishes) === ZIT;
    const writers = offered.providers.filter((name) => isOwn || name !== "local"); // which is Z-Image's own
    return h("details", {
      class: "adp-more", open: this.isMoreOpen,
      ontoggle: (/** @type {Event} */ event) => { this.isMoreOpen = /** @type {HTMLDetailsElement} */ (event.target).open; },
    },
      h("summary", {}, say("panel.more")),
      ...(wishes.mode === "edit" ? [] : [engineField(this)]),
      field(say("panel.provider"), menu(writers, wishes.provider, (id) => say(`panel.providers.${id}`), (provider) => this.put({ provider })), say("panel.key_hint")),
      ...(isOwn ? [this.#checkpoints()] : []),
      field(say("panel.font"), menu(offered.fonts, wishes.font || (offered.fonts.includes("Pretendard") ? "Pretendard" : (offered.fonts[0] ?? "")), (id) => id, (font) => this.put({ font }))),
      h("button", { type: "button", class: "adp-link", onclick: this.actions.openSettings }, say("panel.defaults")));
  }

  #checkpoints() {
    const { say, wishes, offered } = this;
    const name = (/** @type {string} */ id) => (id === EMBEDDED ? say("panel.embedded") : offered.broken[id] ? say("panel.broken_name", { name: id }) : id);
    const element = field(say("panel.checkpoint"), menu(offered.checkpoints, wishes.checkpoint || usualCheckpoint(offered), name, (checkpoint) => this.draw({ checkpoint }, ".adp-checkpoint select")));
    element.classList.add("adp-checkpoint");
    return element;
  }

  #modelNotice() {
    const { say, wishes, offered } = this;
    if (engineOf(wishes) !== ZIT) return [];
    const chosen = wishes.checkpoint || usualCheckpoint(offered);
    // What lies there and was passed over is told, else nobody would know why the small one draws.
    const passed = wishes.checkpoint ? [chosen] : Object.keys(offered.broken);
    const broken = passed.filter((name) => offered.broken[name]).map((name) => h("p", { class: "adp-notice adp-broken" },
      say("panel.broken", { name }), " ", errorText(offered.broken[name], say)));
    if (chosen !== EMBEDDED) return wishes.checkpoint ? broken : [];
    return [...broken, h("p", { class: "adp-notice adp-embedded" }, say("panel.embedded_notice"), " ", h("button", { type: "button", class: "adp-link", onclick: this.actions.openHelp }, say("panel.embedded_help")))];
  }
}

/**
 * @param {string} id such as `4:5`
 * @param {import("../page/words.js").Say} say
 */
function aspectName(id, say) {
  const [width, height] = id.split(":").map(Number);
  return width && height ? `${id} ${say(`panel.shape.${width === height ? "square" : width < height ? "tall" : "wide"}`)}` : id;
}

/**
 * @param {string} id such as `kakao_native:2x1`
 * @param {import("../page/words.js").Say} say
 */
export function channelName(id, say) {
  return optionName("channel", id, say);
}
