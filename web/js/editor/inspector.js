/** The form of the chosen box: every value also as a field, for the keyboard and for exact figures. */

import { h } from "../page/dom.js";
import { ALIGNS, BLOCK_ANCHORS, PLATES, ROLES, entryOf, rectOf, withEntry, withRect } from "./plan.js";
import { inkOn } from "./stage.js";

const SIDES = /** @type {const} */ (["x0", "y0", "width", "height"]);

export class Inspector {
  /** @param {import("./editor.js").LayoutEditor} editor */
  constructor(editor) {
    this.editor = editor;
    this.say = editor.say;
    this.element = h("div", { class: "ads-inspector", role: "group", "aria-label": this.say("editor.inspector") });
    /** @type {string | null} */
    this.subject = null;
    /** @type {((entry: any, rect: Rect) => void)[]} */
    this.syncs = [];
  }

  /** Show the chosen box; fields are made anew only for another one, so that none loses its focus. */
  draw() {
    const { editor } = this;
    const item = editor.itemOf(editor.selected);
    const subject = item ? `${item.key} ${editor.isReadOnly}` : "";
    if (subject !== this.subject) {
      this.subject = subject;
      this.syncs = [];
      this.element.replaceChildren(...(item ? this.#fields(item) : [h("p", { class: "ads-hint" }, this.say("editor.hint"))]));
    }
    if (!item) return;
    const entry = entryOf(editor.plan, item);
    const rect = rectOf(editor.plan, item, editor.scene);
    for (const sync of this.syncs) sync(entry, rect);
  }

  /** @param {Item} item */
  #fields(item) {
    const place = SIDES.map((side) => this.#side(item, side));
    if (item.kind === "product") {
      return [...place, this.#number(item, "rotation", -180, 180), this.#number(item, "order", -99, 99)];
    }
    const z = this.#number(item, "z", -99, 99);
    if (item.kind === "mark") return [this.#line(item, "content"), ...place, z];
    const [role, was] = [this.#choice(item, "role", ROLES), this.#line(item, "was")];
    this.syncs.push((entry) => {
      was.hidden = entry.role !== "price" && !entry.was;
      role.classList.toggle("ads-across", was.hidden);
    });
    return [
      this.#words(item), role, was, this.#radios(item, "align", ALIGNS, "center"),
      this.#radios(item, "anchor", BLOCK_ANCHORS, "middle"), this.#colour(item), this.#choice(item, "plate", PLATES), z, ...place,
    ];
  }

  /** @param {Item} item */
  #words(item) {
    const area = h("textarea", {
      rows: 2, spellcheck: "false", ...this.#locks(),
      oninput: () => this.#change(item, { text: area.value.normalize("NFC") }, false),
      onchange: () => this.editor.commit(),
    });
    this.#keepIn(area, (entry) => entry.text);
    return this.#labelled("text", area, "ads-wide");
  }

  /**
   * @param {Item} item
   * @param {string} name
   */
  #line(item, name) {
    const input = h("input", { type: "text", ...this.#locks(), onchange: () => this.#change(item, { [name]: input.value.normalize("NFC") }) });
    this.#keepIn(input, (entry) => entry[name] ?? "");
    return this.#labelled(name, input);
  }

  /**
   * @param {Item} item
   * @param {string} name
   * @param {string[]} options
   */
  #choice(item, name, options) {
    const select = h(
      "select", { ...this.#locks(), onchange: () => this.#change(item, { [name]: select.value }) },
      ...options.map((option) => h("option", { value: option }, this.say(`editor.${name}.${option}`))),
    );
    this.#keepIn(select, (entry) => entry[name] ?? options[0]);
    return this.#labelled(name, select);
  }

  /**
   * @param {Item} item
   * @param {string} name
   * @param {string[]} options
   * @param {string} usual
   */
  #radios(item, name, options, usual) {
    const buttons = options.map((option) => h("button", {
      type: "button", class: `ads-${name}-${option}`, title: this.say(`editor.${name}.${option}`), ...this.#locks(),
      "aria-label": this.say(`editor.${name}.${option}`), onclick: () => this.#change(item, { [name]: option }),
    }, h("span", { class: "ads-glyph", "aria-hidden": "true" })));
    this.syncs.push((entry) => buttons.forEach((button, i) => button.setAttribute("aria-pressed", String((entry[name] ?? usual) === options[i]))));
    return h("div", { class: "ads-radios", role: "group", "aria-label": this.say(`editor.field.${name}`) }, ...buttons);
  }

  /** @param {Item} item */
  #colour(item) {
    const well = h("input", { type: "color", ...this.#locks(), "aria-label": this.say("editor.field.color"),
      oninput: () => this.#change(item, { color: well.value }, false), onchange: () => this.editor.commit() });
    const auto = h("input", { type: "checkbox", ...this.#locks(),
      onchange: () => this.#change(item, auto.checked ? { color: null, color_to: null } : { color: well.value }) });
    this.syncs.push((entry) => {
      auto.checked = !entry.color;
      // Where the ink follows the ground, one's own begins as light or dark as what is there.
      if (document.activeElement !== well) well.value = sixDigits(entry.color ?? inkOn(this.editor, item, this.editor.lines.set[item.index]).ink);
    });
    return h("div", { class: "ads-field ads-colour" }, well, h("label", {}, auto, this.say("editor.color_auto")));
  }

  /**
   * @param {Item} item
   * @param {string} name
   * @param {number} min
   * @param {number} max
   */
  #number(item, name, min, max) {
    const input = h("input", { type: "number", min, max, step: 1, ...this.#locks(), onchange: () => {
      if (Number.isFinite(input.valueAsNumber)) this.#change(item, { [name]: Math.round(Math.min(max, Math.max(min, input.valueAsNumber))) });
    } });
    this.#keepIn(input, (entry) => String(Math.round(entry[name] ?? 0)));
    return this.#labelled(name, input);
  }

  /**
   * A side in percent of the picture.
   *
   * @param {Item} item
   * @param {typeof SIDES[number]} side
   */
  #side(item, side) {
    const input = h("input", { type: "number", min: 0, max: 100, step: 0.5, ...this.#locks(), onchange: () => {
      const { plan, scene } = this.editor;
      if (Number.isFinite(input.valueAsNumber)) {
        const rect = withSide(rectOf(plan, item, scene), side, Math.min(100, Math.max(0, input.valueAsNumber)) / 100);
        this.editor.show(withRect(plan, item, rect, scene));
        this.editor.commit();
      }
    } });
    this.syncs.push((_, rect) => {
      const value = { x0: rect.x0, y0: rect.y0, width: rect.x1 - rect.x0, height: rect.y1 - rect.y0 }[side];
      if (document.activeElement !== input) input.value = String(Math.round(1000 * value) / 10);
    });
    return this.#labelled(side, input);
  }

  /**
   * @param {Item} item
   * @param {Record<string, unknown>} changes
   * @param {boolean} [isWhole] whether it is a step that undo takes back
   */
  #change(item, changes, isWhole = true) {
    this.editor.show(withEntry(this.editor.plan, item, changes));
    if (isWhole) this.editor.commit();
    else this.editor.write();
  }

  /**
   * @param {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} field
   * @param {(entry: any) => string} read
   */
  #keepIn(field, read) {
    this.syncs.push((entry) => {
      if (document.activeElement !== field) field.value = read(entry);
    });
  }

  /**
   * @param {string} name
   * @param {HTMLElement} field
   * @param {string} [kind]
   */
  #labelled(name, field, kind = "") {
    return h("label", { class: `ads-field ${kind}`, "data-field": name }, h("span", {}, this.say(`editor.field.${name}`)), field);
  }

  #locks() {
    return { disabled: this.editor.isReadOnly };
  }
}

/**
 * @param {Rect} rect
 * @param {typeof SIDES[number]} side
 * @param {number} value
 * @returns {Rect}
 */
function withSide(rect, side, value) {
  const [width, height] = [rect.x1 - rect.x0, rect.y1 - rect.y0];
  if (side === "x0") return { ...rect, x0: Math.min(value, 1 - width), x1: Math.min(value + width, 1) };
  if (side === "y0") return { ...rect, y0: Math.min(value, 1 - height), y1: Math.min(value + height, 1) };
  const least = Math.max(value, 0.012);
  return side === "width" ? { ...rect, x1: Math.min(1, rect.x0 + least) } : { ...rect, y1: Math.min(1, rect.y0 + least) };
}

/** @param {string} colour */
function sixDigits(colour) {
  return colour.length === 4 ? `#${[...colour.slice(1)].map((digit) => digit + digit).join("")}` : colour;
}
