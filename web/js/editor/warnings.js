/** What a designer would point at: copy on copy, on the product, outside the safe zone, unreadable, too long. */

import { contrast, enough, luminanceOf } from "./contrast.js";
import { isInside, overlap } from "./geometry.js";
import { item, itemsOf, rectOf } from "./plan.js";

const TOUCHES = 0.03;
const HIDES = 0.25;

/**
 * @param {Plan} plan
 * @param {Scene} scene
 * @param {(rect: Rect) => number[]} luminancesUnder
 * @param {(SetBlock | null)[]} set how the server sets each block of copy, where it has answered
 * @param {boolean} hasPlates whether the drawing lays grounds by itself
 * @returns {Warning[]}
 */
export function warningsOf(plan, scene, luminancesUnder, set, hasPlates = true) {
  const items = itemsOf(plan);
  const texts = items.filter((each) => each.kind !== "product");
  const products = items.filter((each) => each.kind === "product");
  const inkOf = (/** @type {Item} */ each) => inked(rectOf(plan, each, scene), each.kind === "text" ? set[each.index] : null, scene);
  /** @type {Warning[]} */
  const found = [];
  texts.forEach((one, place) => {
    for (const other of texts.slice(place + 1)) {
      if (overlap(inkOf(one), inkOf(other)) > TOUCHES) found.push({ code: "overlap", items: [one, other] });
    }
    for (const product of products) {
      if (overlap(inkOf(one), rectOf(plan, product, scene)) > HIDES) found.push({ code: "on_product", items: [one, product] });
    }
    if (scene.safe && !isInside(inkOf(one), scene.safe)) found.push({ code: "unsafe", items: [one] });
  });
  plan.texts.forEach((block, index) => {
    const item = texts.find((each) => each.kind === "text" && each.index === index);
    const lines = set[index];
    if (!item || !block.text.trim()) return;
    if (lines?.code) found.push({ code: "does_not_set", items: [item], detail: lines.problem });
    // Where the drawing may lay a ground and choose the ink, it sees to the contrast itself.
    if (!block.color || (hasPlates && (block.plate ?? "auto") !== "none")) return;
    const wanted = lines ? enough(lines.size_px, lines.weight, scene) : 4.5;
    const ratio = contrast(luminanceOf(block.color), luminancesUnder(inkOf(item)));
    if (ratio < wanted) found.push({ code: "contrast", items: [item], ratio, wanted });
  });
  return found;
}

/**
 * The marks that the server could not draw.
 *
 * @param {Record<string, RunError>} problems by the mark's place
 * @returns {Warning[]}
 */
export function leftOut(problems) {
  return Object.entries(problems).map(([index, problem]) => ({ code: "left_out", items: [item("mark", Number(index))], problem }));
}

/**
 * Where the letters are; without an answer of the server, the whole box.
 *
 * @param {Rect} box
 * @param {SetBlock | null | undefined} set
 * @param {Scene} scene
 * @returns {Rect}
 */
export function inked(box, set, scene) {
  if (!set || set.lines.length === 0) return box;
  const [left, top, right, bottom] = set.ink;
  return { x0: left / scene.width, y0: top / scene.height, x1: right / scene.width, y1: bottom / scene.height };
}
