/** What a box clings to while it is moved: thirds, margins, the middle, the safe zone, other boxes. */

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
  return {
    x: [...LINES, ...rects.flatMap((rect) => [rect.x0, (rect.x0 + rect.x1) / 2, rect.x1])],
    y: [...LINES, ...rects.flatMap((rect) => [rect.y0, (rect.y0 + rect.y1) / 2, rect.y1])],
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
  const x = nearest([rect.x0, (rect.x0 + rect.x1) / 2, rect.x1], lines.x, reach.x);
  const y = nearest([rect.y0, (rect.y0 + rect.y1) / 2, rect.y1], lines.y, reach.y);
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
    out[side] += found.by;
    guides[axis].push(found.line);
  }
  return { rect: out, guides };
}

/**
 * @param {number[]} edges
 * @param {number[]} lines
 * @param {number} reach
 * @returns {{by: number, line: number} | null}
 */
function nearest(edges, lines, reach) {
  /** @type {{by: number, line: number} | null} */
  let best = null;
  for (const line of lines) {
    for (const edge of edges) {
      const by = line - edge;
      if (Math.abs(by) <= reach && (!best || Math.abs(by) < Math.abs(best.by))) best = { by, line };
    }
  }
  return best;
}
