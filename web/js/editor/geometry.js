/** Rectangles in fractions of the picture: moved, resized, compared. */

import { SMALLEST, clamp } from "./plan.js";

/** The eight handles, in the order in which they lie around a box. */
export const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];

/**
 * Move a rectangle and keep it inside the picture.
 *
 * @param {Rect} rect
 * @param {number} dx
 * @param {number} dy
 * @returns {Rect}
 */
export function moved(rect, dx, dy) {
  const across = clamp(dx, -rect.x0, Math.max(1 - rect.x1, -rect.x0));
  const down = clamp(dy, -rect.y0, Math.max(1 - rect.y1, -rect.y0));
  return { x0: rect.x0 + across, y0: rect.y0 + down, x1: rect.x1 + across, y1: rect.y1 + down };
}

/**
 * Pull a handle; the opposite side stays.
 *
 * @param {Rect} rect
 * @param {string} handle
 * @param {number} dx
 * @param {number} dy
 * @returns {Rect}
 */
export function resized(rect, handle, dx, dy) {
  const out = { ...rect };
  if (handle.includes("w")) out.x0 = clamp(rect.x0 + dx, 0, rect.x1 - SMALLEST);
  if (handle.includes("e")) out.x1 = clamp(rect.x1 + dx, rect.x0 + SMALLEST, 1);
  if (handle.includes("n")) out.y0 = clamp(rect.y0 + dy, 0, rect.y1 - SMALLEST);
  if (handle.includes("s")) out.y1 = clamp(rect.y1 + dy, rect.y0 + SMALLEST, 1);
  return out;
}

/**
 * Scale about a point of the rectangle, as a product is scaled about where it stands.
 *
 * @param {Rect} rect
 * @param {number} factor
 * @param {[number, number]} anchor shares of the rectangle's own width and height
 * @returns {Rect}
 */
export function scaled(rect, factor, [across, down]) {
  const width = rect.x1 - rect.x0;
  const height = rect.y1 - rect.y0;
  const x = rect.x0 + across * width;
  const y = rect.y0 + down * height;
  return {
    x0: x - across * width * factor, y0: y - down * height * factor,
    x1: x + (1 - across) * width * factor, y1: y + (1 - down) * height * factor,
  };
}

/**
 * How much of the smaller rectangle the other covers, 0..1.
 *
 * @param {Rect} one
 * @param {Rect} other
 */
export function overlap(one, other) {
  const width = Math.min(one.x1, other.x1) - Math.max(one.x0, other.x0);
  const height = Math.min(one.y1, other.y1) - Math.max(one.y0, other.y0);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / Math.min(area(one), area(other));
}

/**
 * @param {Rect} inner
 * @param {Rect} outer
 */
export function isInside(inner, outer, slack = 1e-4) {
  return inner.x0 >= outer.x0 - slack && inner.y0 >= outer.y0 - slack && inner.x1 <= outer.x1 + slack && inner.y1 <= outer.y1 + slack;
}

/** @param {Rect} rect */
function area(rect) {
  return (rect.x1 - rect.x0) * (rect.y1 - rect.y0);
}
