/** What a box clings to while it is moved: thirds, margins, the middle, the safe zone, other boxes. */

import { SMALLEST } from "./plan.js";

const MARGIN = 0.05;
const LINES = [MARGIN, 1 / 3, 1 / 2, 2 / 3, 1 - MARGIN];

/**
 * The lines worth clinging to.
 *
 * @param {Rect[]} others
 * @param {Rect | null} safe
 * @returns {{x: number[], y: number[]}}
 */
export function snapLines(others, safe) {
  const rects = safe ? [...others, safe] : others;
  const inside = (/** @type {number} */ line) => line >= 0 && line <= 1; // a product may reach over the picture
  return {
    x: [...LINES, ...rects.flatMap((rect) => [rect.x0, (rect.x0 + rect.x1) / 2, rect.x1]).filter(inside)],
    y: [...LINES, ...rects.flatMap((rect) => [rect.y0, (rect.y0 + rect.y1) / 2, rect.y1]).filter(inside)],
  };
}

/**
 * Draw a moved rectangle to the nearest line across and the nearest down.
 *
 * @param {Rect} rect
 * @param {{x: number[], y: number[]}} lines
 * @param {{x: number, y: number}} reach how near a line must be, in fractions
 * @returns {{rect: Rect, guides: Guides}}
 */
export function snapMoved(rect, lines, reach) {
  const x = nearest([rect.x0, (rect.x0 + rect.x1) / 2, rect.x1], lines.x, reach.x, [-rect.x0, 1 - rect.x1]);
  const y = nearest([rect.y0, (rect.y0 + rect.y1) / 2, rect.y1], lines.y, reach.y, [-rect.y0, 1 - rect.y1]);
  return {
    rect: { x0: rect.x0 + (x?.by ?? 0), x1: rect.x1 + (x?.by ?? 0), y0: rect.y0 + (y?.by ?? 0), y1: rect.y1 + (y?.by ?? 0) },
    guides: { x: x ? [x.line] : [], y: y ? [y.line] : [] },
  };
}

/**
 * Draw the sides that a handle pulls to the nearest lines.
 *
 * @param {Rect} rect
 * @param {string} handle
 * @param {{x: number[], y: number[]}} lines
 * @param {{x: number, y: number}} reach
 * @returns {{rect: Rect, guides: Guides}}
 */
export function snapResized(rect, handle, lines, reach) {
  const out = { ...rect };
  /** @type {Guides} */
  const guides = { x: [], y: [] };
  /** @type {["x0" | "x1" | "y0" | "y1", "x" | "y", string][]} */
  const sides = [["x0", "x", "w"], ["x1", "x", "e"], ["y0", "y", "n"], ["y1", "y", "s"]];
  for (const [side, axis, letter] of sides) {
    const found = handle.includes(letter) ? nearest([rect[side]], lines[axis], reach[axis]) : null;
    if (!found) continue;
    const pulled = { ...out, [side]: out[side] + found.by };
    if (pulled[`${axis}1`] - pulled[`${axis}0`] < SMALLEST) continue;
    out[side] = pulled[side];
    guides[axis].push(found.line);
  }
  return { rect: out, guides };
}

/**
 * @param {number[]} edges
 * @param {number[]} lines
 * @param {number} reach
 * @param {[number, number]} [room] how far the whole may move; what is larger than the picture already, as far as it likes
 * @returns {{by: number, line: number} | null}
 */
function nearest(edges, lines, reach, [back, forth] = [-1, 1]) {
  const isFree = (/** @type {number} */ by) => back > forth || (by >= Math.min(back, 0) && by <= Math.max(forth, 0));
  /** @type {{by: number, line: number} | null} */
  let best = null;
  for (const line of lines) {
    for (const edge of edges) {
      const by = line - edge;
      if (Math.abs(by) <= reach && isFree(by) && (!best || Math.abs(by) < Math.abs(best.by))) best = { by, line };
    }
  }
  return best;
}
