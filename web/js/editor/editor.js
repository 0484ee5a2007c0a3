/** The layout editor: one plan, one selection, one history, and the parts that show and change them. */

import { errorText } from "../feedback/telling.js";
import { dress, h } from "../page/dom.js";
import { History } from "./history.js";
import { Inspector } from "./inspector.js";
import { listenToKeyboard } from "./keyboard.js";
import { Lines } from "./lines.js";
import { Notices } from "./notices.js";
import { cleaned, emptyPlan, entryOf, item, itemsOf, nameOf, readPlan, rectOf, withEntry, without, withWordsOf, writePlan } from "./plan.js";
import { listenToPointer } from "./pointer.js";
import { Proof } from "./proof.js";
import { Stage } from "./stage.js";
import { Toolbar } from "./toolbar.js";
import { leftOut, warningsOf } from "./warnings.js";
import { editInPlace } from "./wording.js";

/** @type {Guides} */
const NO_GUIDES = { x: [], y: [] };
const NEW_BOX = { x0: 0.25, y0: 0.42, x1: 0.75, y1: 0.54 };

export class LayoutEditor {
  /**
   * @param {import("../page/words.js").Say} say
   * @param {{write: (plan: string) => void, style: () => Style, isKorean: boolean}} host
   */
  constructor(say, host) {
    this.say = say;
    this.host = host;
    this.plan = emptyPlan();
    this.proposal = emptyPlan();
    this.selected = "";
    this.editing = "";
    this.problem = "";
    this.isReadOnly = false;
    this.isEdited = false;
    this.isNudging = false;
    this.isHeld = false; // by the mouse
    /** @type {(() => void) | null} what a run has found out meanwhile */
    this.later = null;
    this.hasNewWords = false;
    this.history = new History("");
    this.written = "";
    this.digest = "";
    /** @type {Channel | null} */
    this.channel = null;
    /** @type {import("./picture.js").Picture | null} */
    this.picture = null;
    /** @type {Scene} */
    this.scene = { width: 1024, height: 1024, safe: null, aspects: [] };
    /** @type {string[]} */
    this.productUrls = [];
    this.lines = new Lines(() => this.draw());
    this.proof = new Proof(() => this.draw());

    this.stage = new Stage(say);
    this.toolbar = new Toolbar(this);
    this.inspector = new Inspector(this);
    this.notices = new Notices(this);
    this.element = h(
      "section", { class: "adstudio-editor", "aria-label": say("editor.title") },
      this.toolbar.element, this.stage.element, this.notices.element, this.inspector.element,
    );
    listenToPointer(this);
    listenToKeyboard(this);
    this.stage.boxes.addEventListener("focusin", (event) => {
      const key = /** @type {HTMLElement} */ (event.target).dataset?.key;
      if (key && key !== this.selected) this.select(key);
    });
    this.draw();
  }

  /**
   * Take over a value from outside: a loaded workflow, the graph's undo, a script.
   *
   * @param {string} text
   */
  load(text) {
    if (text === this.written) return;
    this.written = text;
    this.isNudging = false;
    this.history.reset(text);
    this.#read(text);
    this.draw();
  }

  /**
   * Take over what a run has found out.
   *
   * @param {RunAnswer} answer
   * @param {import("./picture.js").Picture | null} picture
   * @param {string[]} productUrls
   */
  update(answer, picture, productUrls) {
    const later = () => this.update(answer, picture, productUrls);
    if (this.isHeld || this.editing) return void (this.later = later);
    this.settle(); // what is under the hands belongs to the picture before
    const proposal = cleaned(answer.proposal) ?? emptyPlan();
    const words = (/** @type {Plan} */ plan) => JSON.stringify(plan.texts.map((block) => [block.role, block.text]));
    this.hasNewWords ||= this.isEdited && this.proposal.texts.length > 0 && words(this.proposal) !== words(proposal);
    this.proposal = proposal;
    this.digest = answer.digest;
    this.channel = answer.channel;
    this.productUrls = productUrls;
    this.picture = picture;
    const [width, height] = answer.size_px;
    this.scene = { width, height, safe: answer.channel?.safe ?? null, aspects: answer.products.map((product) => product.aspect) };
    if (!this.isEdited) this.plan = proposal;
    this.draw();
  }

  /** @param {import("./picture.js").Picture | null} picture the picture before any run */
  preview(picture) {
    this.picture = picture;
    if (picture) this.scene = { ...this.scene, width: picture.width, height: picture.height };
    this.draw();
  }

  /** @param {boolean} isReadOnly */
  setReadOnly(isReadOnly) {
    if (isReadOnly === this.isReadOnly) return;
    this.isReadOnly = isReadOnly;
    this.draw();
  }

  /** Why the edit was made for something else. */
  get stale() {
    if (!this.isEdited || !this.digest) return [];
    const made = this.plan;
    return [
      ...(made.picture && made.picture !== this.digest ? ["picture"] : []),
      ...((made.channel ?? "") !== (this.channel?.id ?? "") && (made.channel || made.picture) ? ["channel"] : []),
    ];
  }

  get channelName() {
    return this.channel ? (this.host.isKorean ? this.channel.korean : this.channel.english) : "";
  }

  /**
   * Show another plan without making it a step yet.
   *
   * @param {Plan} plan
   * @param {{guides?: Guides}} [with_]
   */
  show(plan, { guides = NO_GUIDES } = {}) {
    this.plan = plan;
    this.draw(guides);
  }

  /** Make what is shown a step of the history, and hand it to the graph. */
  commit() {
    this.isNudging = false;
    this.history.push(this.write());
    this.draw();
  }

  /** Hand what is shown to the graph. */
  write() {
    // An edit made before any run belongs to the first picture on which it is touched again.
    if (!this.isEdited || !this.plan.picture) {
      this.plan = { ...this.plan, provider: "user", picture: this.digest, channel: this.channel?.id ?? "" };
    }
    /** @type {[number, number]} */
    const size_px = [this.scene.width, this.scene.height];
    this.plan = { ...this.plan, size_px };
    this.isEdited = true;
    this.problem = "";
    const text = writePlan(this.plan);
    this.#hand(text);
    return text;
  }

  /** Hand over what was nudged so far; until a key is let go it is only shown. */
  settle() {
    if (this.isNudging) this.commit();
  }

  /** Take over what came while something was under the hands. */
  catchUp() {
    const { later } = this;
    this.later = null;
    later?.();
  }

  undo() {
    this.settle();
    this.#go(this.history.undo());
  }

  redo() {
    this.settle();
    this.#go(this.history.redo());
  }

  reset() {
    this.settle();
    this.selected = "";
    this.hasNewWords = false;
    this.history.push("");
    this.#go("");
  }

  /** Say that the edit holds for the present picture and channel too. */
  keep() {
    this.plan = { ...this.plan, picture: this.digest, channel: this.channel?.id ?? "" };
    this.commit();
  }

  takeWords() {
    this.hasNewWords = false;
    this.plan = withWordsOf(this.plan, this.proposal);
    this.commit();
  }

  dismissWords() {
    this.hasNewWords = false;
    this.draw();
  }

  add() {
    const role = this.plan.texts.some((block) => block.role === "headline") ? "note" : "headline";
    const block = { role, text: this.say("editor.new_text"), box: { ...NEW_BOX }, align: "center", anchor: "middle" };
    this.plan = { ...this.plan, texts: [...this.plan.texts, block] };
    this.commit();
    this.select(item("text", this.plan.texts.length - 1).key);
    this.stage.shown.get(this.selected)?.focus();
  }

  remove() {
    const chosen = this.itemOf(this.selected);
    if (!chosen || chosen.kind === "product" || entryOf(this.plan, chosen).locked) return;
    this.plan = without(this.plan, chosen);
    this.selected = "";
    this.commit();
  }

  toggleLock() {
    const chosen = this.itemOf(this.selected);
    if (!chosen) return;
    const locked = !entryOf(this.plan, chosen).locked;
    this.plan = withEntry(this.plan, chosen, { locked });
    this.commit();
    this.tell(this.say(locked ? "editor.is_locked" : "editor.is_unlocked"));
  }

  /** @param {Item} which */
  editText(which) {
    if (which.kind !== "text" || this.isReadOnly) return;
    this.select(which.key);
    this.editing = which.key;
    this.draw();
    editInPlace(this, which, () => {
      this.editing = "";
      this.draw();
    });
  }

  /** @param {string} key empty = nothing */
  select(key) {
    if (key !== this.selected) this.settle();
    this.selected = key;
    this.draw();
  }

  /**
   * @param {string} key
   * @returns {Item | null}
   */
  itemOf(key) {
    return itemsOf(this.plan).find((each) => each.key === key) ?? null;
  }

  /** @param {string} text said aloud by a screen reader */
  tell(text) {
    this.notices.tell(text);
  }

  /** @param {Item} which */
  tellPlace(which) {
    this.tell(this.stage.label(which, entryOf(this.plan, which), rectOf(this.plan, which, this.scene)));
  }

  /**
   * @param {Item} which
   * @returns {string}
   */
  nameOf(which) {
    return nameOf(which, entryOf(this.plan, which), this.say);
  }

  /** @param {Warning} warning */
  describe(warning) {
    const [one, other] = warning.items;
    return this.say(`editor.warning.${warning.code}`, {
      one: this.nameOf(one), other: other ? this.nameOf(other) : "", ratio: (warning.ratio ?? 0).toFixed(1), wanted: String(warning.wanted ?? ""),
      why: warning.problem ? errorText(warning.problem, this.say) : "",
    });
  }

  draw(guides = NO_GUIDES) {
    const { plan, scene, picture, lines } = this;
    const style = this.host.style();
    lines.follow(plan, scene, style);
    const luminances = (/** @type {Rect} */ rect) => picture?.luminancesUnder(rect) ?? [];
    const warnings = warningsOf(plan, scene, luminances, lines.set, style.hasPlates);
    const proof = this.proof.follow(plan, scene, style, picture?.file ?? null);
    if (proof) warnings.push(...leftOut(this.proof.leftOut));
    const warned = new Set(warnings.flatMap((each) => each.items.map(({ key }) => key)));
    this.stage.draw({
      plan, scene, picture, guides, warned, selected: this.selected, editing: this.editing, proof, set: lines.set, font: lines.font, hasPlates: style.hasPlates,
      productUrls: this.productUrls, names: (which) => this.nameOf(which),
    });
    this.toolbar.draw();
    this.inspector.draw();
    this.notices.draw(warnings);
    dress(this.element, { "data-edited": this.isEdited ? "" : null, "data-stale": this.stale.join(" ") || null });
  }

  destroy() {
    this.lines.destroy();
    this.proof.destroy();
    this.stage.destroy();
  }

  /** @param {string} text */
  #read(text) {
    const isEmpty = text.trim() === "";
    const plan = isEmpty ? this.proposal : readPlan(text);
    this.problem = plan ? "" : "unreadable";
    this.isEdited = !isEmpty && plan !== null;
    this.plan = plan ?? this.proposal;
    if (!this.itemOf(this.selected)) this.selected = "";
  }

  /** @param {string | null} text */
  #go(text) {
    if (text === null) return;
    this.#read(text);
    this.#hand(text);
    this.draw();
  }

  /** @param {string} text */
  #hand(text) {
    this.written = text; // comes back through the widget's callback, and is then no news
    this.host.write(text);
  }
}
