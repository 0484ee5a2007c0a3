/** Layout plans in the page: read with suspicion, changed by copy, written as the server reads them. */

const MOST_ENTRIES = 50;
const DIGITS = 1e5;
/** @type {Record<string, [number, number]>} */
const ANCHORS = {
  bottom: [0.5, 1], center: [0.5, 0.5], top: [0.5, 0], left: [0, 0.5], right: [1, 0.5],
  bottom_left: [0, 1], bottom_right: [1, 1], top_left: [0, 0], top_right: [1, 0],
};

export const ROLES = ["headline", "sub", "note", "cta", "price", "badge", "legal", "hours"];
export const ALIGNS = ["left", "center", "right"];
export const BLOCK_ANCHORS = ["top", "middle", "bottom"];
export const PLATES = ["auto", "none", "scrim", "panel", "pill"];
export const SMALLEST = 0.012;

/** @returns {Plan} */
export function emptyPlan() {
  return { texts: [], products: [], marks: [], provider: "user" };
}

/**
 * Read a plan; what cannot be shown is left out, and null comes where nothing can.
 *
 * @param {string} text
 * @returns {Plan | null}
 */
export function readPlan(text) {
  try {
    return cleaned(JSON.parse(text));
  } catch {
    return null;
  }
}

/**
 * @param {any} data
 * @returns {Plan | null}
 */
export function cleaned(data) {
  if (!isObject(data)) return null;
  return {
    ...data,
    texts: list(data.texts).flatMap(cleanText),
    products: list(data.products).flatMap(cleanProduct),
    marks: list(data.marks).flatMap(cleanMark),
    provider: typeof data.provider === "string" ? data.provider : "user",
  };
}

/**
 * @param {Plan} plan
 * @returns {string}
 */
export function writePlan(plan) {
  // What the analyzer thought of its own proposal does not hold for another one.
  const { score: _score, reasons: _reasons, frames: _frames, ...kept } = plan;
  return JSON.stringify(kept, (_, value) =>
    typeof value === "number" && !Number.isInteger(value) ? Math.round(value * DIGITS) / DIGITS : value);
}

/**
 * Everything that can be chosen, from the back to the front.
 *
 * @param {Plan} plan
 * @returns {Item[]}
 */
export function itemsOf(plan) {
  /** @type {Item[]} */
  const items = [
    ...plan.products.map((product, index) => item("product", index, (product.order ?? 0) - 1000)),
    ...plan.marks.map((mark, index) => item("mark", index, mark.z ?? 0)),
    ...plan.texts.map((block, index) => item("text", index, block.z ?? 0)),
  ];
  return items.sort((one, other) => one.z - other.z);
}

/**
 * @param {ItemKind} kind
 * @param {number} index
 * @param {number} [z]
 * @returns {Item}
 */
export function item(kind, index, z = 0) {
  return { kind, index, z, key: `${kind}:${index}` };
}

/**
 * @param {Plan} plan
 * @param {Item} which
 * @returns {any}
 */
export function entryOf(plan, which) {
  return plan[listOf(which)][which.index];
}

/**
 * What something is called.
 *
 * @param {Item} which
 * @param {any} entry
 * @param {import("../page/words.js").Say} say
 * @returns {string}
 */
export function nameOf(which, entry, say) {
  if (which.kind === "text") return say(`editor.role.${entry.role}`);
  return say(`editor.kind.${which.kind === "mark" ? entry.kind : which.kind}`);
}

/**
 * Where something lies, in fractions of the picture.
 *
 * @param {Plan} plan
 * @param {Item} which
 * @param {Scene} scene
 * @returns {Rect}
 */
export function rectOf(plan, which, scene) {
  const entry = entryOf(plan, which);
  if (which.kind !== "product") return { ...entry.box };
  const width = (entry.height * aspectOf(which, scene) * scene.height) / scene.width;
  const [across, down] = anchorOf(entry);
  const x0 = entry.x - across * width;
  const y0 = entry.base_y - down * entry.height;
  return { x0, y0, x1: x0 + width, y1: y0 + entry.height };
}

/**
 * Put something elsewhere; a product keeps its shape, so its height follows the larger of the two changes.
 *
 * @param {Plan} plan
 * @param {Item} which
 * @param {Rect} rect
 * @param {Scene} scene
 * @returns {Plan}
 */
export function withRect(plan, which, rect, scene) {
  if (which.kind !== "product") return withEntry(plan, which, { box: { ...rect } });
  const entry = entryOf(plan, which);
  const before = rectOf(plan, which, scene);
  const wider = (rect.x1 - rect.x0) / (before.x1 - before.x0);
  const taller = (rect.y1 - rect.y0) / (before.y1 - before.y0);
  const factor = Math.abs(wider - 1) > Math.abs(taller - 1) ? wider : taller;
  const [across, down] = anchorOf(entry);
  return withEntry(plan, which, {
    x: clamp(rect.x0 + across * (rect.x1 - rect.x0), 0, 1),
    base_y: clamp(rect.y0 + down * (rect.y1 - rect.y0), SMALLEST, 1),
    height: clamp(entry.height * factor, SMALLEST, 2),
  });
}

/**
 * @param {Plan} plan
 * @param {Item} which
 * @param {Record<string, unknown>} changes
 * @returns {Plan}
 */
export function withEntry(plan, which, changes) {
  const name = listOf(which);
  return { ...plan, [name]: plan[name].map((entry, index) => (index === which.index ? { ...entry, ...changes } : entry)) };
}

/**
 * @param {Plan} plan
 * @param {Item} which
 * @returns {Plan}
 */
export function without(plan, which) {
  const name = listOf(which);
  return { ...plan, [name]: plan[name].filter((/** @type {unknown} */ _, /** @type {number} */ index) => index !== which.index) };
}

/**
 * Take the words of another plan, role by role, and leave everything where it is.
 *
 * @param {Plan} plan
 * @param {Plan} words
 * @returns {Plan}
 */
export function withWordsOf(plan, words) {
  const left = [...words.texts];
  return {
    ...plan,
    texts: plan.texts.map((block) => {
      const place = left.findIndex((other) => other.role === block.role);
      return place < 0 ? block : { ...block, text: left.splice(place, 1)[0].text };
    }),
  };
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/**
 * @param {Product} product
 * @returns {[number, number]}
 */
export function anchorOf(product) {
  return ANCHORS[product.anchor ?? "bottom"];
}

/**
 * @param {Item} which
 * @returns {"texts" | "products" | "marks"}
 */
function listOf(which) {
  return /** @type {const} */ ({ text: "texts", product: "products", mark: "marks" })[which.kind];
}

/**
 * @param {Item} which
 * @param {Scene} scene
 */
function aspectOf(which, scene) {
  return scene.aspects[which.index] ?? scene.aspects[scene.aspects.length - 1] ?? 1;
}

/**
 * @param {any} data
 * @returns {Block[]} the block, or nothing
 */
function cleanText(data) {
  const box = cleanBox(data?.box);
  if (!box || typeof data.text !== "string") return [];
  const color = typeof data.color === "string" && /^#(?:[0-9a-f]{3}){1,2}$/i.test(data.color) ? data.color : null;
  const set = {
    align: oneOf(data.align, ALIGNS), anchor: oneOf(data.anchor, BLOCK_ANCHORS), plate: oneOf(data.plate, PLATES), was: typeof data.was === "string" ? data.was : undefined,
  };
  return [{ ...data, ...set, box, color, role: ROLES.includes(data.role) ? data.role : "headline", z: whole(data.z), locked: data.locked === true }];
}

/**
 * @param {any} data
 * @returns {Mark[]}
 */
function cleanMark(data) {
  const box = cleanBox(data?.box);
  if (!box) return [];
  return [{ ...data, box, content: typeof data.content === "string" ? data.content : "", kind: data.kind === "logo" ? "logo" : "qr", z: whole(data.z), locked: data.locked === true }];
}

/**
 * @param {any} data
 * @returns {Product[]}
 */
function cleanProduct(data) {
  if (![data?.x, data?.base_y, data?.height].every(Number.isFinite) || data.height <= 0) return [];
  const rotation = Number.isFinite(data.rotation) ? data.rotation : 0;
  return [{
    ...data, x: clamp(data.x, 0, 1), base_y: clamp(data.base_y, 0, 1), height: Math.min(data.height, 2), rotation,
    anchor: oneOf(data.anchor, Object.keys(ANCHORS)), order: whole(data.order), locked: data.locked === true,
  }];
}

/**
 * @param {any} data
 * @returns {Rect | null}
 */
function cleanBox(data) {
  const [x0, y0, x1, y1] = Array.isArray(data) ? data : [data?.x0, data?.y0, data?.x1, data?.y1];
  if (![x0, y0, x1, y1].every(Number.isFinite)) return null;
  const left = clamp(x0, 0, 1 - SMALLEST);
  const top = clamp(y0, 0, 1 - SMALLEST);
  return { x0: left, y0: top, x1: clamp(x1, left + SMALLEST, 1), y1: clamp(y1, top + SMALLEST, 1) };
}

/**
 * @param {unknown} data
 * @returns {any[]}
 */
function list(data) {
  return Array.isArray(data) ? data.slice(0, MOST_ENTRIES) : [];
}

/**
 * @param {unknown} value
 * @param {string[]} options
 * @returns {any} undefined where it is none of them: what the server then takes is the usual one
 */
function oneOf(value, options) {
  return typeof value === "string" && options.includes(value) ? value : undefined;
}

/** @param {any} data */
function whole(data) {
  return Number.isInteger(data) ? data : 0;
}

/**
 * @param {any} data
 * @returns {data is Record<string, any>}
 */
function isObject(data) {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}
