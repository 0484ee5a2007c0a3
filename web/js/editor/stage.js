/** The picture with everything that lies on it. Draws a state; knows no mouse and no keyboard. */

import { dress, h, svg } from "../page/dom.js";
import { bestInk, contrast, luminanceOf } from "./contrast.js";
import { bearing } from "./fonts.js";
import { HANDLES } from "./geometry.js";
import { anchorOf, entryOf, itemsOf, nameOf, rectOf } from "./plan.js";
import { inked } from "./warnings.js";

const PLATE_PAD = 0.35; // of the size of the letters

export class Stage {
  /** @param {import("../page/words.js").Say} say */
  constructor(say) {
    this.say = say;
    this.image = h("img", { class: "ads-picture", alt: "", draggable: "false" });
    this.paper = svg("svg", { class: "ads-paper", "aria-hidden": "true", preserveAspectRatio: "none" });
    this.boxes = h("div", { class: "ads-boxes" });
    this.empty = h("p", { class: "ads-empty" }, say("editor.no_picture"));
    this.sheet = h(
      "div", { class: "ads-sheet", role: "group", "aria-label": say("editor.stage") },
      this.image, this.paper, this.boxes, this.empty,
    );
    this.element = h("div", { class: "ads-stage" }, this.sheet);
    /** @type {Map<string, HTMLElement>} */
    this.shown = new Map();
    this.watcher = new ResizeObserver(() => this.fit());
    this.watcher.observe(this.element);
    this.ratio = 1;
  }

  /** Make the sheet as large as the room allows, in the picture's shape. */
  fit() {
    const width = Math.min(this.element.clientWidth, this.element.clientHeight * this.ratio);
    this.sheet.style.width = `${width}px`;
    this.sheet.style.height = `${width / this.ratio}px`;
  }

  /** @param {View} view */
  draw(view) {
    const { scene, picture } = view;
    this.ratio = scene.width / scene.height;
    this.fit();
    if (picture && this.image.src !== picture.url) this.image.src = picture.url;
    this.image.hidden = !picture;
    this.empty.hidden = Boolean(picture) || itemsOf(view.plan).length > 0;
    dress(this.paper, { viewBox: `0 0 ${scene.width} ${scene.height}` });
    // As drawn by the server, once it has: the plain letters stay beneath it, for whoever measures them.
    const proof = view.proof && !view.editing ? [svg("image", { class: "ads-proof", href: view.proof, x: 0, y: 0, width: scene.width, height: scene.height, preserveAspectRatio: "none" })] : [];
    dress(this.paper, { "data-proofed": proof.length ? "" : null });
    this.paper.replaceChildren(...this.#products(view), ...this.#safeZone(scene), ...this.#letters(view), ...proof, ...this.#guides(view));
    this.#drawBoxes(view);
  }

  /** @param {View} view */
  #products({ plan, scene, productUrls }) {
    return itemsOf(plan).filter((each) => each.kind === "product" && productUrls[each.index]).map((each) => {
      const rect = rectOf(plan, each, scene);
      const product = /** @type {Product} */ (entryOf(plan, each));
      const [width, height] = [(rect.x1 - rect.x0) * scene.width, (rect.y1 - rect.y0) * scene.height];
      const [across, down] = anchorOf(product);
      const [x, y] = [rect.x0 * scene.width, rect.y0 * scene.height];
      return svg("image", {
        href: productUrls[each.index], x, y, width, height, preserveAspectRatio: "none",
        transform: `rotate(${product.rotation ?? 0} ${x + across * width} ${y + down * height})`,
      });
    });
  }

  /** @param {Scene} scene */
  #safeZone({ safe, width, height }) {
    if (!safe) return [];
    const [x0, y0, x1, y1] = [safe.x0 * width, safe.y0 * height, safe.x1 * width, safe.y1 * height];
    const outside = `M0 0H${width}V${height}H0ZM${x0} ${y0}V${y1}H${x1}V${y0}Z`;
    return [
      svg("path", { class: "ads-unsafe", d: outside, "fill-rule": "evenodd" }),
      svg("rect", { class: "ads-safe", x: x0, y: y0, width: x1 - x0, height: y1 - y0 }),
    ];
  }

  /** @param {View} view */
  #letters(view) {
    const { plan, set, editing } = view;
    return itemsOf(plan).filter((each) => each.kind === "text" && each.key !== editing).flatMap((each) => {
      const lines = set[each.index];
      if (!lines || lines.lines.length === 0) return [];
      const block = /** @type {Block} */ (entryOf(plan, each));
      const { ink, ground } = inkOn(view, each, lines);
      const plate = view.hasPlates ? this.#plate(block, lines, ink, contrast(luminanceOf(ink), ground) < 3) : [];
      const text = svg("text", {
        class: "ads-letters", fill: ink, "font-size": lines.size_px, "font-weight": lines.weight,
        "letter-spacing": `${lines.tracking}em`, style: `font-family:${view.font}`,
      });
      for (const line of lines.lines) {
        const x = line.x_px + bearing(line.text, view.font, line.weight) * line.size_px;
        text.append(svg("tspan", { x, y: line.y_px, "font-size": line.size_px, "font-weight": line.weight }, line.text));
      }
      return [...plate, text];
    });
  }

  /**
   * About what the drawing lays behind letters.
   *
   * @param {Block} block
   * @param {SetBlock} lines
   * @param {string} ink
   * @param {boolean} isFaint
   */
  #plate(block, lines, ink, isFaint) {
    const kind = block.plate ?? "auto";
    if (kind === "none" || (kind === "auto" && !isFaint)) return [];
    const pad = PLATE_PAD * lines.size_px;
    const [left, top, right, bottom] = lines.ink;
    const height = bottom - top + 2 * pad;
    const isLightInk = luminanceOf(ink) > 0.4;
    return [svg("rect", {
      class: "ads-plate", x: left - pad, y: top - pad, width: right - left + 2 * pad, height,
      rx: kind === "pill" ? height / 2 : pad / 2, fill: isLightInk ? "#101014" : "#ffffff", opacity: kind === "auto" || kind === "scrim" ? 0.4 : 0.7,
    })];
  }

  /** @param {View} view */
  #guides({ guides, scene }) {
    return [
      ...guides.x.map((x) => svg("line", { class: "ads-guide", x1: x * scene.width, x2: x * scene.width, y1: 0, y2: scene.height })),
      ...guides.y.map((y) => svg("line", { class: "ads-guide", x1: 0, x2: scene.width, y1: y * scene.height, y2: y * scene.height })),
    ];
  }

  /** @param {View} view */
  #drawBoxes(view) {
    const items = itemsOf(view.plan);
    const keys = new Set(items.map((each) => each.key));
    for (const [key, box] of this.shown) {
      if (keys.has(key)) continue;
      box.remove();
      this.shown.delete(key);
    }
    items.forEach((each, place) => {
      const box = this.shown.get(each.key) ?? this.#newBox(each);
      const rect = rectOf(view.plan, each, view.scene);
      const entry = entryOf(view.plan, each);
      box.style.cssText = `left:${100 * rect.x0}%;top:${100 * rect.y0}%;width:${100 * (rect.x1 - rect.x0)}%;height:${100 * (rect.y1 - rect.y0)}%`;
      box.classList.toggle("ads-warned", view.warned.has(each.key));
      dress(box, {
        "aria-pressed": String(view.selected === each.key),
        "aria-label": this.label(each, entry, rect),
        "data-locked": entry.locked ? "" : null,
        "data-tag": view.names(each),
      });
      // The order in the document is the order of Tab; a focused box must not be moved there, it would lose its focus.
      if (this.boxes.children[place] !== box && !box.contains(document.activeElement)) this.boxes.insertBefore(box, this.boxes.children[place] ?? null);
    });
  }

  /** @param {Item} each */
  #newBox(each) {
    const handles = HANDLES.map((handle) => h("span", { class: `ads-handle ads-${handle}`, "data-handle": handle, "aria-hidden": "true" }));
    const box = h("div", {
      class: "ads-box", role: "button", tabindex: "0", "data-key": each.key, "data-kind": each.kind,
      "aria-keyshortcuts": "ArrowLeft ArrowRight ArrowUp ArrowDown Delete Enter",
    }, ...handles);
    this.shown.set(each.key, box);
    this.boxes.append(box);
    return box;
  }

  /**
   * What a screen reader says of a box.
   *
   * @param {Item} each
   * @param {any} entry
   * @param {Rect} rect
   */
  label(each, entry, rect) {
    const name = nameOf(each, entry, this.say);
    const percent = (/** @type {number} */ value) => Math.round(100 * value);
    return this.say("editor.box_label", {
      name, text: entry.text ?? "", left: percent(rect.x0), top: percent(rect.y0), width: percent(rect.x1 - rect.x0),
      height: percent(rect.y1 - rect.y0), locked: entry.locked ? this.say("editor.locked") : "",
    }).trim();
  }

  destroy() {
    this.watcher.disconnect();
  }
}

/**
 * The colour of a block's letters, and how bright it is beneath them.
 *
 * @param {Pick<View, "plan" | "scene" | "picture">} shown
 * @param {Item} which
 * @param {SetBlock | null} lines
 */
export function inkOn({ plan, scene, picture }, which, lines) {
  const block = /** @type {Block} */ (entryOf(plan, which));
  const ground = picture ? picture.luminancesUnder(inked(block.box, lines, scene)) : [0];
  return { ink: block.color ?? bestInk(ground), ground };
}
