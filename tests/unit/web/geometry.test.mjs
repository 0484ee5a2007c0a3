import assert from "node:assert/strict";
import { test } from "node:test";

import { isInside, moved, overlap, resized, scaled } from "../../../web/js/editor/geometry.js";
import { snapLines, snapMoved, snapResized } from "../../../web/js/editor/snapping.js";

const RECT = { x0: 0.2, y0: 0.3, x1: 0.6, y1: 0.5 };
const REACH = { x: 0.01, y: 0.01 };
const near = (one, other) => Object.keys(other).forEach((side) => assert.ok(Math.abs(one[side] - other[side]) < 1e-9, `${side}: ${one[side]}, not ${other[side]}`));

test("a box moves whole and stops at the edge of the picture", () => {
  near(moved(RECT, 0.1, -0.1), { x0: 0.3, y0: 0.2, x1: 0.7, y1: 0.4 });
  near(moved(RECT, 9, -9), { x0: 0.6, y0: 0, x1: 1, y1: 0.2 });
});

test("each handle pulls its own sides", () => {
  const sides = { n: ["y0"], s: ["y1"], w: ["x0"], e: ["x1"], nw: ["x0", "y0"], ne: ["x1", "y0"], sw: ["x0", "y1"], se: ["x1", "y1"] };
  for (const [handle, names] of Object.entries(sides)) {
    const out = resized(RECT, handle, 0.05, 0.05);
    for (const side of ["x0", "y0", "x1", "y1"]) near({ v: out[side] - RECT[side] }, { v: names.includes(side) ? 0.05 : 0 });
  }
});

test("no handle turns a box inside out or pulls it out of the picture", () => {
  for (const handle of ["n", "se", "nw", "w"]) {
    for (const by of [-9, 9]) {
      const out = resized(RECT, handle, by, by);
      assert.ok(out.x1 - out.x0 > 0.01 && out.y1 - out.y0 > 0.01 && isInside(out, { x0: 0, y0: 0, x1: 1, y1: 1 }));
    }
  }
});

test("a product grows about where it stands", () => {
  near(scaled(RECT, 2, [0.5, 1]), { x0: 0, y0: 0.1, x1: 0.8, y1: 0.5 });
});

test("overlap is the covered share of the smaller one", () => {
  near({ v: overlap(RECT, { x0: 0.5, y0: 0.3, x1: 0.7, y1: 0.5 }) }, { v: 0.5 });
  assert.equal(overlap(RECT, { x0: 0.6, y0: 0, x1: 1, y1: 1 }), 0);
  assert.equal(overlap(RECT, { x0: 0, y0: 0, x1: 1, y1: 1 }), 1);
});

test("a box clings to a third, with a guide that shows it", () => {
  const { rect, guides } = snapMoved({ ...RECT, x0: 0.33, x1: 0.73 }, snapLines([], null), REACH);
  near(rect, { x0: 1 / 3, x1: 0.73 + (1 / 3 - 0.33), y0: 0.3, y1: 0.5 });
  assert.deepEqual(guides.x, [1 / 3]);
});

test("a box out of reach of every line stays", () => {
  const off = { x0: 0.2, y0: 0.22, x1: 0.58, y1: 0.41 };
  assert.deepEqual(snapMoved(off, snapLines([], null), REACH), { rect: off, guides: { x: [], y: [] } });
});

test("other boxes and the safe zone are clung to as well", () => {
  const lines = snapLines([{ x0: 0.205, y0: 0, x1: 0.9, y1: 0.1 }], { x0: 0, y0: 0.13, x1: 1, y1: 0.8 });
  const { rect } = snapMoved({ x0: 0.2, y0: 0.135, x1: 0.42, y1: 0.24 }, lines, REACH);
  near(rect, { x0: 0.205, y0: 0.13, x1: 0.425, y1: 0.235 });
});

test("nothing that reaches over the picture draws a box out of it", () => {
  const lines = snapLines([{ x0: -0.004, y0: 0.1, x1: 1.006, y1: 1.004 }], null);
  const { rect } = snapMoved({ x0: 0.4, y0: 0.6, x1: 1, y1: 1 }, lines, REACH);
  assert.ok(isInside(rect, { x0: 0, y0: 0, x1: 1, y1: 1 }, 0));
  assert.ok(isInside(snapResized({ x0: 0.4, y0: 0.6, x1: 1, y1: 1 }, "se", lines, REACH).rect, { x0: 0, y0: 0, x1: 1, y1: 1 }, 0));
});

test("a pulled side clings to no line that would leave the box too thin for a plan", () => {
  const lines = snapLines([{ x0: 0.2, y0: 0.3, x1: 0.205, y1: 0.305 }], null);
  const thin = { x0: 0.2, y0: 0.3, x1: 0.212, y1: 0.312 };
  for (const handle of ["se", "nw"]) {
    const { rect } = snapResized(thin, handle, lines, REACH);
    assert.ok(rect.x1 - rect.x0 >= 0.01 && rect.y1 - rect.y0 >= 0.01, handle);
  }
});

test("a pulled side clings alone", () => {
  const { rect, guides } = snapResized({ ...RECT, x1: 0.66 }, "e", snapLines([], null), REACH);
  near(rect, { ...RECT, x1: 2 / 3 });
  assert.deepEqual(guides, { x: [2 / 3], y: [] });
});
